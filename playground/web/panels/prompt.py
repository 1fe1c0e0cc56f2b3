"""Reads the sidebar's prompt from an event: checks it, applies the chat template where asked for, and tokenises it.

Knows models and the sidebar. Does not know what the prompt is for.
"""

import asyncio
from typing import Any, NamedTuple

from playground import values as check
from playground.conversation import Conversation
from playground.engine.engine import Engine
from playground.engine.request import Limits, checked_text
from playground.sharing.written import Written, conversation_of
from playground.web.panels.sidebar import Sidebar


class Prompt(NamedTuple):
    """Holds the text as the model reads it, its ids, and the conversation that it was made of, None if it was not."""

    text: str
    ids: tuple[int, ...]
    conversation: Conversation | None = None


def written(sidebar: Sidebar, values: dict[Any, Any], limits: Limits) -> Written:
    """Returns the prompt as it stands in the sidebar.

    Raises:
        PlaygroundError: the prompt is not a text or is too long, the chat template's box is neither true nor false.
    """
    typed = values.get(sidebar.prompt)
    prompt = checked_text("The prompt", "" if typed is None else typed, limits)
    return Written(prompt, check.boolean("Chat template", values.get(sidebar.chat)))


async def read(engine: Engine, sidebar: Sidebar, values: dict[Any, Any]) -> Prompt:
    """Returns the same prompt as the model reads it.

    Raises:
        PlaygroundError: as `written`, or the model has no chat template or no start token, or its template refuses the
            conversation.
    """
    return await encoded(engine, written(sidebar, values, engine.limits))


async def encoded(engine: Engine, prompt: Written) -> Prompt:
    """Returns a checked prompt as the model reads it. Another thread tokenises it, so that the event loop goes on."""
    return await asyncio.to_thread(_encoded, engine, prompt)


def _encoded(engine: Engine, prompt: Written) -> Prompt:
    tokenizer = engine.model.tokenizer
    told = conversation_of(tokenizer, prompt, engine.limits.characters)
    text = prompt.prompt if told is None else tokenizer.conversation(told.turns(), told.template_options)
    return Prompt(text, tokenizer.encode(text, templated=told is not None), told)
