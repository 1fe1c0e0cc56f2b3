"""Says how far the attention of each layer sees, as a model's configuration states it. Knows no modules."""

from typing import NamedTuple

from transformers import PreTrainedConfig


class Reach(NamedTuple):
    """How far an attention sees.

    Attributes:
        tokens: the most tokens that a token sees, itself among them; None if it sees all.
        is_chunked: whether the text is cut into chunks of so many tokens, and a token sees those of its own chunk.
            Otherwise they are the last ones before it: a sliding window.
    """

    tokens: int | None
    is_chunked: bool


def reaches(config: PreTrainedConfig) -> tuple[Reach, ...]:
    """Returns the reach of each layer's attention. A layer without attention has that of one that sees all."""
    window = getattr(config, "sliding_window", None)
    layers = config.num_hidden_layers
    kinds = getattr(config, "layer_types", None) or [None if window is None else "sliding_attention"] * layers
    return tuple(
        Reach(config.attention_chunk_size, True)
        if kind == "chunked_attention"
        else Reach(window if kind in SLIDING else None, False)
        for kind in kinds
    )


SLIDING = ("sliding_attention", "hybrid_sliding")
