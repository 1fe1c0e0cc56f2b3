"""Answers `/reshape`: what settings make of one row of logits that the caller has. No model computes anything.

Knows settings, stages, and of a model the words. Does not know Gradio, except for the endpoint that it is given.
"""

import asyncio
import base64
import binascii
import math
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
import torch
from gradio.events import api as add_endpoint

from playground import values
from playground.decoding.processors import deeds, has_words, stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.decoding.vocabulary import Vocabulary
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.models.word_ids import WordIds
from playground.values import shown
from playground.web.panels.events import endpoint

MOST_TOKENS = 1_000_000
"""The most logits of a row, and the most ids of a text."""
MOST_LOGIT = 3e38
FORM = "Give the raw row as a list of numbers, with null for minus infinity, or as base64 of little-endian float32"


def add_endpoints(engines: Engines) -> None:
    """Adds the endpoint to the page that is being built."""

    async def reshape(
        logits: list | str,
        ids: list,
        settings: dict,
        request: gr.Request,
        order: str | list | None = None,
        prompt_length: int | None = None,
    ) -> dict:
        """What settings make of one row of logits: what each stage removes, and the probabilities after all stages.

        Args:
            logits: the raw row, a list of numbers or base64 of little-endian float32; the model is not asked
            ids: the tokens of the text so far
            settings: such as {"temperature": 0.7, "top_k": 40}; "model" names the one whose words the settings hold
            order: "transformers", "llama.cpp", "vllm", "openai", or a list of stages; null for that of settings
            prompt_length: how many of the ids are the prompt; null for all of them
        """
        others = values.mapping("settings", settings)
        name = others.pop("model", None)
        asked = Asked.of(logits, ids, others, order, prompt_length)
        if not has_words(asked.settings):
            return await asyncio.to_thread(reshaped, asked)
        async with engines.using_any(name) as engine:
            words = WordIds(engine.model.tokenizer, len(asked.row), engine.model.eos_token_ids)
            return await asyncio.to_thread(reshaped, asked, words)

    add_endpoint(endpoint(reshape), api_name="reshape", concurrency_limit=None)


class Asked(NamedTuple):
    """A row, (vocab,) float32, what stages read of its text, and the settings."""

    row: torch.Tensor
    moment: Moment
    settings: Settings

    @classmethod
    def of(cls, logits: Any, ids: Any, settings: Any, order: Any = None, prompt_length: Any = None) -> "Asked":
        """Checks the values of a client.

        Args:
            logits: the raw row, (vocab,): a list of numbers, or base64 of little-endian float32.
            ids: the tokens of the text so far, prompt included.
            settings: the fields of `Settings` by name. Missing ones are off.
            order: in place of `settings.order`: a preset's name, or a list of stages; None for `settings.order`.
            prompt_length: how many of `ids` are the prompt, for stages that count new tokens; None for all of them.

        Raises:
            PlaygroundError: a value of the wrong type or out of range.
        """
        row = torch.from_numpy(_row(logits))
        given = values.mapping("settings", settings)
        chosen = Settings.from_dict(given if order is None else given | {"order": order})
        return cls(row, _moment(ids, prompt_length, chosen.seed, len(row)), chosen)


def reshaped(asked: Asked, words: Vocabulary | None = None) -> dict[str, Any]:
    """Returns what each stage makes of a row, and the probabilities after all of them.

    Args:
        asked: the row, its text and the settings.
        words: those of the model whose tokens these are, for settings that hold texts.

    Returns:
        `{order, stages: [{name, kept, removed_mass}], tokens: [{token_id, probability}]}`. `stages` are those in force,
        in their order; `tokens` are those that are kept, most probable first, of equal ones the higher id first.

    Raises:
        PlaygroundError: the settings leave no token, or hold a word that the model does not have.
    """
    row, moment, chosen = asked
    found = stages(row, moment, chosen.processing(), vocabulary=words)
    told = deeds(found)
    empty = next((deed.name for deed in told if not deed.kept), None)
    if empty is not None:
        raise PlaygroundError(f"No token is left after {empty}. Choose another value of it, or switch it off.")
    scores = found[-1].logits
    probabilities = scores.double().softmax(-1).numpy()
    best = np.lexsort((np.arange(len(row)), scores.numpy()))[::-1][: int((scores > -torch.inf).sum())]
    return {
        "order": chosen.to_dict()["order"],
        "stages": [deed._asdict() for deed in told],
        "tokens": [{"token_id": int(one), "probability": float(probabilities[one])} for one in best],
    }


def _row(logits: Any) -> np.ndarray:
    """Returns the row as (vocab,) float32."""
    if isinstance(logits, str):
        try:
            row = np.frombuffer(base64.b64decode(logits, validate=True), "<f4").astype(np.float32)
        except (binascii.Error, ValueError):
            raise PlaygroundError(f"logits is {shown(logits)}, which is no base64 of float32. {FORM}.") from None
    else:
        told = values.items("logits", logits, MOST_TOKENS)
        with np.errstate(over="ignore"):  # a number beyond float32 is infinite there, and refused below
            row = np.array([_number(one) for one in told], np.float64).astype(np.float32)
    if not 1 <= len(row) <= MOST_TOKENS:
        raise PlaygroundError(f"logits has {len(row):,} numbers. Give 1 to {MOST_TOKENS:,}.")
    if np.isnan(row).any() or row.max() == np.inf:
        raise PlaygroundError("logits holds NaN or plus infinity, from which no probability follows.")
    if row.max() == -np.inf:
        raise PlaygroundError("All of logits are minus infinity, so that no token is left.")
    return row


def _number(told: Any) -> float:
    if told is None:
        return -math.inf
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise PlaygroundError(f"logits holds {shown(told)}, which is no number. {FORM}.")
    if abs(told) > MOST_LOGIT:
        raise PlaygroundError(f"logits holds {shown(told)}, which float32 cannot hold. {FORM}.")
    return float(told)


def _moment(ids: Any, prompt_length: Any, seed: int, size: int) -> Moment:
    told = values.items("ids", ids, MOST_TOKENS)
    checked = [values.whole(f"ids[{place}]", one, 0, size - 1) for place, one in enumerate(told)]
    length = None if prompt_length is None else values.whole("prompt_length", prompt_length, 0, len(checked))
    return Moment(checked, length, seed=seed)
