"""Defines what a lesson is: frozen records of its pages and their parts, and the JSON that the page gets of them.

Knows expressions. Does not know how a file is written, models or the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from playground.decoding.settings import Settings
from playground.decoding.stages import PARAMETERS
from playground.lessons.expressions import Expression
from playground.lessons.trees import plain
from playground.lessons.views.table import fields_of

VIEWS = (
    "decode",
    "fill",
    "compare/prompts",
    "compare/settings",
    "compare/models",
    "compare/families",
    "beams",
    "inside/picture",
    "inside/tokens",
    "inside/embeddings",
    "inside/positions",
    "inside/attention",
    "inside/layers",
    "inside/word",
    "inside/why",
)
"""The views that a lesson may open, by their ids in `assets/common/navigation.js`."""
DECODE = VIEWS[0]
FACES = ("simple", "everything")
LEVELS = ("beginner", "intermediate", "advanced")

KEEPS_TEXT = {"step", "order", *PARAMETERS}
"""What a change may name without a new text being written: the step to look at, the stages and their order. A change of
anything else (the prompt, the strategy, the seed, the length, what ends the text, the settings of a search) writes the
text again from the prompt."""


@dataclass(frozen=True)
class Prose:
    """Markdown as HTML, in which `<output data-value="0"></output>` stands for the first of `values`."""

    html: str
    values: tuple[Expression, ...] = ()

    def told(self) -> dict[str, Any]:
        """Returns {html, values, units}."""
        units = [one.unit for one in self.values]
        return {"html": self.html, "values": [plain(one.tree) for one in self.values], "units": units}


@dataclass(frozen=True)
class State:
    """What a page shows. It is complete: what a `state` block does not name has the value of a link without it.

    Attributes:
        line: where its block begins in the file.
        model: the model's name, None for that of the lesson.
        step: the step in view, from 1.
        fields: the values of the fields that the view has of its own, all of them; see `views/`.
    """

    line: int
    view: str = DECODE
    face: str = FACES[0]
    model: str | None = None
    prompt: str = ""
    step: int = 1
    settings: Settings = field(default_factory=Settings)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def changed(self, changes: Mapping[str, Any]) -> "State":
        """Returns the state with other values of the prompt, the step, some settings or some of the view's fields.

        Raises:
            PlaygroundError: a setting or a field has a value outside its rule.
        """
        own = {name: changes[name] for name in ("prompt", "step") if name in changes}
        of_view = {name: fields_of(self.view)[name].check(changes[name]) for name in self.fields if name in changes}
        others = {name: value for name, value in changes.items() if name not in own and name not in of_view}
        settings = Settings.from_dict(self.settings.to_dict() | others)
        return replace(self, settings=settings, fields={**self.fields, **of_view}, **own)

    def told(self) -> dict[str, Any]:
        """Returns {view, face, model, prompt, step, settings, fields}, with every setting and field of the view."""
        return {
            "view": self.view,
            "face": self.face,
            "model": self.model,
            "prompt": self.prompt,
            "step": self.step,
            "settings": self.settings.to_dict(),
            "fields": dict(self.fields),
        }


@dataclass(frozen=True)
class Text:
    """Running text of a page."""

    line: int
    prose: Prose

    def told(self) -> dict[str, Any]:
        return {"kind": "text"} | self.prose.told()


@dataclass(frozen=True)
class Predict:
    """A question to which the learner commits before the answer is seen.

    Attributes:
        ask: how it is answered: with one of `choices`, by dragging the bar of `token`, or by naming a token.
    """

    line: int
    question: Prose
    ask: Literal["choice", "bar", "token"]
    choices: tuple[str, ...] = ()
    token: str | None = None

    def told(self) -> dict[str, Any]:
        choices = list(self.choices) if self.ask == "choice" else None
        asked = {"question": self.question.told(), "ask": self.ask, "choices": choices, "token": self.token}
        return {"kind": "predict"} | asked


@dataclass(frozen=True)
class Reveal:
    """What happened, to which a prediction is compared.

    Attributes:
        changes: the prompt, the step or settings that are changed when the learner has committed.
        value: the right answer of a bar or of a token.
        answer: the right one of the choices.
        because: what must hold on the model.
    """

    line: int
    says: Prose
    changes: Mapping[str, Any]
    value: Expression | None = None
    answer: str | None = None
    because: Expression | None = None

    @property
    def writes(self) -> bool:
        """Whether the changes make a new text."""
        return not KEEPS_TEXT.issuperset(self.changes)

    def told(self) -> dict[str, Any]:
        value = self.value and plain(self.value.tree)
        return {
            "kind": "reveal",
            "set": dict(self.changes),
            "writes": self.writes,
            "value": value,
            "unit": self.value and self.value.unit,
            "answer": self.answer,
            "says": self.says.told(),
        }


@dataclass(frozen=True)
class Try:
    """A task that is checked on what the learner makes of the page.

    Attributes:
        only: the only settings that may differ from the page's state; None for any.
        solved: what solves it, for the checker.
    """

    line: int
    task: Prose
    check: Expression
    solved: Mapping[str, Any]
    only: tuple[str, ...] | None = None
    hint: Prose | None = None

    def told(self) -> dict[str, Any]:
        return {
            "kind": "try",
            "task": self.task.told(),
            "check": plain(self.check.tree),
            "only": None if self.only is None else list(self.only),
            "hint": self.hint and self.hint.told(),
        }


@dataclass(frozen=True)
class Ask:
    """An open question with a model answer."""

    line: int
    question: Prose
    answer: Prose

    def told(self) -> dict[str, Any]:
        return {"kind": "ask", "question": self.question.told(), "answer": self.answer.told()}


@dataclass(frozen=True)
class Note:
    """What only the teacher sees."""

    line: int
    prose: Prose

    def told(self) -> dict[str, Any]:
        return {"kind": "note"} | self.prose.told()


Part = Text | Predict | Reveal | Try | Ask | Note


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        state: what it shows; None for what the page before it shows.
        claims: what must hold in its state. The page is not told of them.
    """

    line: int
    title: str
    state: State | None
    parts: tuple[Part, ...]
    claims: tuple[Expression, ...] = ()

    def told(self) -> dict[str, Any]:
        state = self.state and self.state.told()
        return {"title": self.title, "state": state, "parts": [part.told() for part in self.parts]}


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        path: its file, as its folder was given.
        name: its name in addresses.
        language: of a translation, such as "fr"; empty for the lesson itself. Those that come with the playground are
            English, and in which language a school writes its own is not known.
        model: with which its claims hold; None for the default model.
        is_own: whether it comes from a folder of `--lessons`.
    """

    path: str
    number: int
    name: str
    language: str
    title: str
    about: str
    level: str
    minutes: int
    model: str | None
    pages: tuple[Page, ...]
    is_own: bool = False

    @property
    def states(self) -> list[State]:
        """What each page shows."""
        found: list[State] = []
        for page in self.pages:
            found.append(page.state or found[-1])
        return found

    def listed(self) -> dict[str, Any]:
        """Returns what the list of lessons says of it."""
        return self._head() | {"pages": len(self.pages), "own": self.is_own}

    def told(self) -> dict[str, Any]:
        """Returns all that the page gets of it."""
        return self._head() | {"model": self.model, "pages": [page.told() for page in self.pages]}

    def _head(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "number": self.number,
            "title": self.title,
            "about": self.about,
            "level": self.level,
            "minutes": self.minutes,
            "language": self.language or (None if self.is_own else "en"),
        }
