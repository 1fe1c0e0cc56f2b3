"""Holds the page and the server. No other folder of `playground` knows Gradio, FastAPI, Plotly or BertViz."""
