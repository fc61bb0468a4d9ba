"""A hand is answered between two runs of the page, in its learner's language, for its session alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from ui import live
from ui.live import ROUTES


def page() -> None:
    import streamlit as st

    from cnn_core.messages import Problem
    from ui import live
    from ui.language import choose_language, t

    choose_language(st.session_state.get("speaks", "en"))
    factor = st.number_input("factor", 1, 9)

    def answer(number: int) -> live.Shown:
        if number < 0:
            raise Problem("Choose a larger number.")
        if number == 13:
            raise RuntimeError("a fault of the page's")
        return {"product": {"value": factor * number, "word": t("Stride")}}

    st.text(live.offer("times", answer))


def ask(address: str, question: object) -> tuple[int, Any]:
    """The status of the answer, and what it says."""
    return asked(address, json.dumps(question).encode())


def asked(address: str, body: bytes) -> tuple[int, Any]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "path_params": {"token": address.removeprefix("live/")}}
    response = asyncio.run(ROUTES[0].endpoint(Request(scope, receive)))
    return response.status_code, json.loads(response.body) if response.body else None


def shown_by_a_run() -> None:
    import streamlit as st

    from ui import live
    from ui.components.told import told, words

    st.text(live.offer("words", lambda number: {"words": words(str(number))}))
    told("words", words("what the page says"))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page).run()


def test_a_question_gets_what_its_components_show(app: AppTest) -> None:
    status, said = ask(app.text[0].value, 6)
    assert status == 200
    assert said["shown"] == {"product": {"value": 6, "word": "Stride"}}
    assert ask(app.text[0].value, 6)[1]["turn"] >= said["turn"] > 1_700_000_000_000  # milliseconds


def test_the_newest_run_of_the_page_answers_at_the_same_address(app: AppTest) -> None:
    address = app.text[0].value
    app.number_input[0].set_value(7).run()
    assert app.text[0].value == address
    assert ask(address, 6)[1]["shown"]["product"]["value"] == 42


def test_each_session_has_an_address_of_its_own_and_speaks_its_language(app: AppTest) -> None:
    other = AppTest.from_function(page)
    other.session_state["speaks"] = "ko"
    other.run()
    assert other.text[0].value != app.text[0].value
    assert ask(other.text[0].value, 1)[1]["shown"]["product"]["word"] == "스트라이드"
    assert ask(app.text[0].value, 1)[1]["shown"]["product"]["word"] == "Stride"


def test_what_has_no_answer_shows_nothing(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    address = app.text[0].value
    assert ask("live/unknown", 1) == (404, None)
    assert ask(address, -1) == (422, None)  # the page's own run says why
    assert asked(address, b"{no json") == (422, None)
    assert ask(address, 13) == (500, None)
    monkeypatch.setattr(live, "LONGEST", 10)
    assert ask(address, "1" * 10) == (413, None)
    assert ask(address, 1)[0] == 200


def test_a_run_after_an_answer_is_news_even_where_it_sends_what_it_sent_before() -> None:
    app = AppTest.from_function(shown_by_a_run).run()

    def turn() -> int:
        return int(json.loads(app.get("bidi_component")[0].proto.json)["turn"])

    first = turn()
    app.run()
    assert turn() == first
    answered = ask(app.text[0].value, 7)[1]["turn"]
    app.run()
    assert turn() > answered >= first


def test_the_oldest_offers_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 2)
    addresses = [AppTest.from_function(page).run().text[0].value for _ in range(3)]
    assert [ask(address, 1)[0] for address in addresses] == [404, 200, 200]
