"""Runs an encoder-only model on vectors in place of its tokens' embeddings, for what is asked of its input."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn
from transformers.utils.generic import ModelOutput

from playground.models.masked_model import MaskedModel


@torch.no_grad()
def embedded_text(model: MaskedModel, ids: Sequence[int]) -> torch.Tensor:
    """Returns the vectors of the model's input embedding, (1, position, width)."""
    return model.hf.get_input_embeddings()(torch.tensor([list(ids)], device=model.hf.device))


def logits_of_vectors(
    model: MaskedModel, ids: Sequence[int], vectors: torch.Tensor, place: int | None = None
) -> torch.Tensor:
    """Reads rows of vectors in place of the embeddings of a text's tokens. Gradients flow through it to the vectors.

    The embedding's module is asked for the tokens and its output is replaced, because the model adds positions to it.

    Args:
        model: the model.
        ids: the text, whose padding and positions count.
        vectors: (row, position, width), as `embedded_text` returns them.
        place: the position whose logits are returned; None for a head that gives labels to the whole text.

    Returns:
        (row, vocab) float32, or (row, label) for a head that gives labels.
    """
    if model.hf.config._attn_implementation != "eager":
        model.hf.set_attn_implementation("eager")
    tokens = torch.tensor([list(ids)], device=model.hf.device).expand(len(vectors), -1)
    with _replaced(model, vectors, place):
        logits = model.hf(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits.float()
    return logits if place is None else logits[:, 0]


@contextmanager
def _replaced(model: MaskedModel, vectors: torch.Tensor, place: int | None) -> Iterator[None]:
    """Puts vectors in place of the embeddings, and lets the head read one place alone."""

    def choose(_encoder: nn.Module, _inputs: object, output: ModelOutput) -> ModelOutput:
        if place is not None:
            output["last_hidden_state"] = output["last_hidden_state"][:, place : place + 1]
        return output

    embedding = model.hf.get_input_embeddings()
    handles = [
        embedding.register_forward_hook(lambda _module, _args, _output: vectors),
        model.hf.base_model.register_forward_hook(choose),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
