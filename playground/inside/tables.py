"""Finds the tables of a model that hold one vector for each position. Knows modules and config, no text."""

from torch import nn
from transformers import PreTrainedModel


def position_tables(hf: PreTrainedModel) -> tuple[nn.Embedding, ...]:
    """Returns the embeddings whose rows are positions: those outside of the blocks that hold the model's whole window.

    The blocks' own are left out, because they hold distances and not positions.
    """
    window = getattr(hf.config.get_text_config(), "max_position_embeddings", None)
    words = (hf.get_input_embeddings(), hf.get_output_embeddings())
    kinds = set(hf._no_split_modules or ())
    text = list(hf.get_decoder().modules())
    within = {part for module in text if type(module).__name__ in kinds for part in module.modules()}
    return tuple(
        module
        for module in text
        if isinstance(module, nn.Embedding)
        and module not in words
        and module not in within
        and window is not None
        and window <= module.num_embeddings <= window + FURTHER_ROWS
    )


FURTHER_ROWS = 8
"""Some tables have rows that no position uses: OPT's begins with two."""
