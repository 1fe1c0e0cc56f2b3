"""One request while its text is generated: the state that the engine's thread keeps, and whether there is room for it.

Knows requests, traces and, to decide where a text ends, models. Does not know the thread, nor who reads the text.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from transformers import DynamicCache

from playground.decoding.draws import Draw
from playground.decoding.measures import RawFacts
from playground.decoding.processors import ExtraProcessor
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.engine.news import News
from playground.engine.request import Limits, Request
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step
from playground.visitor import NOBODY

Mail = Step | News | Exception | None
"""What a row sends to its reader; None marks the end."""


class Tensors(NamedTuple):
    """The tensors of one row of a forward, as `Step` has them."""

    logits: torch.Tensor
    attention: torch.Tensor | None
    source_attention: torch.Tensor | None

    def owned(self) -> "Tensors":
        """Returns copies. A view would keep the whole tensors of a shared forward."""
        return Tensors(*(None if one is None else one.clone() for one in self))  # pyright: ignore[reportArgumentType]


class Choice(NamedTuple):
    """A chosen token and its place among the raw logits, which is None for a request in the background."""

    drawn: Draw
    raw: RawFacts | None


@dataclass(eq=False)
class Row:
    """One request on its way through the engine. Only the engine's thread changes it, except for `stopped`.

    `known` is the recorded step whose place the first forced token takes, if there is one. `visitor` is the visitor
    who asked for the text. `under` are the settings of its trace; the steps that it chooses name those of the
    request if these are others. `surprises` are those of the completion's tokens that are there already; see `Moment`.
    `cache` is None until the thread begins to read the row. `place` and `read` are those that the reader was told last.
    """

    request: Request
    trace_id: str
    post: Callable[[Mail], None]
    extras: tuple[ExtraProcessor, ...]
    known: Step | None = None
    visitor: str = NOBODY
    under: Settings | None = None
    surprises: list[float] = field(default_factory=list)
    ids: list[int] = field(init=False)
    forced: deque[int] = field(init=False)
    cache: DynamicCache | None = None
    last: float = field(default_factory=time.perf_counter)
    taken: int = 0
    place: int = 0
    read: int | None = None
    stopped: bool = False
    done: bool = False

    def __post_init__(self) -> None:
        self.ids = [*self.request.prompt_ids, *self.request.completion_ids]
        self.forced = deque(self.request.forced_ids)
        self.keeps_cache = self.request.keeps_cache and not self.request.background
        self.keeps_attention = self.request.keeps_attention and not self.request.background
        settings = self.request.settings
        self.told = None if self.under is None or settings.chooses_as(self.under) else settings
        self.processing = settings.processing()
        self.processing_key = repr((self.processing, self._extras_key))

    @property
    def _extras_key(self) -> object:
        """What the model's own processors depend on: their lengths, and for a watermark the text before."""
        if any(extra.place == "last" for extra in self.extras):
            return self.trace_id
        return (len(self.request.prompt_ids), self.request.settings.max_new_tokens) if self.extras else None

    @property
    def completed(self) -> int:
        """The number of tokens of the completion so far."""
        return len(self.ids) - len(self.request.prompt_ids)

    @property
    def own_cache(self) -> DynamicCache:
        """`cache`, once the thread has begun to read the row."""
        assert self.cache is not None, "the thread begins a row before it reads it"
        return self.cache

    @property
    def is_read(self) -> bool:
        """Whether the cache holds all tokens but the last, and at least one."""
        return 0 < self.own_cache.get_seq_length() == len(self.ids) - 1

    @property
    def has_only_its_start(self) -> bool:
        """Whether the text is the start token of a decoder, before which nothing is read but a source."""
        return len(self.ids) == 1 and bool(self.request.source_ids)

    @property
    def moment(self) -> Moment:
        """What the stages read of the step being made."""
        request = self.request
        return Moment(self.ids, len(request.prompt_ids), request.source_ids, request.settings.seed, self.surprises)

    @property
    def u(self) -> float:
        """The random number of the step being made."""
        return self.moment.chance(0)

    def take(self, seen: Tensors, choice: Choice) -> Step:
        """Adds the chosen token to the row and returns its step, which keeps the tensors uncopied."""
        now, forced, drawn = time.perf_counter(), bool(self.forced), choice.drawn
        step = Step(
            index=self.completed,
            logits=seen.logits,
            token_id=drawn.token_id,
            draw=self.u if self.request.settings.strategy == "sample" and not forced else None,
            probability=drawn.probability,
            kept=drawn.kept,
            attention=seen.attention,
            source_attention=seen.source_attention,
            seconds=now - self.last,
            forced=forced,
            settings=None if forced else self.told,
            raw=choice.raw,
        )
        if forced:
            self.forced.popleft()
        self.last = now
        self.ids.append(drawn.token_id)
        self.surprises.append(step.surprise)
        self.taken += 1
        return step

    @property
    def full_length(self) -> int:
        """The number of tokens, prompt included, if nothing stops the text before `max_new_tokens`."""
        return len(self.request.prompt_ids) + self.request.settings.max_new_tokens


def stop_reason(row: Row, model: LanguageModel) -> str | None:
    """Returns why the row ends now, or None if it goes on. A row with forced tokens left always goes on."""
    settings = row.request.settings
    if row.forced:
        return None
    if row.ids[-1] in model.eos_token_ids:
        return "end_token"
    if settings.stop_strings:
        text = model.tokenizer.decode(row.ids[len(row.request.prompt_ids) :])
        if any(stop in text for stop in settings.stop_strings):
            return "stop_string"
    if row.completed >= settings.max_new_tokens:
        return "length"
    if len(row.ids) >= model.window:
        return "window"
    return "stopped" if row.taken == row.request.max_steps else None


def free_rows(active: Sequence[Row], limits: Limits) -> int:
    """Returns the number of free places for texts that somebody waits for.

    Rows in the background beyond `limits.background_rows` count as free, because they give up their places.
    """
    background = sum(row.request.background for row in active)
    return max(0, limits.rows - (len(active) - background) - min(background, limits.background_rows))


def has_room(row: Row, active: Sequence[Row], limits: Limits) -> bool:
    """Returns whether one more row may join the active ones."""
    background = [other for other in active if other.request.background]
    longest = max([row.full_length, *(other.full_length for other in active)])
    fits = (len(active) + 1) * longest <= limits.batch_tokens and len(active) < limits.rows
    if row.request.background:
        fits &= len(background) < limits.background_rows or len(background) == len(active)
        fits &= (len(background) + 1) * longest <= limits.batch_tokens // 2 or not background
    return not active or fits


def short_prompts(reading: Iterable[Row], size: int) -> list[Row]:
    """Returns as many unread prompts from the front of the line as fit into `size` tokens when padded.

    Either all of them are in the background or none is.
    """
    rows: list[Row] = []
    longest = 0
    for row in reading:
        longest = max(longest, len(row.ids) - 1)
        is_other = bool(rows) and row.request.background != rows[0].request.background
        too_much = longest * (len(rows) + 1) > size
        if row.own_cache.get_seq_length() > 0 or len(row.ids) == 1 or too_much or is_other:
            break
        rows.append(row)
    return rows
