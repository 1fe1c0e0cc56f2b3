"""Defines the records of what was observed while a text was generated.

Knows settings and measures. Does not know models, processors or pages, and derives nothing.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from playground.conversation import Conversation
from playground.decoding.measures import RawFacts
from playground.decoding.settings import Settings
from playground.on_host import on_host

STOP_REASONS = ("end_token", "stop_string", "length", "window", "stopped", "scored")


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One generated token: how it was chosen, and the tensors of its forward, which may be given up.

    Attributes:
        index: 0 for the first generated token.
        logits: (vocab,) the model's own, in its dtype, in separate storage on the model's device; None once they are
            given up.
        token_id: the token that was chosen.
        draw: the uniform number in [0, 1) that chose it; None if nothing was drawn.
        probability: the token's probability after all stages, at the time when it was chosen.
        kept: the number of tokens that were left to choose from.
        attention: (layer, head, key) float16, the row of the position that predicted the token over the tokens
            before it; for an encoder–decoder, the decoder's own. None for a model that does not return attention, and
            once it is given up, which may be sooner than the logits are.
        source_attention: (layer, head, source position) float16, the same position's cross-attention; None where
            `attention` is, and for a decoder-only model.
        seconds: the time since the step before, or for the first step since the request was made.
        forced: whether the token was given and not chosen, whatever its probability.
        settings: the settings under which it was chosen, if they are not the trace's: a fork takes over steps of
            its parent.
        raw: the token's place among the raw logits; None for a step in the background, which no page shows.
    """

    index: int
    logits: torch.Tensor | None
    token_id: int
    draw: float | None
    probability: float
    kept: int
    attention: torch.Tensor | None
    seconds: float
    forced: bool = False
    settings: Settings | None = None
    raw: RawFacts | None = None
    source_attention: torch.Tensor | None = None

    @property
    def surprise(self) -> float:
        """-log2 of `probability` for a token that the settings of the trace chose, infinite for any other.

        A token that was given or chosen under other settings says nothing about how these settings choose, and a link
        does not know its probability. See `Moment.surprises`.
        """
        is_own = not self.forced and self.settings is None
        return -math.log2(self.probability) if is_own and self.probability > 0 else math.inf

    @property
    def held_logits(self) -> torch.Tensor:
        """`logits` of a step that still holds them."""
        assert self.logits is not None, "the step's tensors are given up"
        return self.logits

    @property
    def raw_facts(self) -> RawFacts:
        """`raw` of a step that a page shows."""
        assert self.raw is not None, "no page shows a step in the background"
        return self.raw

    @property
    def row(self) -> np.ndarray:
        """`logits` as (vocab,) float32, for computations outside the engine's thread."""
        return on_host(self.held_logits).float().numpy()

    @property
    def weights(self) -> np.ndarray | None:
        """`attention` as (layer, head, key) float32, or None."""
        return None if self.attention is None else on_host(self.attention).float().numpy()

    @property
    def nbytes(self) -> int:
        """The bytes of the tensors."""
        tensors = (self.logits, self.attention, self.source_attention)
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)

    def without_attention(self) -> "Step":
        """Returns the same step without its attention."""
        return replace(self, attention=None, source_attention=None)

    def bare(self) -> "Step":
        """Returns the same step without its tensors."""
        return replace(self, logits=None, attention=None, source_attention=None)


class Origin(NamedTuple):
    """The place where a fork leaves its parent: all steps before step `at` are the parent's own."""

    trace_id: str
    at: int


@dataclass(frozen=True, eq=False)
class Trace:
    """A completion with every step that made it.

    `stop_reason` is None while the trace runs. `origin` is None for a trace that is not a fork. `conversation` is what
    the chat template made the prompt of; None for a plain prompt, and where only the prompt's ids are known.
    `source_ids` is what the encoder read; it is empty for a decoder-only model. An encoder–decoder's `prompt_ids` are
    the beginning of the decoder's text.
    """

    model: str
    prompt_ids: tuple[int, ...]
    settings: Settings
    steps: tuple[Step, ...] = ()
    stop_reason: str | None = None
    origin: Origin | None = None
    conversation: Conversation | None = None
    source_ids: tuple[int, ...] = ()

    def bare(self) -> "Trace":
        """Returns the same trace without the tensors of its steps."""
        return replace(self, steps=tuple(step.bare() for step in self.steps))

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The completion's ids, without the prompt."""
        return tuple(step.token_id for step in self.steps)

    @property
    def newest_settings(self) -> Settings:
        """The settings under which the last step was chosen, and under which the text would go on."""
        return self.settings_at(-1) if self.steps else self.settings

    @property
    def given_ids(self) -> tuple[int, ...]:
        """The tokens up to the last one that `newest_settings` did not choose.

        Such a token was given, or it was chosen under other settings before the text went on under these.
        """
        newest, end = self.newest_settings, 0
        for index, step in enumerate(self.steps):
            if step.forced or not self.settings_at(index).chooses_as(newest):
                end = index + 1
        return self.token_ids[:end]

    def ids_before(self, index: int) -> tuple[int, ...]:
        """Returns the ids of prompt and completion before step `index`; below 0, it counts from the prompt's end."""
        return (self.prompt_ids + self.token_ids)[: len(self.prompt_ids) + index]

    def settings_at(self, index: int) -> Settings:
        """Returns the settings under which step `index` was chosen."""
        return self.steps[index].settings or self.settings
