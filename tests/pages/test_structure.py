"""The structure page: two networks with what they cost, and what flattening does to neighbours."""

from __future__ import annotations

import pytest

from cnn_core.models import FIGURE_7_1, FIGURE_7_2, NETWORKS, parameter_count
from tests.pages.conftest import OpenPage, code_of


def test_it_opens_on_the_books_two_networks(open_page: OpenPage) -> None:
    app = open_page("structure")
    shown = " ".join(m.value for m in app.markdown)
    assert f"**{parameter_count(FIGURE_7_1):,}** parameters" in shown
    assert f"**{parameter_count(FIGURE_7_2):,}** parameters" in shown


def test_the_notebooks_network_has_its_123222_parameters(open_page: OpenPage) -> None:
    app = open_page("structure", right="notebook")
    assert any("**123,222** parameters" in m.value for m in app.markdown)
    table = app.dataframe[1].value
    assert table["Parameters"].sum() == 123_222
    assert table["Shape out"].tolist()[:1] == ["16 × 24 × 24"]


@pytest.mark.parametrize("name", ["mlp", "notebook", "simple", "lenet5"])
def test_the_code_builds_the_network_on_screen(open_page: OpenPage, name: str) -> None:
    spec = NETWORKS["book" if name == "simple" else name]
    left = code_of(open_page("structure", right=name))
    assert left["parameters"] == parameter_count(spec)
    assert tuple(left["x"].shape) == (1, 10)


def test_the_code_gives_the_place_that_the_page_names(open_page: OpenPage) -> None:
    app = open_page("structure", row=3, col=5)
    assert any("number **89** of 784" in m.value for m in app.markdown)
    assert code_of(app)["position"] == 89


def test_it_speaks_korean(open_page: OpenPage) -> None:
    app = open_page("structure", lang="ko")
    assert app.header[0].value == "CNN에는 완전연결 신경망에 없는 무엇이 있을까요?"


def test_a_network_that_does_not_exist_gets_a_sentence(open_page: OpenPage) -> None:
    app = open_page("structure", left="transformer", digit=10_000)
    assert [w.value for w in app.warning] == [
        "The address asks for left=transformer, which this page does not have. It shows the usual view.",
        "The address asks for digit=10000, which this page does not have. It shows the usual view.",
    ]
