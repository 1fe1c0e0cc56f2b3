"""A text that the class writes together: each pupil draws one token in turn, and the text is the class's.

Knows the engine, which makes the step after each drawn token, so that the next pupil's distribution is there.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from playground.classroom.authors import Authors
from playground.classroom.distribution import distribution
from playground.classroom.pupils import Pupil
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.fork import child
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.traces.trace import Origin

_system = random.SystemRandom()


@dataclass(frozen=True)
class Turn:
    """One turn that was taken: who drew which token with which number in [0, 1)."""

    pupil: Pupil
    u: float
    token_id: int

    def told(self) -> dict[str, Any]:
        """Returns what everybody may know."""
        return self.pupil.told() | self.drawn()

    def drawn(self) -> dict[str, Any]:
        """Returns {u, token_id}."""
        return {"u": self.u, "token_id": self.token_id}


class ClassText:
    """The text so far. It begins with the steps of a text before the step `index`, whose token is drawn first.

    Attributes:
        trace: the id of the text. The token of its step `index` is not the class's: it is what the model drew when it
            made the step, and the next turn replaces it.
        turn: who draws next; None if nobody is here, or the text has ended.
        tokens: the number of tokens that the class has drawn.
        authors: who drew which token of the text.
        has_ended: whether nothing can follow.
    """

    def __init__(
        self,
        trace: str,
        index: int,
        turn: Pupil | None,
        authors: Authors,
        uniform: Callable[[], float] = _system.random,
    ) -> None:
        self.trace, self.index, self.turn = trace, index, turn
        self.authors = authors
        self._begun = index
        self.last: Turn | None = None
        self.tokens = 0
        self.has_ended = False
        self.is_being_written = False
        self._uniform = uniform
        self._u = uniform()

    def told(self) -> dict[str, Any]:
        """Returns what everybody may know."""
        return {
            "trace": self.trace,
            "index": self.index,
            "turn": self.turn and self.turn.told(),
            "last": self.last and self.last.told(),
            "tokens": self.tokens,
            "ended": self.has_ended,
        }

    def check(self, pupil: Pupil) -> None:
        """Refuses a turn that is not this pupil's.

        Raises:
            PlaygroundError: it is another's turn, or the text has ended, or this very turn is being taken.
        """
        if self.has_ended:
            raise PlaygroundError("The class's text has ended.", status=409)
        if self.turn is not pupil:
            raise PlaygroundError("It is not your turn. Wait until the page says so.", status=409)
        if self.is_being_written:
            raise PlaygroundError("Your token is drawn already. The next step is being computed.", status=409)

    @property
    def own_steps(self) -> int:
        """The number of steps of the text that are the class's, or come from the text with which it began."""
        return self._begun + self.tokens

    def own(self, store: TraceStore) -> str | None:
        """Returns a text of these steps alone, which the caller holds once; None if the text is that already."""
        trace = store.get(self.trace)
        if not self.tokens or len(trace.steps) == self.own_steps:
            return None
        return store.open(replace(trace, steps=trace.steps[: self.own_steps], stop_reason="stopped"))

    async def take(self, engine: AnyEngine, pupil: Pupil, settings: Settings) -> Turn:
        """Draws the pupil's token under these settings, and asks the engine for the step after it.

        The new text is held once, by the caller. A turn that fails is not taken; its number stays the same.

        Raises:
            PlaygroundError: as `check`, or the engine refuses.
        """
        self.check(pupil)
        self.is_being_written = True
        try:
            walk = await distribution(engine, self.trace, self.index, settings)
            turn = Turn(pupil, self._u, walk.token_at(self._u))
            trace_id = await _written(engine, Origin(self.trace, self.index), turn.token_id, settings)
        finally:
            self.is_being_written = False
        self.trace, self.last, self.tokens = trace_id, turn, self.tokens + 1
        self.authors = self.authors.then(trace_id, self.index, pupil)
        self.index += 1
        self._u = self._uniform()
        steps = len(engine.store.get(trace_id).steps)
        self.has_ended = steps <= self.index or not _may_grow(engine, trace_id, steps)
        self.index = min(self.index, steps - 1)
        return turn


async def _written(engine: AnyEngine, origin: Origin, token_id: int, settings: Settings) -> str:
    """Returns the text with a given token at a step, and one step after it, which the caller then holds.

    The text is a fork of the one before, so that the engine reads nothing twice.
    """
    parent = engine.store.get(origin.trace_id)
    longer = replace(settings, max_new_tokens=max(settings.max_new_tokens, origin.at + 2))
    before = parent.token_ids[: origin.at]
    request = Request(parent.prompt_ids, longer, before, (token_id,), max_steps=2, source_ids=parent.source_ids)
    known = parent.steps[origin.at]
    run = child(engine, origin, settings, request, known if known.logits is not None else None)
    try:
        async for _ in run:
            pass
    except BaseException:
        run.close()
        engine.store.drop([run.trace_id])
        raise
    return run.trace_id


def _may_grow(engine: AnyEngine, trace_id: str, steps: int) -> bool:
    """Returns whether one more token fits into the limits of the server and the window of the model."""
    prompt = len(engine.store.prompt_ids(trace_id))
    return steps < engine.limits.new_tokens and prompt + steps < engine.model.window
