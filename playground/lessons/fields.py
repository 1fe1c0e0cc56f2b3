"""Reads the lines `name: value` of a front matter or a block, with the line of each value.

A value is either YAML, or a sentence, which is the text as it stands: an author need not know that a colon, a `{` or a
`"` has a meaning in YAML. A sentence goes on in lines that are indented. Knows no lesson.
"""

import re
import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml

from playground.errors import PlaygroundError
from playground.lessons.faults import Faults
from playground.values import shown

LONGEST = 10_000
"""The most characters of one value."""
DEEPEST = 6
"""The most levels of lists and objects within each other."""

FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)[ \t]*:(?:[ \t]+(.*)|)$")
COMMENT = re.compile(r"(?:^|[ \t]{2,})#(?: .*|)$")
"""A comment within a sentence: two spaces before the `#` and one after it, so that "token # 5" and "#5" stay."""
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
LITERAL = re.compile(r"\|-?")


@dataclass(frozen=True)
class Field:
    """A value as it is written, with its line."""

    name: str
    line: int
    lines: tuple[str, ...]

    @property
    def begins(self) -> int:
        """The line in which a sentence's text begins, which may be below the name's."""
        first, *others = self.lines
        if _uncommented(first) and not LITERAL.fullmatch(_uncommented(first)):
            return self.line
        return next((self.line + place for place, line in enumerate(others, 1) if line.strip()), self.line)

    def sentence(self) -> str:
        """Returns the text, without a comment behind its first line. Quotes around all of it are taken off.

        Raises:
            PlaygroundError: there is none.
        """
        return self._sentence(takes_quotes=True)

    def expression(self) -> str:
        """Returns the text of an expression, whose quotes and comments are its own.

        Raises:
            PlaygroundError: there is none.
        """
        return self._sentence(takes_quotes=False)

    def _sentence(self, takes_quotes: bool) -> str:
        first, *others = self.lines
        first = _uncommented(first) if takes_quotes else first.strip()
        rest = textwrap.dedent("\n".join(others)).rstrip()
        if takes_quotes and not rest and QUOTED.fullmatch(first):
            return str(_loaded(first, self.name, _Texts))
        found = rest if not first or LITERAL.fullmatch(first) else f"{first}\n{rest}" if rest else first
        if not found.strip():
            raise PlaygroundError(f"{self.name} is empty. Write it behind the colon.")
        return found.strip("\n")

    def value(self) -> Any:
        """Returns the value as YAML has it: a number, a text, true, false, a list or an object.

        Raises:
            PlaygroundError: it is not YAML, or holds aliases, or the same name twice, or is too deep.
        """
        return _loaded("\n".join(self.lines), self.name, _Values)

    def texts(self) -> list[str]:
        """Returns a list of texts: `[one, two]`, or a line `- one` for each, where a text is as it stands.

        Raises:
            PlaygroundError: it is not a list, or has something else than texts.
        """
        written = [line for line in self.lines if _uncommented(line)]
        if written and all(line.lstrip().startswith("- ") for line in written):
            items = [_uncommented(line.strip()[2:]) for line in written]
            return [str(_loaded(one, self.name, _Texts)) if QUOTED.fullmatch(one) else one for one in items]
        found = _loaded("\n".join(self.lines), self.name, _Texts)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise PlaygroundError(
                f"{self.name} is {shown(found)}, which is not a list of texts. Write each on a line of its own, such "
                "as: - It grows."
            )
        return found


def _uncommented(line: str) -> str:
    return COMMENT.sub("", line).strip()


def read_fields(
    lines: Sequence[str], first: int, known: Collection[str], what: str, faults: Faults
) -> dict[str, Field]:
    """Returns the fields of a block by their names.

    Args:
        lines: those of the block.
        first: the line of the file where they begin.
        known: the names that may occur.
        what: the block in a sentence, such as "A state block".
        faults: where a line that is no field, and a name that is unknown or there twice, is noted.
    """
    found: dict[str, Field] = {}
    for field in _fields(lines, first, what, faults):
        if field.name not in known:
            near = get_close_matches(field.name, known, 1)
            remedy = f"Did you mean {near[0]}?" if near else f"It may have {', '.join(known)}."
            faults.add(field.line, f"{what} has no {shown(field.name)}. {remedy}")
        elif field.name in found:
            faults.add(field.line, f"{field.name} is there twice, first in line {found[field.name].line}. Keep one.")
        elif sum(map(len, field.lines)) > LONGEST:
            faults.add(field.line, f"{field.name} is longer than {LONGEST:,} characters. Shorten it.")
        else:
            found[field.name] = field
    return found


def _fields(lines: Sequence[str], first: int, what: str, faults: Faults) -> Iterator[Field]:
    name, start, own = "", 0, list[str]()
    for number, line in enumerate(lines, first):
        begins = FIELD.fullmatch(line.rstrip())
        if begins:
            if name:
                yield Field(name, start, tuple(own))
            name, start, own = begins[1], number, [begins[2] or ""]
        elif not line.strip() or line[0] in " \t" or (name and line.startswith("- ")):
            if name:
                own.append(line)
            elif line.strip():
                faults.add(number, f"{what} begins with {shown(line.strip())}. Begin with a name and a colon.")
        elif not line.startswith("#"):
            faults.add(
                number,
                f"{shown(line)} is not of the form name: value. If it goes on with the line before, indent it by two "
                "spaces.",
            )
    if name:
        yield Field(name, start, tuple(own))


class _Values(yaml.SafeLoader):
    """YAML's plain values, without aliases, and with each name once."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise PlaygroundError("holds a YAML alias or anchor (* or &). Put the text into quotes.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PlaygroundError(f"has {shown(twice)} twice. Keep one.")
        return super().construct_mapping(node, deep)


class _Texts(_Values):
    """The same, but every plain value is a text: "Yes" is no truth, and "3" no number."""


_Texts.yaml_implicit_resolvers = {}


def _loaded(text: str, name: str, loader: type[_Values]) -> Any:
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise PlaygroundError(f"is nested more than {DEEPEST} deep. Write a simpler value.")
        return yaml.load(text, Loader=loader)  # a SafeLoader
    except PlaygroundError as refusal:
        raise PlaygroundError(f"{name} {refusal}") from None
    except (yaml.YAMLError, ValueError) as error:
        reason = getattr(error, "problem", None) or "it is not a value"
        raise PlaygroundError(
            f"{name} is {shown(text.strip())}, which cannot be read: {reason}. Put texts into quotes."
        ) from None
