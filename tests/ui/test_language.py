"""What a learner reads is in one language, and Korean particles follow the sound before them."""

from __future__ import annotations

import pytest

from ui import language


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("**{a}**을(를) {b}(으)로", "**5**를 3으로"),
        ("{b}은(는) {a}과(와)", "3은 5와"),
        ("{c}(으)로, {d}(으)로, {e}(으)로", "7로, 10으로, 2로"),
        ("{e}이(가), {c}이(가), {d}(이)라고, {e}(이)라고", "2가, 7이, 10이라고, 2라고"),
        ("{f}을(를) 필터(으)로, 픽셀(으)로", "커널을 필터로, 픽셀로"),
        (
            "**{a}**이에요(예요), ({b}, {c})이에요(예요), {f}이에요(예요)",
            "**5**예요, (3, 7)이에요, 커널이에요",
        ),
        ("{g}을(를)", "conv을(를)"),  # who knows how it is read
    ],
)
def test_a_korean_particle_follows_the_sound_before_it(
    sentence: str, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "catalogue", lambda code: {"it": sentence} if code == "ko" else {})
    values = {"a": 5, "b": 3, "c": 7, "d": 10, "e": 2, "f": "커널", "g": "conv"}
    assert language.translate("it", "ko", **values) == read
    assert language.translate("it", "en", **values) == "it"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (8, "A 7 and an **8**."),
        (7, "A 7 and a **7**."),
        (11, "A 7 and an **11**."),
        (1_800, "A 7 and a **1800**."),
    ],
)
def test_an_english_article_follows_the_number_after_it(value: int, read: str) -> None:
    assert language.translate("A {first} and a **{digit}**.", "en", first=7, digit=value) == read
