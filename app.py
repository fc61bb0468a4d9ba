"""The app: ``streamlit run app.py``. Its first page is home.py, the others lie in pages/."""

import streamlit as st

from ui.live import ROUTES

app = st.App("home.py", routes=ROUTES)
