"""`python -m bench` measures the playground and prints one table; no test depends on a clock."""
