"""Reads lessons, which are Markdown files that anybody can write, and checks what they claim on their model."""
