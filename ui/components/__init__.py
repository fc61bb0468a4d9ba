"""Browser-side pieces: each a .py here, beside the plain JavaScript and CSS that it reads; no build step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import streamlit as st

from ui import live

_HERE = Path(__file__).resolve().parent
_TURNS = "components.turns"  # key -> (digest of the values, when they were first sent)


def component(
    name: str, html: str = '<div class="root"></div>', uses: tuple[str, ...] = ()
) -> Callable[..., Any]:
    """Register a Streamlit component from ``name.css`` and ``name.js``, and return what mounts it.

    Call it once, at module level. A long script may be split: ``name_*.js`` come first, in the order of
    their names, all in one module scope; ``name.js`` has ``mount``, which is called with every new value.
    ``uses`` names scripts that several components share.
    """
    before = [_HERE / f"{script}.js" for script in uses]
    scripts = [*before, *sorted(_HERE.glob(f"{name}_*.js")), _HERE / f"{name}.js", _HERE / "newest.js"]
    registered = st.components.v2.component(
        f"cnn_explorer_{name}",
        html=html,
        css=(_HERE / f"{name}.css").read_text("utf-8"),
        js="\n".join(script.read_text("utf-8") for script in scripts),
    )

    def mounted(*, key: str, data: Mapping[str, Any] | None = None, **others: Any) -> Any:
        return registered(key=key, data={**(data or {}), "key": key, "turn": _turn(key, data)}, **others)

    return mounted


def heard(key: str, name: str) -> Any:
    """What a component has told last under ``name`` (``setStateValue``); None before it has told anything."""
    told = (st.session_state.get(key) or {}).get(name)
    return told.get("value") if isinstance(told, dict) else None


def _turn(key: str, data: Mapping[str, Any] | None) -> int:
    """When these values were first sent, in milliseconds: it rises with each change, and only then.

    What was answered between two runs (ui.live) is a change too: the next run is news, whatever it sends.
    """
    turns = st.session_state.setdefault(_TURNS, {})
    said = json.dumps([data, live.answered(key)])
    digest = blake2b(said.encode(), digest_size=16).digest()
    known, turn = turns.get(key, (None, 0))
    if digest != known:
        turn = max(turn + 1, time.time_ns() // 1_000_000)
        turns[key] = digest, turn
    return int(turn)
