"""Finds the tables of a model that hold one vector for each position. Knows modules and config, no text."""

from torch import nn
from transformers import PreTrainedModel


def position_tables(hf: PreTrainedModel) -> tuple[nn.Embedding, ...]:
    """Returns the embeddings whose rows are positions: those outside of the blocks that hold the model's whole window.

    The blocks' own are left out, because they hold distances and not positions.
    """
    window = getattr(hf.config.get_text_config(), "max_position_embeddings", None)
    words = (hf.get_input_embeddings(), hf.get_output_embeddings())
    within = within_blocks(hf)
    return tuple(
        module
        for module in hf.get_decoder().modules()
        if isinstance(module, nn.Embedding)
        and module not in words
        and module not in within
        and window is not None
        and window <= module.num_embeddings <= window + FURTHER_ROWS
    )


def within_blocks(hf: PreTrainedModel) -> set[nn.Module]:
    """Returns the modules of all blocks. A model keeps its blocks in a list."""
    lists = (module for module in hf.modules() if isinstance(module, nn.ModuleList))
    return {part for one in lists for block in one for part in block.modules()}


def first_row(table: nn.Embedding, hf: PreTrainedModel) -> int:
    """Returns the row of a text's first token in such a table. The rows before it belong to no position of a text."""
    if table.padding_idx is not None:  # models like RoBERTa count from behind the position of padding
        return table.padding_idx + 1
    return table.num_embeddings - hf.config.get_text_config().max_position_embeddings


FURTHER_ROWS = 8
"""Some tables have rows that no position uses: OPT's begins with two."""
