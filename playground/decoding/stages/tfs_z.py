"""Tail-free sampling.

The cut lies where the curve of the sorted probabilities becomes flat. text-generation-webui takes the curve over the
whole vocabulary, with 0 for what was removed, and always removes its last token. Here the curve ends with zeros even if
nothing was removed, so that a row is cut in the same way whatever stands beside it, and the last token can stay.
"""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values


def _make(values: Values) -> Processor:
    def apply(_: Moment, scores: torch.Tensor) -> torch.Tensor:
        # Of equal scores the higher id comes first, so a stable sort gets the ids backwards.
        ranked, places = scores.flip(-1).sort(stable=True, dim=-1, descending=True)
        weights = (ranked.double() - ranked[..., :1].double()).exp()
        curvature = torch.nn.functional.pad(weights, (0, 2)).diff().diff().abs()
        reached = curvature.cumsum(-1)
        share = (reached / reached[..., -1:]).float()
        # A token stays if the curvature above it is not too much. The first one has none above it.
        is_beyond = torch.nn.functional.pad(share[..., :-1] > values["tfs_z"], (1, 0))
        return torch.empty_like(scores).scatter(-1, places, ranked.masked_fill(is_beyond, -torch.inf)).flip(-1)

    return apply


TFS_Z = Stage(
    name="tfs_z",
    label="tail-free z",
    short="tail-free",
    kind="cut",
    parameters=(Parameter("tfs_z", Rule(0, 1, off=(1,)), Slider(0, 1, 0.01)),),
    says="keeps the most probable tokens up to the place where the curve of the sorted probabilities has become flat",
    formula="keep the first n with Σ |Δ²pᵢ| ≤ z · Σ |Δ²p|, and the next one",
    source="Phénix, trentonbricken.com/Tail-Free-Sampling; text-generation-webui",
    make=_make,
    is_generate=False,
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "tfs_z": 0.9},
        "Without it “polar” is drawn; with it only 22 tokens are left, those before the curve of the "
        "probabilities becomes flat.",
    ),
)
