"""One request while it is written: what the engine's thread knows of it, and whether there is room for it.

Knows requests, traces and, to say where a text ends, models. Does not know the thread, nor who reads the text.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from transformers import DynamicCache

from playground.decoding.measures import RawFacts
from playground.decoding.processors import Draw, ExtraProcessor, uniform
from playground.engine.request import Limits, Request, Waiting
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step
from playground.visitor import NOBODY

Mail = Step | Waiting | Exception | None
"""What a row tells its reader; None is the end."""


class Choice(NamedTuple):
    """A token that was chosen, and where it stands among the raw logits: None in the background, where nobody asks."""

    drawn: Draw
    raw: RawFacts | None


@dataclass(eq=False)
class Row:
    """One request on its way through the engine. Only the thread changes it, but for `stopped`.

    `known` is the step that the first forced token stands at, if it was observed before; `visitor` is whom the text is
    for; `cache` is None until the thread has seen the row.
    """

    request: Request
    trace_id: str
    post: Callable[[Mail], None]
    extras: tuple[ExtraProcessor, ...]
    known: Step | None = None
    visitor: str = NOBODY
    ids: list[int] = field(init=False)
    forced: deque[int] = field(init=False)
    cache: DynamicCache | None = None
    last: float = field(default_factory=time.perf_counter)
    taken: int = 0
    place: int = 0
    stopped: bool = False
    done: bool = False

    def __post_init__(self) -> None:
        self.ids = [*self.request.prompt_ids, *self.request.completion_ids]
        self.forced = deque(self.request.forced_ids)
        self.keeps_cache = self.request.keeps_cache and not self.request.background
        own = f" {self.trace_id}" if self.extras else ""
        self.processing_key = repr(self.request.settings.processing()) + own

    @property
    def completed(self) -> int:
        """Tokens of the completion so far."""
        return len(self.ids) - len(self.request.prompt_ids)

    @property
    def is_read(self) -> bool:
        """Whether the cache holds all but the last token, and any token at all."""
        return 0 < self.cache.get_seq_length() == len(self.ids) - 1

    @property
    def u(self) -> float:
        """The random number of the step being made."""
        return uniform(self.request.settings.seed, self.completed)

    def take(self, logits: torch.Tensor, attention: torch.Tensor | None, choice: Choice) -> Step:
        """The next token, as the step it made. The step keeps `logits` and `attention` as they are."""
        now, forced, drawn = time.perf_counter(), bool(self.forced), choice.drawn
        step = Step(
            index=self.completed,
            logits=logits,
            token_id=drawn.token_id,
            draw=self.u if self.request.settings.strategy == "sample" and not forced else None,
            probability=drawn.probability,
            kept=drawn.kept,
            attention=attention,
            seconds=now - self.last,
            forced=forced,
            raw=choice.raw,
        )
        if forced:
            self.forced.popleft()
        self.last = now
        self.ids.append(drawn.token_id)
        self.taken += 1
        return step

    @property
    def full_length(self) -> int:
        """Tokens at the end, should nothing stop it before."""
        return len(self.request.prompt_ids) + self.request.settings.max_new_tokens


def stop_reason(row: Row, model: LanguageModel) -> str | None:
    """Why a row ends where it is, None if it goes on: it does while forced tokens are left."""
    settings = row.request.settings
    if row.forced:
        return None
    if row.ids[-1] in model.eos_token_ids:
        return "end_token"
    if settings.stop_strings:
        text = model.decode(row.ids[len(row.request.prompt_ids) :])
        if any(stop in text for stop in settings.stop_strings):
            return "stop_string"
    if row.completed >= settings.max_new_tokens:
        return "length"
    if len(row.ids) >= model.window:
        return "window"
    return "stopped" if row.taken == row.request.max_steps else None


def free_rows(active: Sequence[Row], limits: Limits) -> int:
    """Places for texts that somebody waits for; those in the background step aside for them."""
    background = sum(row.request.background for row in active)
    return max(0, limits.rows - (len(active) - background) - min(background, limits.background_rows))


def has_room(row: Row, active: Sequence[Row], limits: Limits) -> bool:
    """Whether one more row may join the active ones."""
    background = [other for other in active if other.request.background]
    longest = max([row.full_length, *(other.full_length for other in active)])
    fits = (len(active) + 1) * longest <= limits.batch_tokens and len(active) < limits.rows
    if row.request.background:
        fits &= len(background) < limits.background_rows or len(background) == len(active)
        fits &= (len(background) + 1) * longest <= limits.batch_tokens // 2 or not background
    return not active or fits


def short_prompts(reading: Iterable[Row], size: int) -> list[Row]:
    """As many unread prompts of one kind, from the front of the line, as fit into `size` tokens when padded."""
    rows: list[Row] = []
    longest = 0
    for row in reading:
        longest = max(longest, len(row.ids) - 1)
        is_other = bool(rows) and row.request.background != rows[0].request.background
        too_much = longest * (len(rows) + 1) > size
        if row.cache.get_seq_length() > 0 or len(row.ids) == 1 or too_much or is_other:
            break
        rows.append(row)
    return rows
