"""Measures the playground with `python -m bench` and prints one table. No test depends on a clock."""
