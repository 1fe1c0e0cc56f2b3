"""Checks a constraint as a person writes it, and turns it into a grammar of llguidance. Does not know tokenizers.

The kinds are `choices`, `regex`, `json_schema` and `grammar`; the last three become grammars of llguidance.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, get_args

from llguidance import LLMatcher, LLParserLimits
from llguidance.gbnf_to_lark import GbnfToLarkError, gbnf_to_lark, is_lark_syntax

from playground.errors import PlaygroundError
from playground.values import shown, text

Kind = Literal["choices", "regex", "json_schema", "grammar"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMES = {
    "choices": "list of choices",
    "regex": "regular expression",
    "json_schema": "JSON schema",
    "grammar": "grammar",
}
"""What a sentence calls each kind."""
MOST_CHOICES, LONGEST_CHOICE = 100, 1000
LONGEST = {"regex": 10_000, "json_schema": 20_000, "grammar": 10_000}
"""The most characters of each. llguidance reads rules that lead to rules by recursion. Beyond 2,000 of them, the stack
of a thread is too small, which would end the whole program."""
LIMITS = LLParserLimits(max_lexer_states=50_000, verbose_errors=False)
"""A state of the lexer takes up to 2 kB, so that one constraint takes at most 100 MB."""
SPACES = r"( |\n{1,2}[ \t]{0,20})"
"""The spaces that may stand between the parts of JSON, those of llama.cpp's `json_schema`. Without a limit a small
model may write spaces for ever. A schema's own "x-guidance" says otherwise."""

TOO_DEEP = "The JSON schema is nested too deep. Make it flatter."

_PLACE = re.compile(r"^(?:at )?(\d+)\((\d+)\): (.*)", re.DOTALL)
_JSON_PLACE = re.compile(r" at line \d+ column \d+$")


def checked(kind: Kind, value: object) -> tuple[str, ...] | str | None:
    """Returns a constraint's value as `Settings` keeps it: a tuple of texts for `choices`, else a text.

    Args:
        value: a list of texts for `choices`; a text for the others. A schema may be an object, as in a request. None
            constrains nothing.

    Raises:
        PlaygroundError: the value is of another type, empty, too long, or wrong. A grammar's error has its line and
            column.
    """
    if value is None:
        return None
    if kind == "choices":
        return _choices(value)
    if kind == "json_schema" and isinstance(value, Mapping):
        value = json.dumps(value, ensure_ascii=False)
    written = text(kind, value, LONGEST[kind])
    if not written or (kind != "regex" and not written.strip()):
        raise PlaygroundError(f"The {NAMES[kind]} is empty. Write one, or give null for no constraint.")
    refusal = _refusal(kind, written)
    if refusal:
        raise PlaygroundError(refusal)
    return written


def the_one(values: Mapping[str, object]) -> Kind | None:
    """Returns the kind that constrains something, or None.

    Raises:
        PlaygroundError: there are several.
    """
    given: list[Kind] = [kind for kind in KINDS if values[kind] is not None]
    if len(given) > 1:
        raise PlaygroundError(f"{' and '.join(given)} are given together, but a text has one constraint. Keep one.")
    return given[0] if given else None


def lark(kind: Kind, written: str) -> str:
    """Returns llguidance's grammar of a text that `checked` returned. It is in Lark, or JSON for a schema."""
    if kind == "regex":
        return LLMatcher.grammar_from_regex(written)
    if kind == "json_schema":
        return LLMatcher.grammar_from_json_schema(written, defaults={"whitespace_pattern": SPACES})
    return gbnf_to_lark(written) if _is_gbnf(written) else written


