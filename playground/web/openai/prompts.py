"""Reads what a request's texts begin with: one or several prompts, or a conversation. Knows the model's tokenizer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground import values
from playground.conversation import Conversation, conversation
from playground.engine.any_engine import AnyEngine
from playground.engine.request import checked_ids, checked_text
from playground.errors import PlaygroundError
from playground.models.languages import USUAL, Pair
from playground.models.prompt_ids import PromptIds
from playground.models.tokenizer import Tokenizer
from playground.values import shown
from playground.web.api import templated
from playground.web.openai.errors import RefusalError, about
from playground.web.openai.parameters import MOST_CHOICES


@dataclass(frozen=True)
class Prompt:
    """The beginning of a text.

    Attributes:
        ids: the beginning of the text that the model continues; for an encoder–decoder, its start token.
        text: as the client wrote it; None if it gave ids, or a conversation.
        conversation: what the chat template made the prompt of; None for a plain prompt.
        source_ids: what the encoder reads; empty for a decoder-only model.
    """

    ids: tuple[int, ...]
    text: str | None = None
    conversation: Conversation | None = None
    source_ids: tuple[int, ...] = ()

    @property
    def read_ids(self) -> tuple[int, ...]:
        """The ids of the prompt's text."""
        return self.source_ids or self.ids

    def shown(self, tokenizer: Tokenizer) -> str:
        """Returns what a person recognises it by: its text, or the last turn of the conversation."""
        if self.conversation is not None:
            return self.conversation.messages[-1].content or ""
        return tokenizer.decode(self.read_ids) if self.text is None else self.text


def read_prompts(engine: AnyEngine, told: object, languages: Pair = USUAL) -> list[Prompt]:
    """Returns the prompts of a completion: a text, a list of texts, a list of ids, or a list of such lists.

    Raises:
        RefusalError: it is none of these, or a text or an id cannot be read, or the model does not have the languages.
    """
    _check(engine, languages)
    if told is None:
        raise RefusalError("The request has no prompt. Give a text, a list of texts, or ids.", param="prompt")
    with about("prompt"):
        if isinstance(told, str):
            return [_of_text(engine, told, languages)]
        if not isinstance(told, list):
            raise PlaygroundError(f"prompt is {shown(told)}. Give a text, a list of texts, or ids.")
        if not told:
            raise PlaygroundError("prompt is an empty list. Give a text, a list of texts, or ids.")
        if not isinstance(told[0], str | list):
            return [_of_ids(engine, told, languages)]
        parts = values.items("prompt", told, MOST_CHOICES)
        read = [(_of_ids if isinstance(one, list) else _of_text, one) for one in parts]
        return [of(engine, one, languages) for of, one in read]


def read_conversation(engine: AnyEngine, messages: object, options: object, languages: Pair = USUAL) -> Prompt:
    """Returns the prompt that the chat template makes of a conversation.

    Raises:
        RefusalError: the model has no chat template, or the conversation cannot be read or written with it, or the
            model does not have the languages.
    """
    _check(engine, languages)
    if messages is None:
        example = '[{"role": "user", "content": "Hello"}]'
        raise RefusalError(f"The request has no messages. Give a list such as {example}.", param="messages")
    tokenizer = engine.model.tokenizer
    if tokenizer.no_chat:
        raise RefusalError(f"{tokenizer.no_chat} Use /v1/completions, or another model.", param="messages")
    with about("messages"):
        told = conversation(_with_texts(messages), options, engine.limits.characters)
        return _prompt(templated(engine.model, told, languages), None, told)


def _check(engine: AnyEngine, languages: Pair) -> None:
    """Refuses languages that the model does not have, each by its parameter."""
    for side in languages._fields:
        with about(f"{side}_language"):
            engine.model.languages.check(USUAL._replace(**{side: getattr(languages, side)}))


def _of_text(engine: AnyEngine, told: object, languages: Pair) -> Prompt:
    text = checked_text("prompt", told, engine.limits)
    return _prompt(engine.model.encode_prompt(text, languages=languages), text)


def _of_ids(engine: AnyEngine, told: Sequence[Any], languages: Pair) -> Prompt:
    if not told:
        raise PlaygroundError("prompt holds an empty list of ids. Give at least one.")
    return _prompt(engine.model.in_languages(engine.model.prompt_of(checked_ids(told, engine.model)), languages))


def _prompt(read: PromptIds, text: str | None = None, told: Conversation | None = None) -> Prompt:
    return Prompt(read.ids, text, told, read.source_ids)


def _with_texts(messages: object) -> object:
    """Returns messages whose contents are texts, in place of OpenAI's lists of parts."""
    if not isinstance(messages, list):
        return messages
    return [_with_text(number, one) for number, one in enumerate(messages, 1)]


def _with_text(number: int, message: object) -> object:
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(message, Mapping) or not isinstance(content, list):
        return message
    for part in content:
        if not isinstance(part, Mapping) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise PlaygroundError(
                f"Message {number} has the part {shown(part)}. The model reads texts only: give parts such as "
                '{"type": "text", "text": "Hello"}.'
            )
    return {**message, "content": "".join(part["text"] for part in content)}
