"""Writes lessons as a static site: pages with recorded texts, which need neither a server nor a model."""
