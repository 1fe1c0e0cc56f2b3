"""Guards every route: the modules decide who may ask, how much, and under which host name."""
