"""What is older never replaces what is newer: from a run of the page, or from an answer between two."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.browser_tools import ROOT

SCRIPT = (ROOT / "ui" / "components" / "newest.js").read_text("utf-8")
MOUNT = "function mount({ parentElement, data }) { parentElement.shown.push(data.value); return 'cleanup'; }"
CALLED = """async ([script, turns]) => {
    const { default: component } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    const parentElement = { shown: [] };
    const kept = turns.map((turn) => component({ parentElement, data: { turn, value: turn } }));
    return [parentElement.shown, kept];
}"""


def test_what_is_older_than_what_is_shown_is_left_out(browser_page: Any) -> None:
    shown, kept = browser_page.evaluate(CALLED, [f"{MOUNT}\n{SCRIPT}", [5, 3, 5, 8, 7]])
    assert shown == [5, 5, 8]
    assert kept == ["cleanup", None, "cleanup", "cleanup", None]


HEARD = """async ([script, answers]) => {
    const { default: component } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    const parentElement = document.body.appendChild(document.createElement("div"));
    parentElement.shown = [];
    component({ parentElement, data: { turn: 5, key: "mine", value: 5, colour: "red" } });
    for (const [turn, key] of answers) {
        if (key === "gone") parentElement.remove();
        const detail = { turn, shown: { [key]: { value: turn } } };
        dispatchEvent(new CustomEvent("cnn-explorer.shown", { detail }));
    }
    return parentElement.shown;
}"""


def test_an_answer_between_two_runs_is_shown_where_it_is_meant_and_newer(browser_page: Any) -> None:
    mount = MOUNT.replace("data.value", "[data.value, data.colour]")
    answers = [[7, "mine"], [6, "mine"], [8, "another"], [9, "mine"], [10, "gone"], [11, "mine"]]
    shown = browser_page.evaluate(HEARD, [f"{mount}\n{SCRIPT}", answers])
    assert shown == [[5, "red"], [7, "red"], [9, "red"]]


TOLD = """async (script) => {
    const { default: component } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
    const told = [];
    component({ parentElement: {}, setStateValue: (...one) => told.push(one) });
    return told;
}"""


def test_what_is_told_twice_has_two_numbers(browser_page: Any) -> None:
    mount = 'function mount({ setStateValue }) { for (const n of [7, 7]) setStateValue("n", n); }'
    (name, first), (_, second) = browser_page.evaluate(TOLD, f"{mount}\n{SCRIPT}")
    assert (name, first["value"], second["value"]) == ("n", 7, 7)
    assert first["number"] < second["number"]


def page() -> None:
    import streamlit as st

    from ui.components.step_handle import step_handle

    step_handle("handle", "step", range(10), st.number_input("at", 0, 9), False, lambda at, goes_on: None)


def turn(app: AppTest) -> int:
    return int(json.loads(app.get("bidi_component")[0].proto.json)["turn"])


def test_the_turn_rises_with_each_change_and_stays_without() -> None:
    app = AppTest.from_function(page).run()
    first = turn(app)
    assert turn(app.run()) == first
    changed = turn(app.number_input[0].set_value(3).run())
    assert changed > first
    assert turn(app.number_input[0].set_value(0).run()) > changed
