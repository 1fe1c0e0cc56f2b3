"""Runs a grid of prompts × settings × seeds: each cell's text is generated in the background, measured and dropped.

Knows the engine, beams and measures. Does not know pages. Rows of logits are measured as they come and are not kept. If
a reader opens a text, it is generated again from the same prompt, settings and seed.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from playground.decoding.measures import nucleus_size, raw_measures
from playground.decoding.settings import MAX_SEED, Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request
from playground.engine.scoring import SLICE_TOKENS
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import USUAL, Pair
from playground.models.prompt_ids import PromptIds
from playground.strategies.beams import searched
from playground.traces.trace import Step

MOST_PROMPTS, MOST_ROWS, MOST_SEEDS = 4, 8, 16


@dataclass(frozen=True)
class Grid:
    """The prompts, rows of settings and seeds of one comparison.

    Attributes:
        prompts: the prompts, before any chat template.
        rows: the settings of each row; their own seeds are ignored.
        seeds: a row that samples has one text for each seed; greedy and beam search have one text for each prompt.
        chat: whether the chat template is applied to every prompt.
        languages: those of every text, if the model has tokens for languages.

    Raises:
        PlaygroundError: there are no prompts, rows or seeds, or too many; two rows or two seeds are equal; or a seed is
            not valid.
    """

    prompts: tuple[str, ...]
    rows: tuple[Settings, ...]
    seeds: tuple[int, ...]
    chat: bool = False
    languages: Pair = USUAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(replace(row, seed=0) for row in self.rows))
        asked = [
            ("prompt", self.prompts, MOST_PROMPTS),
            ("row of settings", self.rows, MOST_ROWS),
            ("seed", self.seeds, MOST_SEEDS),
        ]
        for what, given, most in asked:
            if not given:
                raise PlaygroundError(f"The grid has no {what}. Add one.")
            if len(given) > most:
                raise PlaygroundError(
                    f"The grid asks for {len(self.prompts):,} × {len(self.rows):,} × {len(self.seeds):,} texts "
                    f"(prompts, rows, seeds), and takes at most {MOST_PROMPTS} × {MOST_ROWS} × {MOST_SEEDS}. "
                    f"Leave out {len(given) - most:,} of the {len(given):,} {what.partition(' ')[0]}s."
                )
        for place, row in enumerate(self.rows):
            if row in self.rows[:place]:
                raise PlaygroundError(
                    f"Rows {self.rows.index(row) + 1} and {place + 1} have the same settings. Change or remove one."
                )
        seeds = tuple(replace(self.rows[0], seed=seed).seed for seed in self.seeds)  # Settings refuses an invalid seed
        object.__setattr__(self, "seeds", seeds)
        if len(set(seeds)) < len(seeds):
            raise PlaygroundError(
                "A seed occurs twice. Give each seed once, because the same seed gives the same text."
            )

    def cells(self) -> list["Place"]:
        """Returns all cells, one seed after the other, so that every row has a text early."""
        return [
            Place(prompt, row, seed)
            for number, seed in enumerate(self.seeds)
            for prompt in range(len(self.prompts))
            for row, settings in enumerate(self.rows)
            if number == 0 or settings.strategy == "sample"
        ]

    def settings(self, place: "Place") -> Settings:
        """Returns the settings of one cell, with its seed."""
        return replace(self.rows[place.row], seed=place.seed)


@dataclass(frozen=True)
class Place:
    """The place of a cell: the indices of its prompt and its row, and the seed itself."""

    prompt: int
    row: int
    seed: int


@dataclass(frozen=True)
class Cell:
    """A text and the measures of each of its tokens, under the model's own distribution.

    Attributes:
        logprobs_nats, entropies_bits, nucleus_sizes: one value for each token.
        tokens_per_second: the speed while other texts ran beside it: after the first token, or of a whole beam search.
        error: the sentence that says why there is no text; all other fields are then empty.
    """

    place: Place
    token_ids: tuple[int, ...] = ()
    stop_reason: str = ""
    logprobs_nats: tuple[float, ...] = ()
    entropies_bits: tuple[float, ...] = ()
    nucleus_sizes: tuple[int, ...] = ()
    tokens_per_second: float | None = None
    error: str | None = None


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """Returns `count` consecutive seeds. After the highest seed they go on at 0."""
    return tuple((first + place) % (MAX_SEED + 1) for place in range(count))


async def run(engine: AnyEngine, grid: Grid) -> AsyncGenerator[Cell]:
    """Yields the cells in the order in which they are done. Close the iterator to stop. Yielded cells stay valid.

    A cell whose text cannot be generated says why in `error`, and the others go on.
    """
    done: asyncio.Queue[Cell | Exception] = asyncio.Queue()
    free = asyncio.Semaphore(engine.limits.rows)
    prompts = [await _encoded(engine, grid, prompt) for prompt in grid.prompts]

    async def write(place: Place) -> None:
        prompt, settings = prompts[place.prompt], grid.settings(place)
        async with free:
            try:
                if isinstance(prompt, PlaygroundError):
                    raise prompt
                done.put_nowait(
                    await (_found if settings.strategy == "beam" else _traced)(engine, prompt, settings, place)
                )
            except PlaygroundError as refusal:
                done.put_nowait(Cell(place, error=str(refusal)))
            except Exception as fault:
                done.put_nowait(fault)

    tasks = [asyncio.create_task(write(place)) for place in grid.cells()]
    try:
        for _ in tasks:
            cell = await done.get()
            if isinstance(cell, Exception):
                raise cell
            yield cell
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _encoded(engine: AnyEngine, grid: Grid, prompt: str) -> PromptIds | PlaygroundError:
    """Returns a grid's prompt as the model reads it, or the refusal of a model that cannot read it in this form."""
    model = engine.model
    try:
        text = model.tokenizer.chat_prompt(prompt) if grid.chat else prompt
        return await asyncio.to_thread(model.encode_prompt, text, templated=grid.chat, languages=grid.languages)
    except PlaygroundError as refusal:
        return refusal


