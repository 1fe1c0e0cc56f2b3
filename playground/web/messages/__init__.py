"""Turns data into what is sent to a page: JSON messages, Plotly's script, BertViz pages. Does not know the model."""
