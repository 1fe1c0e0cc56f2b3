"""Reads the sidebar's prompt from an event: checks it, applies the chat template where asked for, and tokenises it.

Knows models and the sidebar. Does not know what the prompt is for.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from playground import values as check
from playground.conversation import Conversation, checked_fields, typed_messages
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Limits, checked_text
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import USUAL, Pair
from playground.sharing.written import Written, conversation_of
from playground.web.panels.sidebar import Sidebar


class Prompt(NamedTuple):
    """Holds the text as the model reads it, its ids, and the conversation that it was made of, None if it was not.

    If the model has an encoder, the encoder reads the text as `source_ids`, and `ids` are the beginning of the
    decoder's text. Otherwise `source_ids` is empty.
    """

    text: str
    ids: tuple[int, ...]
    conversation: Conversation | None = None
    source_ids: tuple[int, ...] = ()

    @property
    def read_ids(self) -> tuple[int, ...]:
        """The ids of the text."""
        return self.source_ids or self.ids


def written(sidebar: Sidebar, values: dict[Any, Any], limits: Limits) -> Written:
    """Returns the prompt as it stands in the sidebar.

    Raises:
        PlaygroundError: the prompt is not a text or is too long, the chat template's box is neither true nor false, or
            the turns before the prompt or the fields of the template's switches are not what the page sends.
    """
    typed = values.get(sidebar.prompt)
    prompt = checked_text("The prompt", "" if typed is None else typed, limits)
    chat = check.boolean("Chat template", values.get(sidebar.chat))
    if not chat:
        return Written(prompt, False)
    around = check.Values("The conversation", values.get(sidebar.conversation))
    earlier = typed_messages(around.get("earlier"), limits.characters)
    return Written(prompt, True, earlier, checked_fields(around.get("fields"), limits.characters))


NOTHING_READ: dict[str, Any] = {"ids": [], "special": [], "refusal": ""}
"""The message of `prompt_read` where no model of the server writes."""


def prompt_read(ids: Sequence[int], model: LanguageModel, refusal: str = "") -> dict[str, Any]:
    """Builds the message that `assets/chat/prompt_tokens.js` reads: the prompt's ids and the places of special tokens.

    `refusal` says why there are none.
    """
    signs = set(model.tokenizer.hf.all_special_ids)
    special = [place for place, token_id in enumerate(ids) if token_id in signs]
    return {"ids": list(ids), "special": special, "refusal": refusal}


async def read(engine: AnyEngine, sidebar: Sidebar, values: dict[Any, Any]) -> Prompt:
    """Returns the same prompt as the model reads it, in the languages that the sidebar holds.

    Raises:
        PlaygroundError: as `written`, or the model has no chat template or no start token, or its template refuses the
            conversation, or the model does not have the languages.
    """
    languages = engine.model.languages.chosen(values.get(sidebar.languages))
    return await encoded(engine, written(sidebar, values, engine.limits), languages)


async def as_read(engine: AnyEngine, sidebar: Sidebar, values: dict[Any, Any]) -> dict[Any, Any]:
    """Returns what the sidebar shows of the prompt as the model reads it, and the words that the model does not know.

    A refusal stands beside what is being typed, and not in a notice for every key.
    """
    try:
        given = await read(engine, sidebar, values)
    except PlaygroundError as error:
        told = str(error) if values.get(sidebar.chat) else ""
        return {sidebar.as_read: prompt_read((), engine.model, str(error)), sidebar.refusal: told}
    unknown = await asyncio.to_thread(engine.model.told_unknown, given.text)
    return {sidebar.as_read: prompt_read(given.read_ids, engine.model), sidebar.refusal: unknown}


async def encoded(engine: AnyEngine, prompt: Written, languages: Pair = USUAL) -> Prompt:
    """Returns a checked prompt as the model reads it. Another thread tokenises it, so that the event loop goes on."""
    return await asyncio.to_thread(prompt_of, engine, prompt, languages)


def prompt_of(engine: AnyEngine, prompt: Written, languages: Pair = USUAL) -> Prompt:
    """Does the same as `encoded` at once."""
    tokenizer = engine.model.tokenizer
    told = conversation_of(tokenizer, prompt, engine.limits.characters)
    text = prompt.prompt if told is None else tokenizer.conversation(told.turns(), told.template_options)
    read = engine.model.encode_prompt(text, templated=told is not None, languages=languages)
    return Prompt(text, read.ids, told, read.source_ids)
