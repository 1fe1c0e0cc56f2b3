"""Answers the documented API: takes plain values and returns plain JSON values.

Knows the engine and everything below it. Does not know Gradio: `page.py` gives these functions their endpoints.
"""

import asyncio
import math
from contextlib import aclosing
from functools import partial
from typing import Any

import torch

from playground import values
from playground.conversation import Conversation, conversation
from playground.decoding.draws import best_ids
from playground.decoding.processors import deed_numbers, named_deeds, stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.request import Request, checked_text
from playground.engine.traced import traced
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import USUAL, Pair
from playground.models.prompt_ids import PromptIds
from playground.models.word_ids import words_of
from playground.on_host import float64_device
from playground.prompts.labels import LONGEST_LABEL, MOST_LABELS, Query, Scorer, encode_labels, share
from playground.strategies.beams import searched
from playground.strategies.comparison import Grid, run
from playground.strategies.summary import MEASURES, summarise
from playground.traces.trace import Step, Trace

CANDIDATES = 20
"""The number of most probable tokens that the answer lists for every step."""
MOST_PROMPTS = 16
"""The most prompts that are compared at once."""
MOST = 1000
"""A longer list of prompts, rows or seeds is refused before its values are checked. `Grid` has the real limits."""


async def trace(engine: AnyEngine, prompt: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Generates a completion and describes how every token of it was chosen.

    Args:
        prompt: the text as it is, without a chat template; an empty one begins from the model's start token.
        settings: the fields of `Settings` by name. Missing ones are off; a missing strategy is "sample". With
            `messages` and `template_options` among them, the prompt is the text that the chat template makes. With
            `source_language` and `target_language`, the prompt is translated between them.

    Returns:
        The answer as a dict; `docs/api.md` says what its fields are.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or a request over a limit.
    """
    read, chosen = await _read(engine, prompt, settings)
    asked = Request(
        read.ids, chosen, keeps_cache=False, keeps_attention=False, reads_tensors=True, source_ids=read.source_ids
    )
    return await answer(engine, await traced(engine, asked))


async def label_probabilities(
    scorer: Scorer, prompt: str, labels: list[str], languages: Pair = USUAL
) -> dict[str, Any]:
    """Returns the exact probability of each label's whole token sequence after a prompt.

    Args:
        prompt: as for `trace`.
        labels: texts that are tokenised on their own, just as they are written, so that a leading space counts.
        languages: those of the prompt and of the labels.

    Returns:
        {n_tokens, labels: [{label, token_ids, probability}], label_share}, where `n_tokens` counts the prompt.

    Raises:
        PlaygroundError: a value of the wrong type, labels that are equal or begin one another, a prompt over a limit.
    """
    given = values.texts("labels", labels, MOST_LABELS, LONGEST_LABEL)
    model = scorer.engine.model
    read = model.before_given(await _encoded(scorer.engine, prompt, languages))
    label_ids = await asyncio.to_thread(encode_labels, model, given)
    [probabilities] = await scorer.probabilities([Query(read.ids, label_ids, read.source_ids)])
    found = zip(given, label_ids, probabilities, strict=True)
    return {
        "n_tokens": len(read.read_ids),
        "labels": [{"label": label, "token_ids": list(ids), "probability": own} for label, ids, own in found],
        "label_share": share(probabilities),
    }


async def compare_prompts(engine: AnyEngine, prompts: list[str], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns what `trace` returns for each of several prompts, which share their forwards and their seed.

    Raises:
        PlaygroundError: as `trace`, for the first prompt that cannot be traced; the others are then cancelled.
    """
    given = values.items("prompts", prompts, MOST_PROMPTS)
    if not given:
        raise PlaygroundError(f"prompts is empty. Give 1 to {MOST_PROMPTS} texts.")
    for number, prompt in enumerate(given, start=1):
        checked_text(f"prompt {number}", prompt, engine.limits)
    tasks = [asyncio.create_task(trace(engine, prompt, settings)) for prompt in given]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def beams(engine: AnyEngine, prompt: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Searches with several beams, as `generate(num_beams=..., num_return_sequences=num_beams)` does.

    Args:
        settings: as for `trace`, but the strategy is always "beam".

    Returns:
        `{sequences: [{token_ids, text, score}]}`, best first, without the prompt.

    Raises:
        PlaygroundError: as `trace`.
    """
    read, chosen = await _read(engine, prompt, settings)
    tree = await searched(engine, read.ids, chosen, read.source_ids)
    return {
        "sequences": [
            {"token_ids": list(one.token_ids), "text": engine.model.tokenizer.decode(one.token_ids), "score": one.score}
            for one in tree.hypotheses
            if one.returned
        ]
    }


async def grid(engines: Engines, prompts: list[str], rows: list[dict[str, Any]], seeds: list[int]) -> dict[str, Any]:
    """Writes a text for every prompt, row of settings and seed, and measures them. All rows use one model.

    Returns:
        `{measures, rows}`: what each measure means, and a row of the table for each of `rows`; `docs/api.md` says more.

    Raises:
        PlaygroundError: more texts than a grid takes, two rows alike, or a value out of range.
    """
    given = [values.mapping("A row", row) for row in values.items("rows", rows, MOST)]
    named = [(row.pop("model", None), Pair.taken_from(row)) for row in given]
    model, languages = named[0] if named else (None, USUAL)
    if any(one[0] != model for one in named):
        raise PlaygroundError("The rows name several models. Ask for a table of each model.")
    if any(one[1] != languages for one in named):
        raise PlaygroundError("The rows name several languages. Ask for a table of each translation.")
    async with engines.using(model) as engine:
        engine.model.languages.check(languages)
        asked = Grid(
            tuple(checked_text("A prompt", prompt, engine.limits) for prompt in values.items("prompts", prompts, MOST)),
            tuple(Settings.from_dict(row) for row in given),
            tuple(values.items("seeds", seeds, MOST)),
            languages=languages,
        )
        async with aclosing(run(engine, asked)) as cells:
            done = [cell async for cell in cells]
    return {
        "measures": {name: measure.definition for name, measure in MEASURES.items()},
        "rows": [row.to_dict() for row in summarise(asked, done)],
    }


def models(engines: Engines) -> list[dict[str, Any]]:
    """Returns `{model, family, task, parameters, dtype, loaded}` of each model of the server, the first one first."""
    return [
        {
            "model": offer.name,
            "family": offer.family,
            "task": offer.task,
            "parameters": offer.parameters,
            "dtype": offer.dtype,
            "loaded": engines.loaded(offer.name) is not None,
        }
        for offer in engines.offers
    ]


def facts(engine: Worker[Any]) -> dict[str, str | int]:
    """Returns the facts of the model line: model, parameters, layers, heads, vocabulary, window, device, dtype."""
    return engine.model.facts()


async def _read(engine: AnyEngine, prompt: object, settings: object) -> tuple[PromptIds, Settings]:
    """Returns a plain prompt, or that of the conversation in the settings, and the settings without it."""
    given = values.mapping("settings", settings)
    messages, options = given.pop("messages", None), given.pop("template_options", {})
    languages = Pair.taken_from(given)
    chosen = Settings.from_dict(given)
    if messages is None:
        if options:
            raise PlaygroundError("template_options belong to settings.messages, and there are none. Give messages.")
        return await _encoded(engine, prompt, languages), chosen
    if prompt != "":
        raise PlaygroundError(
            f"The prompt is {values.shown(prompt)}, and settings has messages. Give an empty prompt, and write it as "
            "the content of the last message."
        )
    told = conversation(messages, options, engine.limits.characters)
    return await asyncio.to_thread(templated, engine.model, told, languages), chosen


def templated(model: LanguageModel, told: Conversation, languages: Pair = USUAL) -> PromptIds:
    """Returns the prompt that the chat template makes of a conversation, up to where the answer begins.

    Raises:
        PlaygroundError: the model has no chat template, or the template refuses the conversation.
    """
    text = model.tokenizer.conversation(told.turns(), told.template_options)
    return model.encode_prompt(text, templated=True, languages=languages)


async def _encoded(engine: AnyEngine, prompt: object, languages: Pair) -> PromptIds:
    text = checked_text("prompt", prompt, engine.limits)
    return await asyncio.to_thread(engine.model.encode_prompt, text, languages=languages)


async def answer(engine: AnyEngine, found: Trace) -> dict[str, Any]:
    """Builds the answer to `trace`.

    The engine's thread applies the stages again, one step at a time, so that no other text waits for all of the steps.
    """
    return {
        "model": found.model,
        "dtype": engine.model.dtype,
        "prompt_ids": list(found.prompt_ids),
        "text": engine.model.tokenizer.decode(found.token_ids),
        "stop_reason": found.stop_reason,
        "steps": [await engine.call(partial(_step, found, step)) for step in found.steps],
    }


def _step(found: Trace, step: Step, model: LanguageModel) -> dict[str, Any]:
    extras = model.extra_processors(PromptIds(found.prompt_ids, found.source_ids), found.settings.max_new_tokens)
    logits = step.held_logits.to(float64_device(step.held_logits.device))
    surprises = [earlier.surprise for earlier in found.steps[: step.index]]
    ids = found.ids_before(step.index)
    moment = Moment(ids, len(found.prompt_ids), found.source_ids, found.settings.seed, surprises)
    chain = stages(logits, moment, found.settings.processing(), extras, words_of(model))
    told_ids = torch.cat([torch.tensor([step.token_id], device=logits.device), best_ids(logits, CANDIDATES)])
    columns = [row.double().softmax(-1) for row in (logits, chain[-1].logits)] + [stage.removed for stage in chain]
    told = torch.stack([told_ids.double(), *(column[told_ids].double() for column in (logits, *columns))], dim=-1)
    numbers = torch.cat([deed_numbers(chain).flatten(), told.flatten()]).cpu()  # in one transfer
    of_stages, of_tokens = numbers.split([2 * (len(chain) - 1), told.numel()])
    (_, _, own_probability, *_), *candidates = of_tokens.view(told.shape).tolist()
    return {
        "index": step.index,
        "token_id": step.token_id,
        "token": model.tokenizer.decode([step.token_id]),
        "probability": step.probability,
        "raw_probability": own_probability,
        "rank": step.raw_facts.rank,
        "draw": step.draw,
        "kept": step.kept,
        "stages": [deed._asdict() for deed in named_deeds(chain, of_stages.view(-1, 2).tolist())],
        "candidates": [
            {
                "token_id": int(token_id),
                "token": model.tokenizer.decode([int(token_id)]),
                "logit": _finite(logit),
                "raw_probability": raw,
                "probability": final,
                "removed_by": next((stage.name for stage, flag in zip(chain, removed, strict=True) if flag), None),
            }
            for token_id, logit, raw, final, *removed in candidates
        ],
    }


def _finite(logit: float) -> float | None:
    """Returns None for -inf, which JSON does not have: a token that the model itself rules out has no logit."""
    return logit if math.isfinite(logit) else None
