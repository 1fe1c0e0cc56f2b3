"""Tells what is known of a model's attention, and measures of its heads, as the JSON values that the page reads.

Knows facts and measures. Does not know routes or pages.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.attention.maps import MAP_TOKENS, MAX_ERROR, Facts, Maps
from playground.attention.measures import MEASURES
from playground.attention.source_maps import SourceMaps


def facts_told(known: Facts, dtype: str) -> dict[str, Any]:
    """Returns the facts of one kind of attention. `dtype` is that in which the model computes."""
    return {
        "layers": known.layers,
        "heads": known.heads,
        "key_value_heads": known.key_value_heads,
        "windows": list(known.windows),
        "without": list(known.without),
        "map_tokens": MAP_TOKENS,
        "max_error": MAX_ERROR,
        "dtype": dtype,
        "reason": known.reason,
        "is_merged": known.is_merged,
    }


def measures_told(found: Maps, without: Sequence[str | None]) -> dict[str, Any]:
    """Returns the measures of a decoder over its own text, (layer, head) with None for a layer without attention.

    Args:
        found: the maps of a text of at least two tokens.
        without: for each layer what it is if it has no attention, else None.
    """
    means = {name: _by_layer(found.measures[name], without) for name in MEASURES}
    return {"tokens": found.tokens, "induction_queries": found.induction_queries, **means}


def source_measures_told(found: SourceMaps, queries: int) -> dict[str, Any]:
    """Returns the measures of an encoder, or of cross-attention, with so many tokens that look."""
    return {"tokens": queries, **{name: None if one is None else one.tolist() for name, one in found.measures.items()}}


def _by_layer(values: np.ndarray | None, without: Sequence[str | None]) -> list[list[float] | None] | None:
    if values is None:
        return None
    return [None if kind else line for line, kind in zip(values.tolist(), without, strict=True)]
