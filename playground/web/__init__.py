"""The page and the server: the only room that knows Gradio, FastAPI, Plotly and BertViz."""
