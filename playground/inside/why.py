"""Answers for one engine why a token is likely: attributions of a text, and patching between two texts.

Knows the engine, its store and the jobs of `attribution` and `patching`. `position` is the place of the token that
reads the text up to itself; its logits predict the next one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from playground.decoding.measures import most_probable, probabilities
from playground.engine.any_engine import AnyEngine
from playground.engine.request import checked_id, checked_text
from playground.errors import PlaygroundError
from playground.inside.attribution import STEPS, Attribution, Target, job_of, nothing_told
from playground.inside.gradients import Told
from playground.inside.kept_jobs import KeptJobs, done_alone
from playground.inside.patching import Patches, patching, source_patching
from playground.inside.places import check_position
from playground.inside.words import Span, words

SHELF_BYTES = 4 * 2**20
"""The room for results: some hundred texts."""
ATTRIBUTION_TOKENS = 256
"""The most tokens up to the position. A gradient through all of them takes two slices of a prompt."""
PATCHING_TOKENS = 64
"""The most tokens of each text. With 30 blocks, 64 different positions take as long as 60,000 tokens of a prompt."""
CANDIDATES = 10
FILLERS = (" the", " very", " -", "-", ".", "\n")
"""What is put into a text that is too short for patching."""


@dataclass(frozen=True)
class Question:
    """What is to be explained, and how.

    Attributes:
        method: one of `attribution.METHODS`.
        parts: "tokens" or "words".
        steps: of integrated gradients.
        how: of leave one out, one of `attribution.HOW`.
    """

    target: Target
    method: str
    parts: str = "tokens"
    steps: int = STEPS
    how: str = "delete"

    @property
    def options(self) -> dict[str, Any]:
        """The options that the method itself has."""
        own: dict[str, dict[str, Any]] = {
            "integrated_gradients": {"steps": self.steps},
            "leave_one_out": {"how": self.how},
        }
        return own.get(self.method, {})


class Parts(NamedTuple):
    """The parts of the text that a model continues, and those of the source that its encoder reads, if it has one."""

    spans: list[Span]
    source_spans: list[Span]


class Why:
    """Answers for one engine. Keeps results, within `max_bytes`, while their text is kept."""

    def __init__(self, engine: AnyEngine, max_bytes: int = SHELF_BYTES) -> None:
        self._engine = engine
        self._kept = KeptJobs(engine, max_bytes, "why")
        self.shelf = self._kept.shelf

    async def candidates(self, trace_id: str, position: int) -> dict[str, Any]:
        """Returns the most probable tokens after a position, and the one that follows in the text."""
        ids, _ = self._engine.store.ids(trace_id)
        check_position(position, len(ids))
        row = (await self._engine.lookups.after(ids[: position + 1], self._engine.store.get(trace_id).source_ids)).row
        shares = probabilities(row)
        following = ids[position + 1] if position + 1 < len(ids) else None
        shown = most_probable(row, CANDIDATES)
        return {
            "next": None if following is None else {"token_id": following, "probability": float(shares[following])},
            "top": [{"token_id": token_id, "probability": float(shares[token_id])} for token_id in shown],
        }

    async def attribution(
        self, trace_id: str, position: int, question: Question, told: Told = nothing_told
    ) -> tuple[Parts, Attribution]:
        """Returns the parts of a text up to `position`, and what each of them added to the score of the target."""
        parts = self.parts(trace_id, position, question)
        ids, source = self._engine.store.ids(trace_id)[0], self._engine.store.get(trace_id).source_ids
        make = partial(attributed, self._engine, ids[: position + 1], parts, question, source=source)
        return parts, await self._kept.get((trace_id, position, question), make, told)

    def checked_target(self, given: int) -> int:
        """Returns the number of a token. Raises PlaygroundError if the model has none with this number."""
        return checked_id(given, self._engine.model)

    def parts(self, trace_id: str, position: int, question: Question) -> Parts:
        """Returns what `parts_of` returns for a trace."""
        ids, _ = self._engine.store.ids(trace_id)
        return parts_of(self._engine, ids, position, question, self._engine.store.get(trace_id).source_ids)

    async def patches(
        self,
        clean: tuple[int, ...],
        corrupted: tuple[int, ...],
        answer: int | None,
        told: Told = nothing_told,
        target: tuple[int, ...] = (),
    ) -> Patches:
        """Returns what `patched` returns."""
        make = partial(patched, self._engine, clean, corrupted, answer, target=target)
        return await self._kept.get((clean, corrupted, answer, target), make, told)


async def attributed(
    engine: AnyEngine,
    ids: Sequence[int],
    parts: Parts,
    question: Question,
    told: Told = nothing_told,
    source: Sequence[int] = (),
) -> Attribution:
    """Returns what each part of a text added to the score of the target. It is not kept. An encoder reads `source`."""
    options = {**question.options, **parts._asdict()}
    job = job_of(question.method, ids=ids, target=question.target, **options)
    return await done_alone(engine, partial(engine.work_told, job, told, source))


def parts_of(
    engine: AnyEngine, ids: Sequence[int], position: int, question: Question, source: Sequence[int] = ()
) -> Parts:
    """Returns the parts of a text up to `position`, and those of its source.

    The start token of a decoder that attends to a source is no part: without it nothing is written.

    Raises:
        PlaygroundError: there is no such position, too many tokens up to it, or nothing is left without a part.
    """
    check_position(position, len(ids))
    size = position + 1 + len(source)
    if size > ATTRIBUTION_TOKENS:
        raise PlaygroundError(
            f"There are {size:,} tokens up to this position{', with those of the source,' if source else ','} and at "
            f"most {ATTRIBUTION_TOKENS} are explained. Choose an earlier token, or a shorter text.",
            status=413,
        )
    start = 1 if source else 0
    own = [(start + first, start + last) for first, last in _divided(engine, ids[start : position + 1], question)]
    found = Parts(own, _divided(engine, source, question))
    if question.method == "leave_one_out" and len(found.source_spans if source else own) == 1:
        which, remedy = (
            ("source", "Write a longer text.") if source else ("text up to this position", "Choose a later token.")
        )
        raise PlaygroundError(f"The {which} is one {question.parts[:-1]}, and nothing is left without it. {remedy}")
    return found


def _divided(engine: AnyEngine, ids: Sequence[int], question: Question) -> list[Span]:
    if question.parts == "tokens" or not ids:
        return [(place, place + 1) for place in range(len(ids))]
    return words([engine.model.vocabulary[token_id] for token_id in ids])


async def pair(engine: AnyEngine, clean: object, corrupted: object) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns the ids of two texts to patch, which may have unequally many.

    Raises:
        PlaygroundError: a text is empty or too long.
    """
    names = {"The clean text": clean, "The corrupted text": corrupted}
    first, second = [await encoded(engine, name, text, PATCHING_TOKENS) for name, text in names.items()]
    return first, second


