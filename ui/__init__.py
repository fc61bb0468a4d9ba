"""What the pages share of Streamlit: frame, language, state, specimen, components."""
