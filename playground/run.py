"""One request on its way: the row the engine's thread works on, the run its reader iterates, the choice of a token.

Knows requests, processors and traces. Does not know the model or the thread.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache

from playground.errors import PlaygroundError
from playground.processors import Draw, ExtraProcessor, batch_stages, draw, pick_greedy, uniform
from playground.request import Request, Waiting
from playground.settings import SAMPLING_ONLY
from playground.trace import Step

Mail = Step | Waiting | Exception | None
"""What a row tells its reader; None is the end."""


@dataclass(eq=False)
class Row:
    """One request on its way through the engine. Only the thread changes it, but for `stopped`."""

    request: Request
    trace_id: str
    post: Callable[[Mail], None]
    extras: tuple[ExtraProcessor, ...]
    ids: list[int] = field(init=False)
    cache: DynamicCache = field(default_factory=DynamicCache)
    last: float = field(default_factory=time.perf_counter)
    taken: int = 0
    place: int = 0
    stopped: bool = False
    done: bool = False

    def __post_init__(self) -> None:
        self.ids = [*self.request.prompt_ids, *self.request.completion_ids]
        own = f" {self.trace_id}" if self.extras else ""
        self.processing_key = repr(self.request.settings.processing()) + own

    @property
    def completed(self) -> int:
        """Tokens of the completion so far."""
        return len(self.ids) - len(self.request.prompt_ids)

    @property
    def u(self) -> float:
        """The random number of the step being made."""
        return uniform(self.request.settings.seed, self.completed)

    @property
    def full_length(self) -> int:
        """Tokens at the end, should nothing stop it before."""
        return len(self.request.prompt_ids) + self.request.settings.max_new_tokens


class Run:
    """A request under way: an async iterator of `Waiting` and `Step`. It ends when the trace has a stop reason."""

    def __init__(self, row: Row, mail: asyncio.Queue[Mail], stop: Callable[[str], None]) -> None:
        self._row = row
        self._mail = mail
        self._stop = stop

    @property
    def trace_id(self) -> str:
        """The id of its trace in the engine's store."""
        return self._row.trace_id

    def close(self) -> None:
        """Cancels what is left; the row's place is free before the next step. Closing twice is fine."""
        if not self._row.done:
            self._stop(self.trace_id)

    async def __aiter__(self) -> AsyncIterator[Step | Waiting]:
        while True:
            item = await self._mail.get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item


def choose(rows: Sequence[Row], logits: torch.Tensor) -> list[Draw]:
    """One token for each of `rows`, which share their processing; `logits` (rows, vocab)."""
    if not bool((logits < torch.inf).all()):
        raise PlaygroundError(
            "The model returned numbers that are infinite or not numbers (NaN). Start the server with --dtype float32."
        )
    settings = rows[0].request.settings
    ids = [row.ids for row in rows]
    for name, scores in batch_stages(logits, ids, settings.processing(), rows[0].extras):
        if name not in SAMPLING_ONLY and bool((scores.amax(-1) == -torch.inf).any()):
            raise PlaygroundError(
                "These settings leave no token to choose from. Lower no_repeat_ngram_size or switch it off."
            )
    if settings.strategy == "greedy":
        return [pick_greedy(row) for row in scores]
    return [draw(scores[place], row.u) for place, row in enumerate(rows)]
