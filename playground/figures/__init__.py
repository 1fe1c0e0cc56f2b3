"""Data to pictures: Plotly figures, BertViz pages and what the page's own JavaScript draws. Never the model."""
