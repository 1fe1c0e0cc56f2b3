"""Holds a conversation as a chat template takes it: the turns, and the values of the template's own switches.

Checks both where they come in from a page, a link or a client. Knows plain values. Does not know templates or tokens.
"""

import copyreg
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from playground.errors import PlaygroundError
from playground.values import Values, choice, items, mapping, shown, text

ROLES = ("system", "developer", "user", "assistant", "tool")
"""The roles of a turn. Every template knows "user" and "assistant", and says itself which of the others it takes."""
MOST_MESSAGES = 200
OF_A_ROLE = {"assistant": ("tool_calls",), "tool": ("tool_call_id", "name")}
"""What a message of this role may have beside its role and its content."""
JSON = "json"
"""The role that the page gives a turn whose content is the JSON of a whole message, such as one with tool calls."""


def _unchanging(values: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(values)


# Lets a message be pickled, for the store and for other processes.
copyreg.pickle(MappingProxyType, lambda proxy: (_unchanging, (dict(proxy),)))


class Message(NamedTuple):
    """One turn.

    Attributes:
        role: who speaks.
        content: the text; None for a turn that only calls tools.
        others: JSON values by name, as `OF_A_ROLE` says.
    """

    role: str
    content: str | None
    others: Mapping[str, Any] = _unchanging({})

    def to_dict(self) -> dict[str, Any]:
        """Returns the message in the form of transformers, which treats a missing value and null alike."""
        content = {} if self.content is None else {"content": self.content}
        return {"role": self.role, **content, **self.others}

    @property
    def size(self) -> int:
        """The number of characters."""
        return len(self.content or "") + (len(json.dumps(dict(self.others), ensure_ascii=False)) if self.others else 0)


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

    def turns(self) -> list[dict[str, Any]]:
        """Returns the messages in the form of transformers."""
        return [message.to_dict() for message in self.messages]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values, which `conversation` takes back."""
        return {"messages": self.turns(), "template_options": dict(self.template_options)}


def conversation(told_messages: object, told_options: object, most: int) -> Conversation:
    """Returns the conversation that a page or a client sent.

    Args:
        told_messages: a list of messages as transformers and OpenAI write them: `{role, content}`, for an assistant
            also `tool_calls`, for a tool also `tool_call_id` and `name`.
        told_options: an object of names and JSON values.
        most: the most characters of all messages and options together.

    Raises:
        PlaygroundError: a value is of another kind, there is no message, or there are too many characters.
    """
    messages, options = checked_messages(told_messages, most), checked_options(told_options, most)
    if not messages:
        raise PlaygroundError('messages is empty. Give at least one, such as {"role": "user", "content": "Hello"}.')
    size = sum(message.size for message in messages) + len(json.dumps(options, ensure_ascii=False))
    if size > most:
        raise PlaygroundError(
            f"The conversation has {size:,} characters, and this server reads at most {most:,}. "
            "Remove a turn or shorten one.",
            status=413,
        )
    return Conversation(messages, options)


def checked_messages(told: object, most: int) -> tuple[Message, ...]:
    """Returns a list of messages, which may be empty.

    Raises:
        PlaygroundError: it is no list of such messages, or one has more than `most` characters.
    """
    return tuple(_message(number, one, most) for number, one in enumerate(_turns(told), 1))


def typed_messages(told: object, most: int) -> tuple[Message, ...]:
    """Returns the messages of the page's editor, where a turn may be the JSON of a message.

    Raises:
        PlaygroundError: as `checked_messages`, or the text of such a turn is not JSON.
    """
    return checked_messages([_unfolded(number, turn, most) for number, turn in enumerate(_turns(told), 1)], most)


def checked_options(told: object, most: int) -> dict[str, Any]:
    """Returns the values of a template's switches. Only the template knows which there are.

    Raises:
        PlaygroundError: it is no object of names and JSON values, or has more than `most` characters.
    """
    return _plain("template_options", mapping("template_options", told), most)


def checked_fields(told: object, most: int) -> dict[str, str]:
    """Returns what stands in the fields of a template's switches, by name; an empty text sets nothing.

    Raises:
        PlaygroundError: it is no object of texts, or a text has more than `most` characters.
    """
    return {name: text(f"The field {name[:80]}", value, most) for name, value in mapping("The fields", told).items()}


def _turns(told: object) -> Sequence[Any]:
    if isinstance(told, list | tuple) and len(told) > MOST_MESSAGES:
        raise PlaygroundError(
            f"The conversation has {len(told):,} turns, and this server reads at most {MOST_MESSAGES}. Remove some.",
            status=413,
        )
    return items("messages", told, MOST_MESSAGES)


def _unfolded(number: int, turn: object, most: int) -> object:
    """Returns a turn of the editor as a message that is not checked yet."""
    if not isinstance(turn, Mapping) or turn.get("role") != JSON:
        return turn
    written = text(f"The JSON of message {number}", turn.get("content"), most)
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        raise PlaygroundError(
            f"Message {number} is {shown(written)}, which is not JSON. Write an object, such as "
            '{"role": "assistant", "tool_calls": [{"function": {"name": "now", "arguments": {}}}]}.',
            status=422,
        ) from None


def _message(number: int, told: object, most: int) -> Message:
    name = f"Message {number}"
    values = Values(name, told)
    given = {key: value for key, value in mapping(name, told).items() if value is not None}
    role = choice(f"The role of message {number}", values.get("role"), ROLES)
    allowed = ("role", "content", *OF_A_ROLE.get(role, ()))
    for other in given:
        if other not in allowed:
            raise PlaygroundError(f"{name} has {shown(other)}. A turn of the {role} has {', '.join(allowed)}.")
    others = _plain(name, {key: given[key] for key in allowed[2:] if key in given}, most)
    _check_others(number, others)
    if others.get("tool_calls") and "content" not in given:
        return Message(role, None, others)
    return Message(role, text(f"The content of message {number}", values.get("content"), most), others)


def _check_others(number: int, others: Mapping[str, Any]) -> None:
    for name in OF_A_ROLE["tool"]:
        if not isinstance(others.get(name, ""), str):
            raise PlaygroundError(f"{name} of message {number} must be a text, but is {shown(others[name])}.")
    calls = others.get("tool_calls", [])
    if isinstance(calls, list) and all(_is_call(call) for call in calls):
        return
    raise PlaygroundError(
        f"tool_calls of message {number} is {shown(calls)}. Give a list of calls such as "
        '{"type": "function", "function": {"name": "now", "arguments": {}}}.'
    )


def _is_call(call: object) -> bool:
    """Returns whether this is a call as OpenAI writes it, or only the function of one."""
    function = call.get("function", call) if isinstance(call, Mapping) else None
    return isinstance(function, Mapping) and isinstance(function.get("name"), str)


def _plain(name: str, values: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Returns a copy of JSON values.

    Raises:
        PlaygroundError: a value is none, or all have more than `most` characters.
    """
    try:
        written = json.dumps(values, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise PlaygroundError(
            f"{name} is {shown(values)}, which JSON does not have. Give texts, numbers, true, false, lists and objects."
        ) from None
    text(name, written, most)
    return json.loads(written)
