"""AppTest for the pages: no engine, a home of their own."""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ui.site import PAGES

ROOT = Path(__file__).resolve().parents[2]

OpenPage = Callable[..., AppTest]

LEARNER = "0123456789abcdef" * 2  # what a browser would have said


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open a page by its slug, with an address: ``open_page("pooling", lang="ko", stride=2)``."""
    monkeypatch.setenv("CNN_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_EXPLORER_NO_ENGINE", "1")
    st.cache_resource.clear()

    def opened(slug: str, **address: object) -> AppTest:
        app = AppTest.from_file(str(ROOT / "home.py"), default_timeout=60)
        app.switch_page(PAGES[slug].file)
        app.session_state["learner.id"] = LEARNER
        app.query_params.update({"lang": "en"} | {name: str(value) for name, value in address.items()})
        app.run()
        assert not app.exception
        return app

    return opened


def told(app: AppTest) -> str:
    """The words that an answer may replace while a hand moves (ui.components.told)."""
    return "\n".join(
        line for data in shown_in(app, "told") for line in (data["title"], *data["lines"]) if line
    )


def shown_in(app: AppTest, component: str) -> list[dict[str, Any]]:
    """What each of these components shows."""
    shown = [e.proto for e in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in shown if component in proto.component_name]


def numbers(drawn: Any) -> np.ndarray:
    """What a chart holds, plain or packed by plotly or by the live chart."""
    if isinstance(drawn, dict) and "bdata" in drawn:
        shape = [int(n) for n in str(drawn.get("shape", "-1")).split(",")]
        return np.frombuffer(b64decode(drawn["bdata"]), drawn["dtype"]).reshape(shape)
    if isinstance(drawn, dict) and "count" in drawn:
        return drawn["first"] + drawn["step"] * np.arange(drawn["count"])
    if isinstance(drawn, dict):
        return np.frombuffer(b64decode(drawn["base64"]), f"<f{drawn['bytes']}")
    return np.array(drawn)


def formula_of(latex: str) -> tuple[float, int]:
    """What a formula's last line comes to, computed here, and what it says that it comes to."""
    last = latex.replace("$$", "").split("&=")[-1]
    numbers, told = last.replace(r"\end{aligned}", "").rsplit("=", 1)
    numbers = re.sub(r"\\frac\{(.*?)\}\{(\d+)\}", r"((\1) / \2)", numbers)
    for tex, python in ((r"\left\lfloor", "math.floor("), (r"\right\rfloor", ")"), (r"\cdot", "*")):
        numbers = numbers.replace(tex, python)
    return eval(numbers.strip(), {"math": math}), int(told)


def code_of(app: AppTest) -> dict[str, object]:
    """What the page's code leaves behind when a learner runs it."""
    left: dict[str, object] = {}
    exec(app.code[-1].value, left)
    return left
