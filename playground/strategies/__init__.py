"""Ways to decode side by side: grids of settings, beam search, the whole tree of a few tokens."""
