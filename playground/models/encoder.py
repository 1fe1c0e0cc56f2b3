"""Runs the encoder of an encoder–decoder model alone, for what is shown of it and what is changed in it."""

from collections.abc import Sequence

import torch
from torch import nn
from transformers import DynamicCache
from transformers.modeling_outputs import BaseModelOutput

from playground.models.encoder_side import text_encoder
from playground.models.language_model import LanguageModel


@torch.inference_mode()
def encode(model: LanguageModel, ids: Sequence[int], attention: str, rows: int = 1) -> torch.Tensor:
    """Reads a source with the named attention and returns the (row, position, width) vectors that the encoder makes.

    It is one forward over the whole source, because each of its tokens looks at all of them. All rows read the same
    ids: they differ where the caller's hooks change them.
    """
    return _encoded(model, ids, attention, rows)


@torch.inference_mode()
def encoder_states(model: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    """Reads a source, and returns the encoder's hidden states in the model's dtype, (layer, position, width).

    Layer 0 is what enters the first block. The last layer is what the decoder reads, behind the encoder's final norm if
    it has one; that norm is not applied to the layers before.
    """
    states = _run(model, ids, "eager", output_hidden_states=True).hidden_states
    assert states is not None, "the encoder was asked for them"
    return torch.cat(states)


def encode_vectors(model: LanguageModel, ids: Sequence[int], vectors: torch.Tensor) -> torch.Tensor:
    """Does what `encode` does with rows of vectors in place of the embeddings of the source's tokens.

    Gradients flow through it to the vectors where they are switched on. The embedding's module is asked for the tokens
    and its output is replaced, because some families scale the output and some do not.

    Args:
        ids: the source, whose padding and positions count.
        vectors: (row, position, width), as `embedded_source` returns them.
    """
    handle = _embedding(model).register_forward_hook(lambda _module, _args, _output: vectors)
    try:
        return _encoded(model, ids, "eager", len(vectors))
    finally:
        handle.remove()


@torch.no_grad()
def embedded_source(model: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    """Returns the vectors of the encoder's input embedding, (1, position, width)."""
    return _embedding(model)(torch.tensor([list(ids)], device=model.hf.device))


def emptied(vectors: torch.Tensor, parts: Sequence[tuple[int, int]]) -> torch.Tensor:
    """Returns (row, position, width) vectors with zeros in place of some parts, from a start up to a stop."""
    changed = vectors.clone()
    for start, stop in parts:
        changed[:, start:stop] = 0
    return changed


@torch.inference_mode()
def cache_without(model: LanguageModel, part: tuple[int, int]) -> DynamicCache:
    """Returns the cache of an empty text that attends to the model's source without a part."""
    start, stop = part
    return model.reading([*model.source_ids[:start], *model.source_ids[stop:]]).new_cache()


@torch.inference_mode()
def cache_emptied(model: LanguageModel, part: tuple[int, int]) -> DynamicCache:
    """Returns the cache of an empty text that attends to the model's source with zero vectors in place of a part."""
    ids = model.source_ids
    return model.cache_from(encode_vectors(model, ids, emptied(embedded_source(model, ids), [part])))


def encoder_blocks(model: LanguageModel) -> list[nn.Module]:
    """Returns the encoder's blocks in their order; none if they are not found."""
    stacks = [module for module in text_encoder(model.hf).children() if isinstance(module, nn.ModuleList)]
    return list(stacks[0]) if stacks else []


def _embedding(model: LanguageModel) -> nn.Module:
    return model.hf.get_encoder().get_input_embeddings()


def _encoded(model: LanguageModel, ids: Sequence[int], attention: str, rows: int) -> torch.Tensor:
    return _run(model, ids, attention, rows)[0]


def _run(model: LanguageModel, ids: Sequence[int], attention: str, rows: int = 1, **options: bool) -> BaseModelOutput:
    if model.hf.config._attn_implementation != attention:
        model.hf.set_attn_implementation(attention)
    source = torch.tensor([list(ids)], device=model.hf.device).expand(rows, -1)
    return model.hf.get_encoder()(input_ids=source, attention_mask=torch.ones_like(source), return_dict=True, **options)
