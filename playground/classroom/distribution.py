"""The distribution of one recorded step under settings: computed once, from which then many people draw.

Knows the engine and the registry's processors. Its order of tokens and its draw are those of `decoding/draws.py`.
"""

import asyncio

import torch

from playground.decoding.draws import Walk
from playground.decoding.processors import batch_stages, check_words
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.engine.any_engine import AnyEngine
from playground.engine.positions import Seen
from playground.errors import PlaygroundError
from playground.models.prompt_ids import PromptIds
from playground.models.threads import one_thread
from playground.models.word_ids import words_of
from playground.traces.trace import Trace


async def distribution(engine: AnyEngine, trace_id: str, index: int, settings: Settings) -> Walk:
    """Returns what a step's token is drawn from under these settings.

    The row is the recorded one. It is computed again only if the store has given it up.

    Raises:
        PlaygroundError: there is no such text or step, or a setting has a word that the model does not have, or the
            stages leave no token.
    """
    engine.store.ids_before(trace_id, index)  # refuses a step that does not exist
    trace = engine.store.get(trace_id)
    check_words(settings, words_of(engine.model))
    seen = await engine.lookups.at(trace_id, index)
    return await asyncio.to_thread(_computed, engine, trace, index, settings, seen)


def _computed(engine: AnyEngine, trace: Trace, index: int, settings: Settings, seen: Seen) -> Walk:
    surprises = [step.surprise for step in trace.steps[:index]]
    ids = trace.prompt_ids + trace.token_ids[:index]
    moment = Moment(ids, len(trace.prompt_ids), trace.source_ids, settings.seed, surprises)
    model = engine.model
    extras = model.extra_processors(PromptIds(trace.prompt_ids, trace.source_ids), settings.max_new_tokens)
    with one_thread():  # a row is short, and several threads would wait for each other longer than they compute
        row = torch.from_numpy(seen.row)[None]
        *_, last = batch_stages(row, [moment], settings, extras, words_of(model))
        if not bool((last.scores > -torch.inf).any()):
            raise PlaygroundError("These settings remove every token of this step. Switch a stage off.", status=409)
        return Walk.of(last.scores[0])
