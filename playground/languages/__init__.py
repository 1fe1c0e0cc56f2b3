"""Reads and writes the catalogues of the page's texts in other languages, and finds the texts in the sources."""
