"""The filters page: before and after on one scale, one filter at work, a sentence for what is not there."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core.runs import REFERENCE, RunStore
from tests.pages.conftest import OpenPage, code_of


def test_the_code_gives_the_books_grey_scale(open_page: OpenPage) -> None:
    left = code_of(open_page("filters"))
    output = np.asarray(left["output"])
    before, after = (RunStore().weights(REFERENCE, step)["conv1.weight"] for step in (0, None))
    low, high = min(before.min(), after.min()), max(before.max(), after.max())
    assert np.allclose(output, (after - low) / (high - low))


def test_training_turns_noise_into_smooth_shapes() -> None:
    from cnn_core.gratings import smoothness

    before, after = (RunStore().weights(REFERENCE, step)["conv1.weight"] for step in (0, None))
    assert abs(smoothness(before)) < 0.15
    assert smoothness(after) > smoothness(before) + 0.2


def test_the_step_of_the_address_is_shown(open_page: OpenPage) -> None:
    app = open_page("filters", step=0)
    assert code_of(app)["after"].tobytes() == code_of(app)["before"].tobytes()


def test_a_filter_can_be_chosen_and_is_named(open_page: OpenPage) -> None:
    app = open_page("filters")
    app.number_input(key="filters.number").set_value(5).run()
    assert app.query_params["filter"] == "5"
    assert any(m.value.startswith("Filter 5 answers most to") for m in app.markdown)


def test_a_run_that_does_not_exist_gets_a_sentence_and_the_page_goes_on(open_page: OpenPage) -> None:
    app = open_page("filters", run="0123456789abcdef")
    assert len(app.warning) == 1
    assert "0123456789abcdef" in app.warning[0].value
    assert "output" in code_of(app)
    app.button[0].click().run()
    assert not app.warning


@pytest.mark.parametrize(
    "address", [{"scale": "signed"}, {"filter": "999"}, {"picture": "test-3"}, {"lang": "ko"}]
)
def test_other_views_open(open_page: OpenPage, address: dict[str, str]) -> None:
    app = open_page("filters", **address)
    assert "output" in code_of(app)
