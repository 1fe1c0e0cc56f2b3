"""Builds the parts of the page. The module of a part has its components first, then their events."""
