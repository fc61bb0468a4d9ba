"""What stands around every page: menu, language, question, code, the next page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cnn_core.colours import css_variables
from ui import state, warm
from ui.engine_process import ensure_engine
from ui.language import LANGUAGES, choose_language, explain, language, t
from ui.site import PAGES, following
from ui.state import Field, PageState, control

FAVICON = Path(__file__).parent / "favicon.png"  # a named icon would be fetched from another host
CSS = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
HISTORY = (Path(__file__).parent / "history.js").read_text(encoding="utf-8")


def begin(slug: str, **fields: Field) -> PageState:
    """Open a page: its state from the address, its look, the menu, the question. Call it first."""
    page = PAGES[slug]
    st.set_page_config(page_title="CNN Explorer", page_icon=FAVICON, layout="wide")
    chosen = state.PageState(slug, fields)
    warm.in_background()
    ensure_engine()
    st.html(f"<style>{css_variables(theme())}\n{CSS}</style>")
    _menu()
    st.header(t(page.question), anchor=False)
    st.markdown(t("**Try this:** {what}", what=t(page.try_this)))
    for note in chosen.notes:
        st.warning(explain(note), icon=":material/link_off:")
    if page.network:
        warm.wait()
    return chosen


def end(slug: str, chosen: PageState, code: str = "") -> None:
    """Close a page: the code for what is on screen, the way on, the address."""
    if code:
        st.subheader(t("The same in code"), anchor=False)
        st.code(code.strip(), language="python")
    after = following(slug)
    if after is not None:
        st.page_link(
            PAGES[after].file,
            label=t("Next: {question}", question=t(PAGES[after].question)),
            icon=":material/arrow_forward:",
        )
    chosen.write_address()


def theme() -> str:
    """light or dark, as the learner's browser shows the app."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _menu() -> None:
    with st.sidebar:
        st.markdown("### CNN Explorer")
        section = None
        for page in PAGES.values():
            if page.section != section:
                section = page.section
                st.caption(t(section))
            st.page_link(page.file, label=t(page.name), icon=page.icon)
        _language_switch()
        st.html(f"<script>{HISTORY}</script>", unsafe_allow_javascript=True)


def _language_switch() -> None:
    st.segmented_control(
        "한국어 / English",
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        label_visibility="collapsed",
        **control("widget.language", language(), lambda code: choose_language(code or language())),
    )
