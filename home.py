"""The home page: what this is, the lesson as a path of cards, the address for phones."""

from itertools import groupby

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

pictures = cards.pictures(frame.theme())
lesson = [(slug, entry) for slug, entry in PAGES.items() if slug != "home"]
for section, entries in groupby(enumerate(lesson, 1), key=lambda numbered: numbered[1][1].section):
    st.subheader(t(section), anchor=False)
    with st.container(key=f"cards-{section}"):
        for number, (slug, entry) in entries:
            with st.container(border=True, key=f"card-{slug}"):
                shown, alt = pictures[slug]
                st.image(shown, width="stretch", alt=t(alt))
                st.page_link(entry.file, label=f"**{number}. {t(entry.name)}**", icon=entry.icon)
                st.caption(t(entry.question))

address.show()
frame.end("home", page)
