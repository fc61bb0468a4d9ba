"""A run's numbers leave the app whole: as CSV, and as an event file to TensorBoard's own rules."""

from __future__ import annotations

import csv
import io
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_core.logs import HEADER, event_file, event_file_name, metrics_csv
from cnn_core.recording import Recorder
from cnn_core.runs import REFERENCE, RunStore, reference_store
from tests.test_runs import damage
from tests.trained import SMALL, few_images, train_into


@pytest.fixture(scope="module")
def store() -> RunStore:
    return reference_store()


def crc32c(data: bytes) -> int:
    """Bit by bit, as the standard defines it (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def unmasked(masked: bytes) -> int:
    turned = (struct.unpack("<I", masked)[0] - 0xA282EAD8) & 0xFFFFFFFF
    return (turned >> 17 | turned << 15) & 0xFFFFFFFF


def records(data: bytes) -> list[bytes]:
    """The records of a TFRecord file, the checksums of the first few compared."""
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        record = data[at + 12 : at + 12 + length]
        if len(found) < 5:
            assert unmasked(data[at + 8 : at + 12]) == crc32c(data[at : at + 8])
            assert unmasked(data[at + 12 + length : at + 16 + length]) == crc32c(record)
        found.append(record)
        at += 16 + length
    return found


def fields(message: bytes) -> dict[int, list]:
    """A protocol buffer's fields by number: numbers, and bytes as they are."""
    found: dict[int, list] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        field, kind = divmod(varint(), 8)
        if kind == 0:
            value: object = varint()
        else:
            size = {1: 8, 5: 4}.get(kind) or varint()
            raw, at = message[at : at + size], at + size
            value = struct.unpack({1: "<d", 5: "<f"}[kind], raw)[0] if kind in (1, 5) else raw
        found.setdefault(field, []).append(value)
    return found


def test_the_checksum_is_the_standards() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_every_step_and_test_stands_in_the_event_file(store: RunStore) -> None:
    first, *events = [fields(record) for record in records(event_file(store, REFERENCE))]
    assert first[3] == [b"brain.Event:2"]
    scalars: dict[bytes, list[tuple[int, float]]] = {}
    pictures = []
    for event in events:
        for value in fields(event[5][0])[1]:
            known = fields(value)
            if 2 in known:
                scalars.setdefault(known[1][0], []).append((event[2][0], known[2][0]))
            else:
                pictures.append((event[2][0], fields(known[4][0])))
    metrics = store.metrics(REFERENCE)
    assert [step for step, _ in scalars[b"loss"]] == metrics.step.tolist()
    np.testing.assert_allclose([v for _, v in scalars[b"loss"]], metrics.loss, rtol=1e-6)
    last = store.evaluations(REFERENCE)[-1]
    assert scalars[b"accuracy"] == [(last.step, pytest.approx(last.accuracy))]
    assert [step for step, _ in pictures] == store.snapshot_steps(REFERENCE)
    picture = Image.open(io.BytesIO(pictures[0][1][4][0]))
    assert picture.size == (pictures[0][1][2][0], pictures[0][1][1][0])
    times = [event[1][0] for event in events]
    assert min(times) >= store.run(REFERENCE).created
    assert "tfevents" in event_file_name(REFERENCE, 0.0)


@pytest.mark.usefixtures("one_thread")
def test_a_damaged_snapshot_has_no_picture(tmp_path: Path) -> None:
    store = Recorder(tmp_path / "runs.sqlite")
    run_id = train_into(store, replace(SMALL, steps=5), few_images())
    steps = store.snapshot_steps(run_id)
    damage(store, "snapshots", run_id, steps[1])
    events = [fields(record) for record in records(event_file(store, run_id))[1:]]
    pictures = [e.get(2, [0])[0] for e in events if any(4 in fields(v) for v in fields(e[5][0])[1])]
    assert pictures == [steps[0], *steps[2:]]


def test_the_table_has_a_row_for_each_step_and_every_digit(store: RunStore) -> None:
    header, *rows = csv.reader(io.StringIO(metrics_csv(store, REFERENCE)))
    assert tuple(header) == HEADER
    metrics = store.metrics(REFERENCE)
    trained = [row for row in rows if row[0] != "0"]
    assert [float(row[1]) for row in trained] == metrics.loss.tolist()
    tested = {int(row[0]): float(row[4]) for row in rows if row[4]}
    assert tested == {row.step: row.accuracy for row in store.evaluations(REFERENCE)}
