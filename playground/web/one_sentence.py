"""Answers what a model of any family does with one short sentence: what its tokens see, and what it puts out.

Knows the engine and `api`. Does not know Gradio or requests.
"""

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from playground.attention.pattern import pattern
from playground.decoding.settings import Settings
from playground.encoders.likelihood import guessed
from playground.encoders.texts import read
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, checked_text
from playground.engine.traced import traced
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel

MOST_TOKENS = 48
"""The longest sentence, and the longest text that an encoder–decoder writes of it: the page draws a cell for each two
tokens."""
NEW_TOKENS = 16
"""The most tokens that a decoder-only model writes, which would go on for ever."""


async def seen(worker: Worker[Any], text: object) -> dict[str, Any]:
    """Returns what a model does with a sentence.

    Args:
        worker: what runs the model: an engine for one that writes texts.
        text: the sentence, which a model with an encoder reads as its source, and which a decoder-only one continues.

    Returns:
        `reads`, the tokens of the sentence, and `writes`, the tokens of the decoder's own text if there is an encoder,
        as the page shows tokens; `weights`, those of `pattern` to 4 decimals, with None where a token may not look;
        and `note`, which names the words that a built-in model does not know, "" for none.
        Of a model that writes, also `text`, what it writes with the most probable token at every step, and whether it
        `ended` there by itself. Of one that fills blanks, `guesses`: {word, probability} for each token as if it alone
        were masked, None for special tokens.

    Raises:
        PlaygroundError: the text is empty or too long, or the model does not return its attention, or gives labels.
    """
    if isinstance(worker, AnyEngine):
        return await _written(worker, text)
    return await _guessed(worker, text)


async def _guessed(worker: Worker[MaskedModel], text: object) -> dict[str, Any]:
    model, words = worker.model, worker.model.vocabulary
    if model.task != "fill-mask":
        raise PlaygroundError(f"{model.name} gives labels and fills no blanks. Choose another model.", status=422)
    found = await read(worker, text)
    _check_length(model.name, found.ids)
    weights = await worker.call(partial(pattern, ids=found.ids))
    guesses = [
        None if one is None else {"word": words[one[0]], "probability": round(one[1], 6)}
        for one in await guessed(worker, found)
    ]
    note = await asyncio.to_thread(model.told_unknown, str(text))
    return told(words, found.ids, (), weights) | {"note": note, "guesses": guesses}


async def _written(engine: AnyEngine, text: object) -> dict[str, Any]:
    model = engine.model
    ids = await _ids(engine, text)
    source, prompt = (ids, model.start_ids) if model.takes_source else ((), ids)
    chosen = Settings("greedy", max_new_tokens=MOST_TOKENS if source else NEW_TOKENS)
    request = Request(prompt, chosen, source_ids=source, keeps_cache=False, keeps_attention=False)
    trace = await traced(engine, request)
    written = [step.token_id for step in trace.steps]
    plain = written[:-1] if trace.stop_reason == "end_token" else written
    own = (*prompt, *plain) if source else ids
    weights = await engine.call(partial(pattern, ids=own, source_ids=source))
    message = told(model.vocabulary, ids, own if source else (), weights)
    ended = trace.stop_reason != "length"
    note = await asyncio.to_thread(model.told_unknown, str(text))
    return message | {"note": note, "text": model.tokenizer.decode(plain), "ended": ended}


def told(vocabulary: list[str], ids: tuple[int, ...], writes: tuple[int, ...], weights: torch.Tensor) -> dict[str, Any]:
    """Returns the tokens and the weights as the page reads them."""
    return {
        "reads": [vocabulary[token_id] for token_id in ids],
        "writes": [vocabulary[token_id] for token_id in writes],
        "weights": [[None if math.isnan(one) else round(one, 4) for one in row] for row in weights.tolist()],
    }


async def _ids(engine: AnyEngine, text: object) -> tuple[int, ...]:
    given = checked_text("The sentence", text, engine.limits)
    if not given.strip():
        raise PlaygroundError("The sentence is empty. Write one, or choose one of the examples.", status=422)
    ids = await asyncio.to_thread(engine.model.tokenizer.encode, given)
    _check_length(engine.model.name, ids)
    return ids


def _check_length(name: str, ids: Sequence[int]) -> None:
    if len(ids) > MOST_TOKENS:
        raise PlaygroundError(
            f"The sentence has {len(ids)} tokens for {name}, and this view shows {MOST_TOKENS}. Write a shorter one.",
            status=422,
        )
