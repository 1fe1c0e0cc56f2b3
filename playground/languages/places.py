"""Finds the places of a text that a value fills: "{n} tokens" has the place "n"."""

import re

PLACE = re.compile(r"\{(\w+)\}")


def places(text: str) -> frozenset[str]:
    """Returns the names of a text's places."""
    return frozenset(PLACE.findall(text))
