"""Runs beam searches on the engine, and generates the texts of other strategies that are shown on the tree.

Knows the engine and what lies below it. Does not know pages. Between two steps of a search the engine advances all
other texts, so a search delays them by no more than one of its steps at a time.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from weakref import WeakKeyDictionary

from playground.decoding.measures import raw_measures
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.continuing import is_kept_once
from playground.engine.memory_plan import SEARCHES
from playground.engine.request import Request, check
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from playground.strategies.beam_search import BeamSearch
from playground.strategies.beam_tree import BeamTree
from playground.traces.trace import Step


@dataclass(frozen=True)
class Path:
    """A text from another strategy, to show on the tree: its tokens, their raw log-probabilities and its score."""

    name: str
    settings: Settings
    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    score: float


async def search(
    engine: AnyEngine, prompt_ids: Sequence[int], settings: Settings, source_ids: Sequence[int] = ()
) -> AsyncGenerator[BeamTree]:
    """Yields the tree after every step of the search. Close the iterator to end the search early.

    Args:
        prompt_ids: the beginning of every sequence.
        settings: the search uses num_beams, length_penalty, early_stopping, max_new_tokens, the penalties and the stop
            strings. One beam is greedy, as in `generate`.
        source_ids: what the encoder reads; empty for a decoder-only model.

    Raises:
        PlaygroundError: the request is over a limit, and nothing was begun; or the settings leave no token to choose
            from.
    """
    prompt, settings = PromptIds(tuple(prompt_ids), tuple(source_ids)), replace(settings, strategy="beam")
    as_greedy = Request(prompt.ids, replace(settings, strategy="greedy"), source_ids=prompt.source_ids)
    check(as_greedy, engine.model, engine.limits)
    longest = min(len(prompt.ids) + settings.max_new_tokens, engine.model.window)
    limits, beams = engine.limits, settings.num_beams
    needed = beams * (longest + limits.text_tokens)
    if needed > limits.search_tokens and await engine.call(partial(is_kept_once, length=len(prompt.ids), rows=beams)):
        needed = len(prompt.ids) + beams * (longest - len(prompt.ids))
    if needed > limits.search_tokens:
        states = f" with {limits.text_tokens:,} for the states of each" if limits.text_tokens else ""
        raise PlaygroundError(
            f"{beams} beams of {longest:,} tokens, prompt included, are {needed:,} tokens in memory{states}, and a "
            f"search may hold {limits.search_tokens:,}. Ask for fewer beams or fewer new tokens, or give a shorter "
            "prompt.",
            status=413,
        )
    begin, turn = partial(_begun, prompt, settings), _turns.setdefault(engine, asyncio.Semaphore(SEARCHES))
    async with turn, engine.held(begin, prompt.source_ids) as under_way:
        while not await under_way.call(_read):
            pass
        done = False
        while not done:
            tree, done = await under_way.call(_step)
            yield tree


def _begun(prompt: PromptIds, settings: Settings, model: LanguageModel) -> BeamSearch:
    return BeamSearch(model, prompt, settings, model.new_cache())


def _read(_model: LanguageModel, search: BeamSearch) -> bool:
    return search.read()


def _step(_model: LanguageModel, search: BeamSearch) -> tuple[BeamTree, bool]:
    search.step()
    return search.tree(), search.done


async def searched(
    engine: AnyEngine, prompt_ids: Sequence[int], settings: Settings, source_ids: Sequence[int] = ()
) -> BeamTree:
    """Returns the tree at the end of the search.

    Raises:
        PlaygroundError: as `search`.
    """
    last = None
    async with aclosing(search(engine, prompt_ids, settings, source_ids)) as trees:
        async for tree in trees:
            last = tree
    assert last is not None, "a search makes at least one step"
    return last


_turns: WeakKeyDictionary[AnyEngine, asyncio.Semaphore] = WeakKeyDictionary()


async def path(
    engine: AnyEngine, prompt_ids: Sequence[int], settings: Settings, name: str, source_ids: Sequence[int] = ()
) -> Path:
    """Generates a text with `settings` (greedy or sample) and returns it, scored like a beam of that length penalty."""
    request = Request(
        tuple(prompt_ids),
        settings,
        keeps_cache=False,
        keeps_attention=False,
        reads_tensors=True,
        source_ids=tuple(source_ids),
    )
    run = engine.trace(request)
    token_ids, log_probs = [], []
    try:
        async for news in run:
            if isinstance(news, Step):
                token_ids.append(news.token_id)
                log_probs.append(raw_measures(news.row, news.token_id).logprob_nats)
    finally:
        run.close()
        engine.store.drop([run.trace_id])
    score = sum(log_probs) / len(log_probs) ** settings.length_penalty
    return Path(name, settings, tuple(token_ids), tuple(log_probs), score)


async def beside(engine: AnyEngine, prompt: PromptIds, beam: Settings, sampling: Settings) -> list[Path]:
    """Returns the texts that are shown beside a search: "greedy", and "sampled" under other settings.

    Args:
        prompt: that of the search.
        beam: the settings of the search, which greedy shares.
        sampling: those of the sampled text, which is as long as the search's, and scored in the same way.
    """
    same = {"max_new_tokens": beam.max_new_tokens, "length_penalty": beam.length_penalty}
    named = [
        (replace(beam, strategy="greedy"), "greedy"),
        (replace(sampling, strategy="sample", **same), "sampled"),
    ]
    paths = (path(engine, prompt.ids, settings, name, prompt.source_ids) for settings, name in named)
    return await asyncio.gather(*paths)
