"""Keeps a text to a choice, a regular expression, a JSON schema or a grammar: which tokens may follow."""
