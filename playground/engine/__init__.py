"""The single thread that runs the model for all visitors, and the requests that it accepts."""
