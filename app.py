"""The home page: what this is, the lesson as a path of cards, the address for phones."""

import streamlit as st

from ui import address, cards, frame
from ui.language import t
from ui.site import PAGES

page = frame.begin("home")

st.markdown(
    t(
        "Here you take a convolutional network apart: you compute a convolution by hand, train a network on "
        "60,000 handwritten digits, and watch it learn to see. Every number on the screen is one that the "
        "network computes, and you can open it."
    )
)

lesson = [(slug, entry) for slug, entry in PAGES.items() if slug != "home"]
pictures = cards.pictures(frame.theme())
for first in range(0, len(lesson), 4):
    row = st.columns(4)
    for column, (number, (slug, entry)) in zip(
        row, enumerate(lesson[first : first + 4], first + 1), strict=False
    ):
        with column.container(border=True, key=f"card-{slug}"):
            shown, alt = pictures[slug]
            st.image(shown, width="stretch", alt=t(alt))
            st.page_link(entry.file, label=f"**{number}. {t(entry.name)}**", icon=entry.icon)
            st.caption(t(entry.question))

address.show()
frame.end("home", page)
