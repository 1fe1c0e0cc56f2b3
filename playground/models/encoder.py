"""Runs the encoder of an encoder–decoder model alone, for what is shown of it."""

from collections.abc import Sequence

import torch

from playground.models.language_model import LanguageModel


@torch.inference_mode()
def encode(model: LanguageModel, ids: Sequence[int], attention: str) -> torch.Tensor:
    """Reads a source with the named attention and returns the (position, width) vectors that the encoder makes of it.

    It is one forward over the whole source, because each of its tokens looks at all of them.
    """
    if model.hf.config._attn_implementation != attention:
        model.hf.set_attn_implementation(attention)
    source = torch.tensor([list(ids)], device=model.hf.device)
    found = model.hf.get_encoder()(input_ids=source, attention_mask=torch.ones_like(source), return_dict=True)
    return found.last_hidden_state[0]
