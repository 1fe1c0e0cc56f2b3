"""Reads the sidebar's prompt from an event: checks it, applies the chat template where asked for, and tokenises it.

Knows models and the sidebar. Does not know what the prompt is for.
"""

import asyncio
from typing import Any, NamedTuple

from playground import values as check
from playground.engine.engine import Engine
from playground.engine.request import Limits, checked_text
from playground.sharing.written import Written
from playground.web.panels.sidebar import Sidebar


class Prompt(NamedTuple):
    """Holds the text as the model reads it, and its ids."""

    text: str
    ids: tuple[int, ...]


def written(sidebar: Sidebar, values: dict[Any, Any], limits: Limits) -> Written:
    """Returns the prompt as it stands in the sidebar.

    Raises:
        PlaygroundError: the prompt is not a text or is too long, or the chat template's box is neither true nor false.
    """
    typed = values.get(sidebar.prompt)
    prompt = checked_text("The prompt", "" if typed is None else typed, limits)
    return Written(prompt, check.boolean("Chat template", values.get(sidebar.chat)))


async def read(engine: Engine, sidebar: Sidebar, values: dict[Any, Any]) -> Prompt:
    """Returns the same prompt as the model reads it.

    Raises:
        PlaygroundError: as `written`, or the model has no chat template or no start token.
    """
    return await encoded(engine, written(sidebar, values, engine.limits))


async def encoded(engine: Engine, prompt: Written) -> Prompt:
    """Returns a checked prompt as the model reads it. Another thread tokenises it, so that the event loop goes on."""
    text = engine.model.tokenizer.chat_prompt(prompt.prompt) if prompt.chat else prompt.prompt
    return Prompt(text, await asyncio.to_thread(engine.model.tokenizer.encode, text, templated=prompt.chat))