async def _traced(engine: AnyEngine, prompt: PromptIds, settings: Settings, place: Place) -> Cell:
    run = engine.trace(Request(prompt.ids, settings, background=True, reads_tensors=True, source_ids=prompt.source_ids))
    steps: list[tuple[int, _Facts, float]] = []
    try:
        async for news in run:
            if isinstance(news, Step):
                # This runs in a thread, because other visitors' events wait for the event loop. NumPy releases the GIL.
                steps.append((news.token_id, await asyncio.to_thread(_facts, news.row, news.token_id), news.seconds))
        reason = engine.store.get(run.trace_id).stop_reason
        assert reason is not None, "a run that has ended says why"
    finally:
        run.close()
        engine.store.drop([run.trace_id])
    seconds = sum(seconds for *_, seconds in steps[1:])
    speed = (len(steps) - 1) / seconds if seconds else None
    return _cell(place, [token_id for token_id, *_ in steps], [facts for _, facts, _ in steps], reason, speed)


async def _found(engine: AnyEngine, prompt: PromptIds, settings: Settings, place: Place) -> Cell:
    """Returns the cell of a search's best sequence. Its measures come from reading the whole text once more."""
    began = time.perf_counter()
    best = (await searched(engine, prompt.ids, settings, prompt.source_ids)).hypotheses[0].token_ids
    seconds = time.perf_counter() - began
    ended = best[-1] in engine.model.eos_token_ids
    reason = "end_token" if ended else "length" if len(best) == settings.max_new_tokens else "stop_string"
    if len(prompt.ids) + len(best) >= engine.model.window and not ended:
        reason = "window"
    facts = await engine.work(partial(_read, prompt.ids, best), prompt.source_ids)
    return _cell(place, best, facts, reason, len(best) / seconds)


class _Facts(NamedTuple):
    """The measures of one token under the model's own distribution."""

    logprob_nats: float
    entropy_bits: float
    nucleus_size: int


def _facts(row: np.ndarray, token_id: int) -> _Facts:
    raw = raw_measures(row, token_id)
    return _Facts(raw.logprob_nats, raw.entropy_bits, nucleus_size(row))


def _read(
    ids: tuple[int, ...], completion: tuple[int, ...], model: LanguageModel
) -> Generator[None, None, list[_Facts]]:
    """A job for the engine that returns the facts of every token of a finished completion."""
    text, cache, facts = [*ids, *completion], model.new_cache(), []
    for start in range(0, len(text) - 1, SLICE_TOKENS):
        stop = min(start + SLICE_TOKENS, len(text) - 1)
        rows = model.read(text[start:stop], cache).cpu().numpy()
        for place in range(max(start, len(ids) - 1), stop):
            facts.append(_facts(rows[place - start], text[place + 1]))
        yield
    return facts


def _cell(
    place: Place, token_ids: Sequence[int], facts: Sequence[_Facts], reason: str, tokens_per_second: float | None
) -> Cell:
    logprobs, entropies, sizes = (tuple(column) for column in zip(*facts, strict=True))
    return Cell(place, tuple(token_ids), reason, logprobs, entropies, sizes, tokens_per_second)
