"""Defines what a view of the page adds to lessons: fields of its own in a state, and measures of its own.

`assets/lesson/views/` does in the page what is declared here. Knows no view, and no lesson's file.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from playground.decoding.settings import Settings
from playground.engine.reader import Reader

Kind = Literal["number", "text", "truth"]
"""What an expression gives."""
Unit = Literal["percent", "bits", "count", "number", "text"]
"""How the page writes a value: a share in percent, bits, a whole number, any other number, a text in quotes."""


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes:
        name: its name in expressions.
        takes: the kinds of its arguments.
        gives: the kind of its value.
        unit: how the page writes its value.
        says: what it is, for `docs/write-a-lesson.md`.
        view: the only view of the page in which it has a value; None for every view.
        example: its arguments as an author may write them, for the document and for sentences about faults.
    """

    name: str
    takes: tuple[Kind, ...]
    gives: Kind
    unit: Unit
    says: str
    view: str | None = "decode"
    example: str = '" stars"'

    @property
    def written(self) -> str:
        """A call of it as an author may write it."""
        return f"{self.name}({self.example if self.takes else ''})"


@dataclass(frozen=True)
class ViewField:
    """A field that a state has for one view. `set`, `only` and `solved` of its pages may name it too.

    Attributes:
        name: as in a state block.
        check: returns the value that the page gets, a plain JSON value, for the one that is written.
            Raises PlaygroundError, with the field's name and the remedy, for a value outside its rule.
        default: the value where the field is left out.
        says: what it is and which values it takes, for `docs/write-a-lesson.md`.
        is_sentence: whether a text is taken as it stands in a state block; else it is YAML.
    """

    name: str
    check: Callable[[Any], Any]
    default: Any
    says: str
    is_sentence: bool = False


@dataclass(frozen=True)
class Asked:
    """What a view is to show, for its measures.

    Attributes:
        reader: runs the model; an `Engine` for a model that writes texts.
        fields: the value of each of the view's fields.
    """

    reader: Reader[Any]
    prompt: str
    settings: Settings
    fields: Mapping[str, Any]


Measured: TypeAlias = Mapping[str, Callable[..., float | int | str | bool]]
"""The view's measures by name, of one state. Calling one raises PlaygroundError if it has no value."""


@dataclass(frozen=True)
class View:
    """What one view adds.

    Attributes:
        id: as in `assets/common/navigation.js`.
        measured: computes the measures of a state as the page shows them. Raises PlaygroundError if the model cannot
            show the state.
    """

    id: str
    fields: tuple[ViewField, ...] = ()
    measures: tuple[Measure, ...] = ()
    measured: Callable[[Asked], Awaitable[Measured]] | None = None
