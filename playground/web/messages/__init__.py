"""Turns data into what a page is sent: JSON messages, Plotly's script, BertViz pages. Does not know the model."""
