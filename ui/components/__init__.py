"""Browser-side pieces: each a .py here, beside the plain JavaScript and CSS that it reads; no build step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).resolve().parent


def component(name: str, html: str = '<div class="root"></div>', uses: tuple[str, ...] = ()) -> Any:
    """Register a Streamlit component from ``name.css`` and ``name.js``, and return what mounts it.

    Call it once, at module level. A long script may be split: ``name_*.js`` come first, in the order of
    their names, all in one module scope; ``name.js`` has the default export. ``uses`` names scripts that
    several components share.
    """
    shared = [_HERE / f"{script}.js" for script in uses]
    scripts = [*shared, *sorted(_HERE.glob(f"{name}_*.js")), _HERE / f"{name}.js"]
    return st.components.v2.component(
        f"cnn_explorer_{name}",
        html=html,
        css=(_HERE / f"{name}.css").read_text("utf-8"),
        js="\n".join(script.read_text("utf-8") for script in scripts),
    )
