"""The address for phones is one that phones can open."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ui.address import class_address, qr_png


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_on_the_teachers_machine_it_is_the_machines_lan_address(host: str) -> None:
    assert class_address(f"http://{host}:8501/", None, "192.168.0.7") == "http://192.168.0.7:8501"


def test_an_address_that_came_over_the_network_is_kept() -> None:
    assert class_address("https://cnn.school.kr/pooling", None, "10.0.0.2") == "https://cnn.school.kr"
    assert class_address("http://192.168.0.7:8501/", None, "10.0.0.2") == "http://192.168.0.7:8501"


def test_without_a_network_there_is_none() -> None:
    assert class_address("http://localhost:8501/", None, None) is None


def test_a_server_for_this_machine_only_has_none_for_phones() -> None:
    assert class_address("http://localhost:8501/", "127.0.0.1", "192.168.0.7") is None


def test_the_qr_code_is_a_picture_with_a_white_border() -> None:
    code = Image.open(io.BytesIO(qr_png("http://192.168.0.7:8501"))).convert("L")
    width, height = code.size
    assert width == height >= 120
    border = [code.getpixel((i, 0)) for i in range(width)]
    assert set(border) == {255}
    assert code.getextrema() == (0, 255)
