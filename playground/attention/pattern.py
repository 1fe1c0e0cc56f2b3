"""Computes which tokens of a short text each token looks at, as one table for a model of any family.

Knows models. Does not know pages. The table is the model's own attention, as transformers returns it.
"""

from collections.abc import Sequence
from typing import Any

import torch

from playground.errors import PlaygroundError
from playground.models.loaded_model import LoadedModel
from playground.models.masked_model import MaskedModel

MAY_NOT_SEE = float("nan")


@torch.inference_mode()
def pattern(model: LoadedModel, ids: Sequence[int], source_ids: Sequence[int] = ()) -> torch.Tensor:
    """Returns how much each token looks at each other one, as the mean of all heads of all layers.

    It is one forward, short enough for `Engine.call` where the text is short.

    Args:
        model: a model of any family.
        ids: the text; of an encoder–decoder, the text of its decoder.
        source_ids: what the encoder of an encoder–decoder reads.

    Returns:
        (query, key) float32 weights on the host, NaN where a token may not look. The tokens are those of the source
        and then those of the text: an encoder–decoder's table holds its encoder's attention, then its cross-attention
        and its decoder's beside each other, each of which sums to 1 over its own keys.

    Raises:
        PlaygroundError: the model does not return its attention.
    """
    hf = model.hf
    hf.set_attn_implementation("eager")
    text = torch.tensor([list(ids)], device=hf.device)
    if isinstance(model, MaskedModel):
        return _mean(model, [one[None] for one in model.attention(ids)])
    if not source_ids:
        found = hf(input_ids=text, use_cache=False, output_attentions=True, return_dict=True)
        return _causal(_mean(model, found.attentions))
    source = torch.tensor([list(source_ids)], device=hf.device)
    found = hf(input_ids=source, decoder_input_ids=text, use_cache=False, output_attentions=True, return_dict=True)
    encoder, cross = _mean(model, found.encoder_attentions), _mean(model, found.cross_attentions)
    never = torch.full((len(source_ids), len(ids)), MAY_NOT_SEE)
    decoder = _causal(_mean(model, found.decoder_attentions))
    return torch.cat([torch.cat([encoder, never], dim=1), torch.cat([cross, decoder], dim=1)])


def _mean(model: LoadedModel, layers: Sequence[Any] | None) -> torch.Tensor:
    """Returns the (query, key) mean over all heads of the layers that have attention."""
    found = [one[0].float().mean(0).cpu() for one in layers or () if one is not None]
    if not found:
        raise PlaygroundError(f"{model.name} does not return its attention weights. Choose another model.", status=422)
    return torch.stack(found).mean(0)


def _causal(weights: torch.Tensor) -> torch.Tensor:
    """Returns the weights with NaN above the diagonal."""
    return weights.masked_fill(torch.ones_like(weights).triu(1).bool(), MAY_NOT_SEE)
