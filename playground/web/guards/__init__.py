"""What stands in front of every route: who may ask, how much, and by which name."""