def _choices(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise PlaygroundError(f"choices must be a list of texts, but is {shown(value)}. Give a list.")
    if not value:
        raise PlaygroundError("The list of choices is empty. Give at least one, or null for no constraint.")
    if len(value) > MOST_CHOICES:
        raise PlaygroundError(f"choices holds {len(value):,} texts. Give at most {MOST_CHOICES}.")
    for number, one in enumerate(value, start=1):
        text(f"Choice {number}", one, LONGEST_CHOICE)
        if not one:
            raise PlaygroundError(f"Choice {number} is empty. Write a text, or remove it.")
        if one in value[: number - 1]:
            raise PlaygroundError(f"choices holds {shown(one)} twice. Remove one.")
    return tuple(value)


def _is_gbnf(grammar: str) -> bool:
    return "::=" in grammar and not is_lark_syntax(grammar)


@lru_cache(maxsize=256)
def _refusal(kind: Kind, written: str) -> str | None:
    """Returns the sentence that says what is wrong, or None. Settings are made often, so that answers are kept."""
    if kind == "json_schema":
        refusal = _no_object(written)
    elif kind == "grammar" and _is_gbnf(written):
        refusal = _not_converted(written)
    else:
        refusal = None
    if refusal:
        return refusal
    try:
        grammar = lark(kind, written)
    except ValueError as error:  # llguidance reads JSON by its own rules: no NaN, and at most 128 levels
        return TOO_DEEP if "recursion limit" in str(error) else f"The JSON schema is not JSON: {error}. Correct it."
    message = LLMatcher.validate_grammar(grammar, limits=LIMITS)
    return _sentence(kind, written, message) if message else None


def _no_object(schema: str) -> str | None:
    try:
        found = json.loads(schema)
    except json.JSONDecodeError as error:
        return f"The JSON schema is not JSON: line {error.lineno}, column {error.colno}: {error.msg}. Correct it."
    except RecursionError:
        return TOO_DEEP
    if isinstance(found, dict):
        return None
    return f"The JSON schema is {shown(found)}, which is no object. Write an object, such as {{}} for any JSON."


def _not_converted(gbnf: str) -> str | None:
    try:
        gbnf_to_lark(gbnf)
    except GbnfToLarkError as error:
        return _grammar_error(*_line_and_column(gbnf, error.pos.pos), str(error).partition(" at line ")[0])
    except RecursionError:
        return "The grammar is nested too deep. Make it flatter."
    except Exception as error:  # the converter raises plain ones for rules that it does not find
        found = re.fullmatch("Rule '(.+)' not found", str(error))
        if found is None:
            return _at_no_place(str(error))
        used = re.search(rf"(?<![\w-]){re.escape(found[1])}(?![\w-])", gbnf)
        place = _line_and_column(gbnf, used.start() if used else 0)
        return _grammar_error(*place, f'unknown name: "{found[1]}"')
    return None


def _sentence(kind: Kind, written: str, message: str) -> str:
    """Returns what llguidance says, with the place in the text that the person wrote."""
    place = _PLACE.match(message)
    said = place[3] if place else message
    reason = _one_line(said.rpartition("error: ")[2] if "regex parse error:" in said else said)
    if kind == "regex":
        at = _in_regex(written, said)
        reason = reason.partition(" (in regex): ")[2].partition(";")[0] or reason
        return f"The regular expression {shown(written)} has an error{at}: {reason}. Correct it."
    if "regex parse error:" in said:
        reason = f"a regular expression in it is wrong: {reason}"
    if kind == "json_schema":
        return f"The JSON schema cannot be followed: {_JSON_PLACE.sub('', reason)}. Correct it."
    if place and not _is_gbnf(written):
        return _grammar_error(int(place[1]), int(place[2]), reason)
    return _at_no_place(reason)


def _grammar_error(line: int, column: int, said: str) -> str:
    return f"The grammar has an error at line {line}, column {column}: {_one_line(said)}. Correct it."


def _at_no_place(said: str) -> str:
    return f"The grammar has an error: {_one_line(said)}. Correct it."


def _in_regex(written: str, said: str) -> str:
    """Returns " at character 3" where the message marks a place of a regular expression of one line, else ""."""
    lines = said.split("\n")
    if lines[0].endswith("regex parse error:") and len(lines) > 2 and "^" in lines[2] and "\n" not in written:
        before = lines[1][: lines[2].index("^")].removeprefix("    ")
        if r"\/" not in written:  # llguidance writes each / so
            before = before.replace(r"\/", "/")
        return f" at character {len(before) + 1}"
    return ""


def _line_and_column(written: str, place: int) -> tuple[int, int]:
    before = written[:place]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _one_line(said: str) -> str:
    """Returns the first line of what a library says, without a full stop."""
    return said.strip().partition("\n")[0].rstrip(". ")