async def mended(engine: AnyEngine, clean: str, corrupted: str) -> tuple[str, str] | None:
    """Returns two texts with equally many tokens, or None. The shorter one is filled up where the texts part."""
    encode, decode = engine.model.tokenizer.encode, engine.model.tokenizer.decode
    first, second = await pair(engine, clean, corrupted)
    is_clean = len(first) < len(second)
    text, short, long = (clean, first, second) if is_clean else (corrupted, second, first)
    parting = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    before = decode(short[:parting])
    if not text.startswith(before):
        return None

    def search() -> str | None:
        tries = ((filler, times) for filler in FILLERS for times in range(1, len(long) - len(short) + 1))
        fuller = (before + filler * times + text[len(before) :] for filler, times in tries)
        return next((one for one in fuller if len(encode(one)) == len(long)), None)

    found = await asyncio.to_thread(search)
    if found is None:
        return None
    return (found, corrupted) if is_clean else (clean, found)


async def patched(
    engine: AnyEngine,
    clean: Sequence[int],
    corrupted: Sequence[int],
    answer: int | None,
    told: Told = nothing_told,
    target: Sequence[int] = (),
) -> Patches:
    """Returns what comes back of the answer, for each block and position. It is not kept.

    Args:
        target: what the decoder of a model with an encoder has read. `clean` and `corrupted` are then sources.

    Raises:
        PlaygroundError: the texts cannot be patched, or there is nothing to bring back.
    """
    check_pair(engine, clean, corrupted)
    texts = {"clean": clean, "corrupted": corrupted}
    both = partial(source_patching, ids=target, **texts) if target else partial(patching, **texts)
    work = partial(engine.work_told, partial(both, answer=answer), told, clean)
    found: Patches = await done_alone(engine, work)
    if not found.differs:
        raise PlaygroundError(
            "The answer is equally probable after both texts, so nothing can come back. "
            "Choose another answer, or texts that differ in what it depends on.",
            status=422,
        )
    return found


def check_pair(engine: AnyEngine, clean: Sequence[int], corrupted: Sequence[int]) -> None:
    """Raises PlaygroundError for texts that cannot be patched."""
    if len(clean) != len(corrupted):
        one, other = (" | ".join(engine.model.vocabulary[token_id] for token_id in ids) for ids in (clean, corrupted))
        raise PlaygroundError(
            f"The texts have {len(clean)} and {len(corrupted)} tokens, and patching needs equally many. "
            f"Clean: {one}. Corrupted: {other}. Change a word for one with as many tokens.",
            status=422,
        )
    if clean == corrupted:
        raise PlaygroundError("The two texts are the same, so there is nothing to copy. Change a word of one.")


async def encoded(engine: AnyEngine, name: str, text: object, most: int) -> tuple[int, ...]:
    """Returns the ids of a text from a page or a client.

    Raises:
        PlaygroundError: it is empty or no text, or has more than `most` tokens.
    """
    given = checked_text(name, text, engine.limits)
    if not given:
        raise PlaygroundError(f"{name} is empty. Write one.")
    ids = await asyncio.to_thread(engine.model.tokenizer.encode, given)
    most = min(most, engine.model.source_window if engine.model.takes_source else engine.model.window)
    if len(ids) > most:
        raise PlaygroundError(f"{name} has {len(ids):,} tokens, and this takes at most {most}. Shorten it.", status=413)
    return ids
