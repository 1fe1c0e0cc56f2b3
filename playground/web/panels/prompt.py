"""The sidebar's prompt as an event brought it: checked, through the chat template where asked, and tokenised.

Knows models and the sidebar. Does not know what is made of the prompt.
"""

import asyncio
from typing import Any, NamedTuple

from playground import values as check
from playground.engine.engine import Engine
from playground.engine.request import Limits, checked_text
from playground.sharing.written import Written
from playground.web.panels.sidebar import Sidebar


class Prompt(NamedTuple):
    """The text as the model reads it, and its ids."""

    text: str
    ids: tuple[int, ...]


def written(sidebar: Sidebar, values: dict[Any, Any], limits: Limits) -> Written:
    """What stands in the sidebar.

    Raises:
        PlaygroundError: a prompt that is no text or too long, or a box that is neither ticked nor not.
    """
    typed = values.get(sidebar.prompt)
    prompt = checked_text("The prompt", "" if typed is None else typed, limits)
    return Written(prompt, check.boolean("Chat template", values.get(sidebar.chat)))


async def read(engine: Engine, sidebar: Sidebar, values: dict[Any, Any]) -> Prompt:
    """The same as the model reads it.

    Raises:
        PlaygroundError: as `written`, or the model has no chat template or no start token.
    """
    return await encoded(engine, written(sidebar, values, engine.limits))


async def encoded(engine: Engine, prompt: Written) -> Prompt:
    """A prompt that was checked, as the model reads it; its tokens are found beside the event loop."""
    text = engine.model.chat_prompt(prompt.prompt) if prompt.chat else prompt.prompt
    return Prompt(text, await asyncio.to_thread(engine.model.encode, text, templated=prompt.chat))
