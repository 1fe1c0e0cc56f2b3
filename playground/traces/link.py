"""Reads a link's fragment: the prompt, the settings, the seed and the step with which a page makes a trace again.

Knows settings. Does not know pages; `assets/decode/link.js` writes the links that are read here. A link can come from
anybody, so nothing in it is trusted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from playground.conversation import Message, checked_fields, checked_messages
from playground.decoding.rules import Rule
from playground.decoding.settings import RULES, Settings
from playground.errors import PlaygroundError
from playground.values import shown

VERSION = "1"
MOST_CHARACTERS = 100_000
MOST_STEPS = 1_000_000
SIDES = ("source", "target")
NOTHING_CHANGED = "Nothing on the page was changed."


@dataclass(frozen=True)
class Link:
    """The contents of a link.

    Attributes:
        model: the name of the model with which the link was made.
        prompt, chat, earlier, fields: what stands in the sidebar: the prompt, whether it goes through the chat
            template, the turns before it, and the fields of the template's own switches.
        settings: the settings of the whole text.
        step: the step to show, counted from 0.
        forced_ids: the completion's first tokens, if a person chose one of them.
        languages: the codes of the languages of a translation, by "source" and "target", "" for the usual ones.
    """

    model: str
    prompt: str
    chat: bool
    settings: Settings
    step: int = 0
    forced_ids: tuple[int, ...] = ()
    earlier: tuple[Message, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(SIDES, ""))


def parse(fragment: str) -> Link:
    """Reads the part of a link after its `#`.

    Raises:
        PlaygroundError: it is not a link of the playground, or it has a value that cannot be used.
    """
    if not isinstance(fragment, str) or len(fragment) > MOST_CHARACTERS:
        raise PlaygroundError(f"This link is longer than {MOST_CHARACTERS:,} characters. {NOTHING_CHANGED}")
    try:
        pairs = parse_qsl(fragment.removeprefix("#"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise broken("it cannot be read") from None
    told = dict(pairs)
    if len(told) < len(pairs):
        raise broken("a name occurs in it twice")
    version = told.pop("v", None)
    if version != VERSION:
        raise broken(f"its version is {shown(version)}, and this playground reads version {VERSION}")
    try:
        model, prompt = told.pop("model"), told.pop("prompt")
    except KeyError as missing:
        raise broken(f"it has no {missing.args[0]}") from None
    chat, step = _number("chat", told.pop("chat", "0")), _number("step", told.pop("step", "1"))
    if chat not in (0, 1):
        raise broken(f"chat is {shown(chat)} and not 0 or 1")
    if not isinstance(step, int) or not 1 <= step <= MOST_STEPS:
        raise broken(f"step is {shown(step)} and not a whole number from 1")
    forced_ids = _ids(told.pop("forced", ""))
    earlier, fields = _conversation(told.pop("earlier", "[]"), told.pop("fields", "{}"))
    languages = {side: told.pop(f"{side}_language", "") for side in SIDES}
    return Link(model, prompt, bool(chat), _settings(told), step - 1, forced_ids, earlier, fields, languages)


def _ids(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"(\d{1,9}(,\d{1,9})*)?", text, re.ASCII):
        raise broken(f"forced is {shown(text)} and not a list of token ids")
    return tuple(int(token_id) for token_id in text.split(",") if token_id)


def _conversation(earlier: str, fields: str) -> tuple[tuple[Message, ...], dict[str, str]]:
    try:
        read = [json.loads(text) for text in (earlier, fields)]
    except (ValueError, RecursionError):
        raise broken("earlier or fields is not JSON") from None
    try:
        return checked_messages(read[0], MOST_CHARACTERS), checked_fields(read[1], MOST_CHARACTERS)
    except PlaygroundError as refusal:
        raise PlaygroundError(f"This link cannot be followed. {refusal} {NOTHING_CHANGED}") from None


def _settings(told: dict[str, str]) -> Settings:
    """Returns the settings from their texts, checked by the rules of `Settings`."""
    values: dict[str, Any] = {name: _value(name, text) for name, text in told.items()}
    try:
        return Settings.from_dict(values)
    except PlaygroundError as refusal:
        raise PlaygroundError(f"This link cannot be followed. {refusal} {NOTHING_CHANGED}") from None


def _value(name: str, text: str) -> Any:
    """Returns a setting's value from its text: a number, JSON, or the text itself."""
    if isinstance(RULES.get(name), Rule):
        return _number(name, text)
    if name not in RULES and name != "order":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise broken(f"{name} is {shown(text)}, which cannot be read") from None


def _number(name: str, text: str) -> Any:
    try:
        number = json.loads(text)
    except (ValueError, RecursionError):
        number = None
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise broken(f"{name} is {shown(text)} and not a number")
    return number


def unpacked(content: object, version: int) -> Mapping[str, Any]:
    """Returns the content of a link that a view's JavaScript has packed and unpacked; its values are not checked.

    Raises:
        PlaygroundError: it is not an object, or it has another version.
    """
    if not isinstance(content, Mapping):
        raise broken("it cannot be read")
    if content.get("version") != version:
        raise broken(f"its version is {shown(content.get('version'))}, and this playground reads version {version}")
    return content


def broken(what: str) -> PlaygroundError:
    """Returns the error for a link that cannot be followed; `what` says why."""
    return PlaygroundError(f"This link cannot be followed: {what}. {NOTHING_CHANGED}")
