"""Sentences that a component fills in follow the sound of what they are filled with, as Python's do."""

from __future__ import annotations

from typing import Any

from tests.browser_tools import ROOT
from ui.language import translate

SCRIPT = (ROOT / "ui" / "components" / "dom.js").read_text("utf-8")
PARTICLES = ["은(는)", "이(가)", "을(를)", "과(와)", "(으)로", "(이)라고", "이에요(예요)"]
SOUNDS = [*"0123456789", "가", "강", "갈", "relu2", "conv", "**5**", "(3, 7)"]


def test_particles_follow_the_number_or_word_before_them(browser_page: Any) -> None:
    template = " ".join("{sound}" + particle for particle in PARTICLES)
    call = f"(words) => {{ {SCRIPT}\nreturn words.map((sound) => fill({template!r}, {{ sound }})); }}"
    filled = browser_page.evaluate(call, SOUNDS)
    assert filled == [translate(template, "ko", sound=sound) for sound in SOUNDS]
    assert filled[7] == "7은 7이 7을 7과 7로 7이라고 7이에요"


def test_english_articles_follow_the_number_after_them(browser_page: Any) -> None:
    template = "It reads a {digit}, not a **{digit}**."
    call = f"(digits) => {{ {SCRIPT}\nreturn digits.map((digit) => fill({template!r}, {{ digit }})); }}"
    digits = [*range(20), 80, 118]
    assert browser_page.evaluate(call, digits) == [translate(template, "en", digit=n) for n in digits]
    assert browser_page.evaluate(call, [8]) == ["It reads an 8, not an **8**."]
