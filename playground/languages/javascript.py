"""Finds the texts of the page in its JavaScript: the literal arguments of `t`, `tParts` and `tn`.

Babel's own extractor of JavaScript does not read templates within templates, so the signs are told apart here. Only
what a call needs is known of the language: strings, templates, regular expressions, comments and names.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.languages.text import Text

CALLS = {"t": 1, "tParts": 1, "tn": 2}
"""How many of a function's first arguments are English texts."""

SIGN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>\#?[\w$]+)
    |(?P<regex>/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
TEXT_OF_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(?P<end>`|\$\{)", re.DOTALL)
BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%<>~^") | {"", "return", "typeof", "case", "of", "in", "await", "yield", "=>"}
"""What may stand before a regular expression. After anything else a slash divides."""
IMPORTED = re.compile(r'^import \{([^}]*)\} from "[^"]*/language\.js";', re.MULTILINE)


@dataclass(frozen=True)
class _Sign:
    kind: str
    value: str
    at: int


def texts_of(source: str, file: str) -> list[Text]:
    """Returns the texts of a module that takes its functions from `common/language.js`.

    Raises:
        PlaygroundError: an argument that has to be a literal is none, so it cannot be translated.
    """
    imported = IMPORTED.search(source)
    if imported is None:
        return []
    names = {name.strip() for name in imported[1].split(",")} & CALLS.keys()
    signs = [sign for sign in _signs(source) if sign.at >= imported.end()]
    found = []
    for at, sign in enumerate(signs):
        if sign.kind != "name" or sign.value not in names or (at and signs[at - 1].value == "."):
            continue
        if _value(signs, at + 1) == ":":
            continue  # the name of a property
        arguments = _literals(signs, at + 1, CALLS[sign.value])
        if arguments is None:
            line = source.count("\n", 0, sign.at) + 1
            needed = "texts" if CALLS[sign.value] > 1 else "a text"
            raise PlaygroundError(
                f"{file}, line {line}: {sign.value} needs {needed} in double quotes, so that it can be translated. "
                "Write the text where it is called."
            )
        found.append(Text(arguments[0], arguments[1] if len(arguments) > 1 else None, frozenset({file})))
    return found


def _literals(signs: list[_Sign], at: int, number: int) -> list[str] | None:
    """Returns the texts that begin a call's arguments; None if one of them is not a literal."""
    values = []
    for opening in ["(", *[","] * (number - 1)]:
        if _value(signs, at) != opening:
            return None
        pieces = []
        while _value(signs, at) in (opening, "+") and at + 1 < len(signs) and signs[at + 1].kind == "string":
            pieces.append(_unquoted(signs[at + 1].value))
            at += 2
            opening = "+"
        if not pieces or _value(signs, at) not in (",", ")"):
            return None
        values.append("".join(pieces))
    return values


def _value(signs: list[_Sign], at: int) -> str:
    return signs[at].value if at < len(signs) else ""


def _unquoted(literal: str) -> str:
    if literal[0] == "'":
        literal = '"' + literal[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    return json.loads(literal)


def _signs(source: str) -> Iterator[_Sign]:
    """Yields all signs of a module but spaces and comments; of a template only the signs in its places."""
    at, last = 0, ""
    braces: list[int] = []
    """For each open template, how many braces are open in its place."""
    while at < len(source):
        if source[at] == "`":
            at, is_open = _after_text(source, at + 1)
            last = "{" if is_open else "`"
            braces += [0] * is_open
            continue
        found = SIGN.match(source, at)
        assert found is not None, "every sign is matched"
        value, kind = found[0], str(found.lastgroup)
        if kind == "regex" and last not in BEFORE_REGEX:
            value, kind = "/", "other"
        if kind == "other" and braces and value in "{}":
            if value == "}" and braces[-1] == 0:
                at, is_open = _after_text(source, at + 1)
                last = "{" if is_open else "`"
                if not is_open:
                    braces.pop()
                continue
            braces[-1] += 1 if value == "{" else -1
        if kind != "space":
            yield _Sign(kind, value, at)
            last = value
        at += len(value)


def _after_text(source: str, at: int) -> tuple[int, bool]:
    """Returns where a template's text ends that begins at `at`, and whether a place begins there."""
    found = TEXT_OF_TEMPLATE.match(source, at)
    if found is None:
        raise ValueError("A template has no end.")
    return found.end(), found["end"] == "${"
