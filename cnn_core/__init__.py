"""Everything in CNN Explorer that knows nothing of Streamlit: a notebook can import it."""
