"""Which tokens of the text so far a penalty looks at, and how often each occurs. Knows ids only."""

from collections.abc import Callable, Sequence

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Slider, Values
from playground.decoding.stages.warper import long_tensor

WHOLE_TEXT = -1
LAST_N = Rule(WHOLE_TEXT, 1_000_000, whole=True)
"""How many of the last tokens a stage looks at: -1 stands for all of them, and 0 for none."""

REPEAT_LAST_N = Parameter(
    "repeat_last_n",
    LAST_N,
    Slider(-1, 512, 1),
    default=WHOLE_TEXT,
    label="penalty window",
    says="how many of the last tokens count as repeated: −1 for the whole text, 0 for none",
)
"""The window of the repetition, frequency and presence penalties together, as in llama.cpp."""


def last(ids: Sequence[int], count: int) -> Sequence[int]:
    """Returns the last `count` ids, or all of them for -1."""
    return ids if count == WHOLE_TEXT else ids[max(0, len(ids) - count) :]


def is_on_in_window(setting: str, off: float) -> Callable[[Values], bool]:
    """Returns what switches a penalty on that looks at `repeat_last_n` tokens."""
    return lambda values: values[setting] != off and values["repeat_last_n"] != 0


def counts(ids: Sequence[int], scores: torch.Tensor) -> torch.Tensor:
    """Returns how often each token occurs in `ids`, as (1, vocab) of the kind of (1, vocab) scores."""
    size = scores.shape[-1]
    places = long_tensor([ids], scores.device).clamp(max=size)  # an id without a logit is counted behind the others
    found = scores.new_zeros((1, size + 1))
    return found.scatter_add(-1, places, torch.ones_like(places, dtype=scores.dtype))[:, :size]
