"""Answers `/watermark`: whether a text has the watermark of a key, token by token. The model computes nothing.

Knows settings, green lists, and of a model the tokenizer. Does not know Gradio, except for its own endpoint.
"""

import asyncio
from typing import Any

import gradio as gr
from gradio.events import api as add_endpoint

from playground import values
from playground.decoding.green_list import detected
from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.models.language_model import LanguageModel
from playground.web.panels.events import endpoint

MOST_CHARACTERS = 20_000
"""A longer text is refused: each of its tokens needs a permutation of the whole vocabulary."""


def add_endpoints(engines: Engines) -> None:
    """Adds the endpoint to the page that is being built."""

    async def watermark(text: str, settings: dict, request: gr.Request) -> dict:
        """Looks for the watermark of a key in a text: how many of its tokens are green, and how unlikely that is.

        Args:
            text: the text without its prompt or with it, as it is; at most 20,000 characters
            settings: such as {"watermark_ratio": 0.25, "watermark_key": 15485863}; "model" names the one that wrote it
        """
        others = values.mapping("settings", settings)
        name = others.pop("model", None)
        chosen = Settings.from_dict(others)
        asked = values.text("text", text, MOST_CHARACTERS)
        async with engines.using(name) as engine:
            return await asyncio.to_thread(found, engine.model, asked, chosen)

    add_endpoint(endpoint(watermark), api_name="watermark", concurrency_limit=None)


def found(model: LanguageModel, text: str, settings: Settings) -> dict[str, Any]:
    """Returns what the detector says of a text.

    Args:
        model: the one whose tokens and vocabulary the watermark was made with.
        text: the text as it is. It is read without special tokens, as transformers' detector reads one.
        settings: those with the ratio and the key.

    Returns:
        `{z_score, p_value, green, scored, tokens: [{token_id, token, is_green}]}`. `scored` tokens have one before
        them, and `green` of these are green. `is_green` of the first token is None, and so are the scores of a text
        without a scored token.

    Raises:
        PlaygroundError: the text is not valid Unicode or has a token without an embedding.
    """
    tokenizer = model.tokenizer
    ids = tokenizer.encode_target(text)
    told = detected(ids, 1, model.vocabulary_size, settings.watermark_ratio, int(settings.watermark_key))
    marks = [None, *told.is_green]
    return {
        "z_score": told.z_score,
        "p_value": told.p_value,
        "green": sum(told.is_green),
        "scored": len(told.is_green),
        "tokens": [
            {"token_id": token_id, "token": tokenizer.decode([token_id]), "is_green": is_green}
            for token_id, is_green in zip(ids, marks, strict=False)
        ],
    }
