"""A page's state is one home for the session, the widgets and the address."""

from __future__ import annotations

import pytest
from streamlit.runtime.state import QueryParamsProxy
from streamlit.testing.v1 import AppTest

from ui import state


def page() -> None:
    """A page with a choice of its own and one that all pages share."""
    import streamlit as st

    from ui.state import PageState, choice, flag, integer, shared, words

    slug = st.session_state.get("test.page", "one")
    chosen = PageState(
        slug,
        {
            "stride": integer(1, 1, 4),
            "mode": choice("zeros", ["zeros", "reflect"]),
            "grey": flag(),
            "run": shared(words("reference")),
        },
    )
    st.slider("Stride", 1, 4, **chosen.dial("stride"))
    st.toggle("Grey", **chosen.dial("grey"))
    st.button("Reset", on_click=lambda: chosen.set(stride=1))
    st.text(f"{chosen.stride} {chosen.mode} {chosen.grey} {chosen.run}")
    st.text(" | ".join(str(note) for note in chosen.notes))
    chosen.write_address()


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(page)


def shows(app: AppTest) -> str:
    assert not app.exception
    return app.text[0].value


def test_a_cold_address_sets_the_choices(app: AppTest) -> None:
    app.query_params.update({"lang": "ko", "stride": "3", "mode": "reflect", "grey": "1", "run": "abc"})
    assert shows(app.run()) == "3 reflect True abc"


def test_a_changed_widget_is_written_into_the_address(app: AppTest) -> None:
    app.run().slider[0].set_value(4).run()
    assert shows(app) == "4 zeros False reference"
    assert dict(app.query_params) == {"lang": "en", "stride": "4"}


def test_a_number_is_handed_again_in_a_run_that_follows_at_once(app: AppTest) -> None:
    """The run before may not have been sent: the browser would fall back to the lowest number, and say so."""
    handed = [bool(app.run().slider[0].proto.set_value) for _ in range(2)]
    assert handed == [True, True]


def test_a_number_is_handed_to_the_browser_only_where_it_does_not_have_it(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what a hand has moved meanwhile would jump back."""
    monkeypatch.setattr(state, "SETTLES", 0.0)
    app.run()
    handed = [bool(app.run().slider[0].proto.set_value)]
    handed.append(bool(app.slider[0].set_value(4).run().slider[0].proto.set_value))
    handed.append(bool(app.button[0].click().run().slider[0].proto.set_value))
    assert handed == [False, False, True]


def test_defaults_are_left_out_of_the_address(app: AppTest) -> None:
    app.run().slider[0].set_value(4).run()
    app.button[0].click().run()
    assert dict(app.query_params) == {"lang": "en"}
    assert app.slider[0].value == 1


def test_going_back_to_an_earlier_address_wins_over_the_session(app: AppTest) -> None:
    app.run().slider[0].set_value(4).run()
    app.query_params.clear()
    app.query_params["lang"] = "en"
    assert shows(app.run()) == "1 zeros False reference"
    assert app.slider[0].value == 1


def test_a_move_that_overtakes_an_address_on_its_way_to_the_browser_undoes_nothing(app: AppTest) -> None:
    """A slow network: the second control is moved while the browser still has the first one's old address."""
    app.run().slider[0].set_value(4).run()
    for move in (2, 3):
        app.query_params.clear()
        app.query_params["lang"] = "en"
        app.slider[0].set_value(move)
        app.toggle[0].set_value(True)
        assert shows(app.run()) == f"{move} zeros True reference"
        assert dict(app.query_params) == {"lang": "en", "stride": str(move), "grey": "1"}
    app.run()  # the browser has it now
    app.query_params.clear()
    app.query_params["lang"] = "en"
    app.slider[0].set_value(2)
    assert shows(app.run()) == "1 zeros False reference"  # so this one comes of going back


def test_a_move_there_and_back_leaves_no_address_on_its_way(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, str]] = []
    write = QueryParamsProxy.from_dict

    def listened(proxy: QueryParamsProxy, params: dict[str, str]) -> None:
        told.append(dict(params))
        write(proxy, params)

    monkeypatch.setattr(QueryParamsProxy, "from_dict", listened)
    app.run().slider[0].set_value(4).run()
    app.query_params.clear()
    app.query_params["lang"] = "en"  # the browser has not heard of it yet
    assert shows(app.slider[0].set_value(1).run()) == "1 zeros False reference"
    assert told == [{"lang": "en"}, {"lang": "en", "stride": "4"}, {"lang": "en"}]
    app.query_params["stride"] = "4"  # by Back: it is there already
    assert shows(app.run()) == "4 zeros False reference"
    assert len(told) == 3


def test_a_link_of_the_menu_finds_a_page_as_it_was_left(app: AppTest) -> None:
    app.run().slider[0].set_value(4).run()
    for slug in ("two", "one"):
        app.session_state["test.page"] = slug
        app.query_params.clear()
        app.run()
    assert shows(app) == "4 zeros False reference"
    assert dict(app.query_params) == {"lang": "en", "stride": "4"}


def test_a_shared_choice_goes_along_to_the_next_page(app: AppTest) -> None:
    app.query_params.update({"lang": "en", "run": "abc"})
    app.run()
    app.session_state["test.page"] = "two"
    app.query_params.clear()
    assert shows(app.run()) == "1 zeros False abc"


def test_an_address_without_a_language_only_adds(app: AppTest) -> None:
    app.query_params.update({"lang": "en", "run": "abc"})
    app.run()
    app.session_state["test.page"] = "two"
    app.query_params.clear()
    app.query_params["stride"] = "2"
    assert shows(app.run()) == "2 zeros False abc"


@pytest.mark.parametrize(
    ("name", "value"),
    [("stride", "banana"), ("stride", "9"), ("mode", "x"), ("grey", "maybe"), ("run", "r" * 5000)],
)
def test_what_an_address_asks_for_in_vain_is_said_and_the_rest_is_shown(
    app: AppTest, name: str, value: str
) -> None:
    good = {"stride": "2"} if name != "stride" else {"mode": "reflect"}
    app.query_params.update({"lang": "en", name: value, **good})
    shown = shows(app.run())
    assert shown == ("2 zeros False reference" if name != "stride" else "1 reflect False reference")
    assert app.text[1].value.startswith(f"The address asks for {name}=")
    app.slider[0].set_value(3).run()
    assert app.text[1].value == ""
