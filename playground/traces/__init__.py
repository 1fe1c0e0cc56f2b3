"""Traces: the records of what was observed while a text was generated, and the store that keeps them."""
