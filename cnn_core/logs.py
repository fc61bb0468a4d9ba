"""A run's numbers for other tools: a table as CSV, and the event file that TensorBoard reads."""

from __future__ import annotations

import csv
import io
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.figures import filter_grid, picture_png
from cnn_core.models import first_layer

if TYPE_CHECKING:
    from cnn_core.reading import RunReader

HEADER = ("step", "loss", "learning_rate", "images_per_second", "accuracy", "test_images")


def metrics_csv(store: RunReader, run_id: str) -> str:
    """A row a step; accuracy and the number of test images stand where the network was tested."""
    metrics, tests = store.metrics(run_id), {row.step: row for row in store.evaluations(run_id)}
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(HEADER)
    if 0 in tests:
        table.writerow([0, "", "", "", tests[0].accuracy, tests[0].count])
    for step, *values in zip(
        *(getattr(metrics, column).tolist() for column in HEADER[:4]), strict=True
    ):  # repr keeps every digit of a float
        test = tests.get(step)
        table.writerow([step, *values, test.accuracy if test else "", test.count if test else ""])
    return out.getvalue()


# TensorBoard's event file: records of a length, a masked CRC-32C of it, the bytes of a protocol buffer, and
# their CRC (tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto). Written here in a few
# lines, because the packages that do it bring a server (tensorboard) or protobuf (tensorboardX) along.


def event_file(store: RunReader, run_id: str) -> bytes:
    """Loss, learning rate, speed and accuracy by step, and the first layer at each snapshot as a picture."""
    run, metrics = store.run(run_id), store.metrics(run_id)
    seconds = np.cumsum(run.spec.batch_size / metrics.images_per_second)

    def at(step: int) -> float:
        done = int(np.searchsorted(metrics.step, step, "right"))
        return run.created + (float(seconds[done - 1]) if done else 0.0)

    records = [_event(run.created, 0, _text(3, "brain.Event:2"))]
    columns = (("loss", metrics.loss), ("learning rate", metrics.learning_rate),
               ("images per second", metrics.images_per_second))  # fmt: skip
    for i, step in enumerate(metrics.step.tolist()):
        values = b"".join(_scalar(name, float(column[i])) for name, column in columns)
        records.append(_event(at(step), step, _bytes(5, values)))
    for test in store.evaluations(run_id):
        name = "accuracy" if test.count == 10_000 else f"accuracy, first {test.count:,} test images"
        records.append(_event(at(test.step), test.step, _bytes(5, _scalar(name, test.accuracy))))
    weight = f"{first_layer(run.spec.model)}.weight"
    for step, weights in store.snapshots(run_id):
        if weights[weight].ndim == 4:
            picture = filter_grid(weights[weight][:, :1], tile_size=48)
            records.append(_event(at(step), step, _bytes(5, _image("first layer", picture))))
    return b"".join(map(_record, records))


def event_file_name(run_id: str, created: float) -> str:
    """TensorBoard takes up what has tfevents in its name."""
    return f"events.out.tfevents.{int(created)}.{run_id}"


def _event(time: float, step: int, what: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", time) + b"\x10" + _varint(step) + what


def _scalar(tag: str, value: float) -> bytes:
    return _bytes(1, _text(1, tag) + b"\x15" + struct.pack("<f", value))


def _image(tag: str, picture: np.ndarray) -> bytes:
    high, wide = picture.shape[:2]
    size = b"\x08" + _varint(high) + b"\x10" + _varint(wide) + b"\x18\x03"  # 3: RGB
    return _bytes(1, _text(1, tag) + _bytes(4, size + _bytes(4, picture_png(picture))))


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked_crc(length) + data + _masked_crc(data)


def _masked_crc(data: bytes) -> bytes:
    crc, table = 0xFFFFFFFF, _crc_table()
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@lru_cache(maxsize=1)
def _crc_table() -> tuple[int, ...]:
    """CRC-32C (Castagnoli), a byte at a time."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
