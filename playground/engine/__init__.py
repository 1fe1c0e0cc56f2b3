"""The one thread that runs the model for everybody, and what may be asked of it."""
