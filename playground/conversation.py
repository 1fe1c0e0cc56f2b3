"""Holds a conversation as a chat template takes it: the turns, and the values of the template's own switches.

Checks both where they come in from a page, a link or a client. Knows plain values. Does not know templates or tokens.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from playground.errors import PlaygroundError
from playground.values import Values, choice, items, mapping, shown, text

ROLES = ("system", "developer", "user", "assistant", "tool")
"""The roles of a turn. Every template knows "user" and "assistant", and says itself which of the others it takes."""
MOST_MESSAGES = 200
MESSAGE = ("role", "content")


class Message(NamedTuple):
    """One turn: who speaks, and the text."""

    role: str
    content: str


@dataclass(frozen=True)
class Conversation:
    """What `tokenizer.apply_chat_template` is given.

    Attributes:
        messages: the turns, at least one, oldest first; a system text is the first of them.
        template_options: JSON values by the names of the template's own variables, such as `enable_thinking`. A
            variable without a value is left to the template.
    """

    messages: tuple[Message, ...]
    template_options: Mapping[str, Any] = field(default_factory=dict)

    def turns(self) -> list[dict[str, str]]:
        """Returns the messages in the form of transformers."""
        return [message._asdict() for message in self.messages]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values, which `conversation` takes back."""
        return {"messages": self.turns(), "template_options": dict(self.template_options)}


def conversation(told_messages: object, told_options: object, most: int) -> Conversation:
    """Returns the conversation that a page or a client sent.

    Args:
        told_messages: a list of `{role, content}`.
        told_options: an object of names and JSON values.
        most: the most characters of all messages and options together.

    Raises:
        PlaygroundError: a value is of another kind, there is no message, or there are too many characters.
    """
    messages, options = checked_messages(told_messages, most), checked_options(told_options, most)
    if not messages:
        raise PlaygroundError('messages is empty. Give at least one, such as {"role": "user", "content": "Hello"}.')
    size = sum(len(message.content) for message in messages) + len(json.dumps(options, ensure_ascii=False))
    if size > most:
        raise PlaygroundError(
            f"The conversation has {size:,} characters, and this server reads at most {most:,}. Remove a turn, or "
            "start the server with a higher --max-prompt-tokens.",
            status=413,
        )
    return Conversation(messages, options)


def checked_messages(told: object, most: int) -> tuple[Message, ...]:
    """Returns a list of messages, which may be empty.

    Raises:
        PlaygroundError: it is no list of `{role, content}`, or a text has more than `most` characters.
    """
    return tuple(_message(number, one, most) for number, one in enumerate(items("messages", told, MOST_MESSAGES), 1))


def checked_options(told: object, most: int) -> dict[str, Any]:
    """Returns the values of a template's switches. Only the template knows which there are.

    Raises:
        PlaygroundError: it is no object of names and JSON values, or has more than `most` characters.
    """
    options = mapping("template_options", told)
    try:
        written = json.dumps(options, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise PlaygroundError(
            f"template_options is {shown(options)}, which JSON does not have. Give texts, numbers, true, false, lists "
            "and objects."
        ) from None
    text("template_options", written, most)
    return json.loads(written)


def checked_fields(told: object, most: int) -> dict[str, str]:
    """Returns what stands in the fields of a template's switches, by name; an empty text sets nothing.

    Raises:
        PlaygroundError: it is no object of texts, or a text has more than `most` characters.
    """
    return {name: text(f"The field {name[:80]}", value, most) for name, value in mapping("The fields", told).items()}


def _message(number: int, told: object, most: int) -> Message:
    name = f"Message {number}"
    values = Values(name, told)
    for other in mapping(name, told):
        if other not in MESSAGE:
            raise PlaygroundError(f"{name} has {shown(other)}. A message has a role and a content, which are texts.")
    role = choice(f"The role of message {number}", values.get("role"), ROLES)
    return Message(role, text(f"The content of message {number}", values.get("content"), most))
