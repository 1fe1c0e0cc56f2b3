"""Exports a trace for use elsewhere: a script in plain transformers, and the prompt as a person would type it."""
