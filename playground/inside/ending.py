"""Turns a vector of the residual stream into logits, as the model itself does at its end, or refuses to.

Knows models. What stands between the unembedding and the logits (a softcap, a scale) is taken from the model's config
and checked against the model's own logits, so that no family is known by its name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import nn

from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.parts import first, parts
from playground.models.source_forward import PROBE as SOURCE
from playground.models.spread import reader_of

PROBE = (1, 2, 3, 4)
"""The ids on which the end of a model is tried."""


@dataclass(frozen=True, eq=False)
class Ending:
    """The end of a model: final norm, unembedding, and what it does to logits after that.

    Attributes:
        norm: the final norm.
        unembedding: the output matrix.
        finish: maps the logits of the unembedding to the model's logits.
        after: says in words what `finish` does, "" if it does nothing.
        formula: says it for a calculator, with {x} for the logit of the unembedding.
    """

    norm: nn.Module
    unembedding: nn.Linear
    finish: Callable[[torch.Tensor], torch.Tensor]
    after: str
    formula: str = "{x}"

    def logits(self, vectors: torch.Tensor) -> torch.Tensor:
        """Returns the (…, vocab) float32 logits of vectors (…, width) of the residual stream, on the model's device."""
        return self.finish(self.unembedded(vectors)).float()

    def unembedded(self, vectors: torch.Tensor) -> torch.Tensor:
        """Returns what the output matrix makes of them, before `finish`."""
        device, dtype = reader_of(self.unembedding), self.unembedding.weight.dtype
        return self.unembedding(self.norm(vectors.to(device, dtype)).to(device))


_endings: WeakKeyDictionary[LanguageModel, Ending] = WeakKeyDictionary()


def ending(model: LanguageModel) -> Ending:
    """Returns the end of a model. It is tried on a few tokens when it is asked for first, which is a short call.

    Raises:
        PlaygroundError: a part is not found, or they do not give the model's own logits.
    """
    if model not in _endings:
        _endings[model] = _tried(model)
    return _endings[model]


@torch.inference_mode()
def _tried(model: LanguageModel) -> Ending:
    found = parts(model.hf, model.name)
    model, last = model.reading(SOURCE), found.check_blocks()[-1].module
    has_norm = found.norm is not None or not model.takes_source
    norm = found.check_norm() if has_norm else nn.Identity()  # the blocks of BART and Marian end with a norm themselves
    vectors: list[torch.Tensor] = []
    cache = model.new_cache()  # it may run the blocks itself, so that it is made before they are watched
    handle = last.register_forward_hook(lambda _module, _args, output: vectors.append(first(output)[0]))
    try:
        expected = model.read([token % model.vocabulary_size for token in PROBE], cache).cpu()
    finally:
        handle.remove()
    for finish, *words in _finishes(model):
        tried = Ending(norm, _with_bias(found.unembedding, model), finish, *words)
        if norm_fits(tried, vectors[0]) and are_close(tried.logits(vectors[0]).cpu(), expected, model):
            return tried
    raise PlaygroundError(
        f"The final norm and the output matrix of {model.name} do not give its own logits, so its layers cannot be "
        "read with them. The other views work. Choose another model to see this one.",
        status=422,
    )


def are_close(found: torch.Tensor, expected: torch.Tensor, model: LanguageModel) -> bool:
    """Returns whether two tensors are equal but for the rounding of the model's dtype."""
    largest = float(expected[expected.isfinite()].abs().max())
    return bool((found - expected).abs().nan_to_num(0).max() <= torch.finfo(model.hf.dtype).eps ** 0.6 * largest)


def norm_fits(tried: Ending, vectors: torch.Tensor) -> bool:
    """Returns whether the norm's output has the width that the unembedding reads."""
    return vectors.shape[-1] == tried.unembedding.in_features


def _finishes(model: LanguageModel) -> list[tuple[Callable[[torch.Tensor], torch.Tensor], str, str]]:
    """Returns what a model may do to the logits of its unembedding: nothing, or what its config names."""
    config = model.hf.config.get_text_config(decoder=model.takes_source or None)
    found: list[tuple[Callable[[torch.Tensor], torch.Tensor], str, str]] = []
    if cap := getattr(config, "final_logit_softcapping", None):
        found.append((partial(_capped, cap=cap), f"softcapped at {cap:g}", f"{cap:g} · tanh({{x}} / {cap:g})"))
    if scale := getattr(config, "logit_scale", None):
        found.append((partial(torch.mul, other=scale), f"multiplied by {scale:g}", f"{{x}} · {scale:g}"))
    if scale := getattr(config, "logits_scaling", None):
        found.append((partial(torch.div, other=scale), f"divided by {scale:g}", f"{{x}} / {scale:g}"))
    if getattr(config, "scale_decoder_outputs", False):
        scale = config.d_model**-0.5
        found.append((partial(torch.mul, other=scale), f"multiplied by {scale:g}", f"{{x}} · {scale:g}"))
    return [*found, (_as_it_is, "", "{x}")]


def _with_bias(unembedding: nn.Linear, model: LanguageModel) -> nn.Linear:
    """Returns the output matrix with the bias that BART and Marian keep beside it."""
    bias = getattr(model.hf, "final_logits_bias", None)
    if bias is None or not bias.any():
        return unembedding
    made = nn.Linear(unembedding.in_features, unembedding.out_features, device="meta")
    made.weight = unembedding.weight
    made.bias = nn.Parameter(bias[0].to(unembedding.weight.device), requires_grad=False)
    return made


def _as_it_is(logits: torch.Tensor) -> torch.Tensor:
    return logits


def _capped(logits: torch.Tensor, cap: float) -> torch.Tensor:
    return torch.tanh(logits / cap) * cap
