"""Records what a lesson shows, so that a page without a model can show it: its texts, and values of its expressions.

The texts are those that its pages and their reveals show on Decode. At the steps that the lesson looks at, every logit
is recorded, so that each number is exact there; at the others the most probable tokens are, and those that the lesson
names. Of a view that needs the model, the values are recorded that the lesson's sentences and answers have. Knows
lessons and texts. Does not know how a page is written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from playground.errors import PlaygroundError
from playground.lessons.checking import Opened
from playground.lessons.lesson import DECODE, KEEPS_TEXT, Lesson, Page, State, Try
from playground.lessons.looking import Look
from playground.lessons.texts import Texts
from playground.lessons.trees import Value
from playground.lessons.views import prompts
from playground.models.loaded_model import LoadedModel
from playground.models.word_ids import words_of
from playground.prompts.evaluation import MOST_SHOTS
from playground.site.calls import calls, reveal_of, tokens_named, values
from playground.site.prompts import Prompts
from playground.traces.file import Writer
from playground.traces.trace import Trace

PIECES = "pieces"
"""The measure that a page cannot compute from a recorded text of Decode: it needs the tokenizer."""
LENGTH = "max_new_tokens"
SHOWN = (DECODE, prompts.ID)
"""The views that a page shows without a model."""
SHOTS = "shots"


@dataclass
class Written:
    """A text of a lesson on Decode.

    Attributes:
        state: what it is written with.
        whole: the indices of the steps that the lesson looks at.
        named: the texts of the tokens that the lesson names there.
    """

    model: LoadedModel
    state: State
    trace: Trace
    whole: set[int] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def told(self) -> dict[str, Any]:
        """Returns {model, prompt, settings}, by which the page finds the text, and {steps, isWhole}."""
        asked = {"model": self.model.name, "prompt": self.state.prompt, "settings": self.state.settings.to_dict()}
        steps = len(self.trace.steps)
        return asked | {"steps": steps, "isWhole": len(self.whole) == steps}

    def file(self) -> bytes:
        """Returns its light trace file, without the texts of the tokens and without the time that each step took."""
        steps = [replace(step, seconds=0.0) for step in self.trace.steps]
        trace = replace(self.trace, steps=tuple(steps))
        known = words_of(self.model).texts
        named = {known.index(token) for token in self.named if token in known}
        writer = Writer(trace, steps[0], None, (), "light", whole=self.whole, named=named)
        return b"".join([writer.begin(), *map(writer.step, steps), writer.end()])


@dataclass(frozen=True)
class Recorded:
    """What was recorded of a lesson.

    Attributes:
        models: those that it is about, the first page's first.
        texts: each text once, in the order of the pages.
        values: by the number of the page, from 0, what it cannot compute itself, "now", before its reveal, and "after"
            it, each by its call.
        prompts: what the view Compare prompts shows.
    """

    models: tuple[LoadedModel, ...]
    texts: tuple[Written, ...]
    values: Mapping[int, Mapping[str, Mapping[str, Value]]]
    prompts: Prompts


async def record(lesson: Lesson, opened: Opened) -> Recorded:
    """Returns what a page without a model needs of a lesson.

    Args:
        lesson: the lesson.
        opened: gives the texts of a model.

    Raises:
        PlaygroundError: a model is not there, or cannot show what the lesson shows. The sentence names file and line.
    """
    recording = _Recording()
    for number, (page, state) in enumerate(zip(lesson.pages, lesson.states, strict=True)):
        try:
            await recording.page(number, page, state, await opened(state.model or lesson.model))
        except PlaygroundError as refusal:
            raise PlaygroundError(f"{lesson.path}, line {state.line}: {refusal}") from refusal
    return recording.done()


def needs_model(task: Try, state: State) -> bool:
    """Returns whether a task is solved with another text than the page's, or in a view that needs a model."""
    if goes_on(task, state):
        return False
    if state.view == prompts.ID:
        return not {"prompt", *state.fields}.issuperset(task.solved)
    return state.view != DECODE or not KEEPS_TEXT.issuperset(task.solved)


def goes_on(task: Try, state: State) -> bool:
    """Returns whether a task is solved by writing on. A seed draws the same tokens, however long the text is."""
    return state.view == DECODE and state.settings.strategy != "beam" and set(task.solved) == {LENGTH}


class _Recording:
    def __init__(self) -> None:
        self._models: dict[str, LoadedModel] = {}
        self._texts: dict[str, Written] = {}
        self._values: dict[int, dict[str, dict[str, Value]]] = {}
        self._prompts = Prompts()

    async def page(self, number: int, page: Page, state: State, texts: Texts) -> None:
        """Records one page."""
        now = await texts.look(state)
        self._models.setdefault(now.model.name, now.model)
        self._text(page, state, now)
        found = {"now": _values_of(page, state, now, is_after=False)}
        reveal = reveal_of(page)
        if reveal is not None:
            after = await texts.after(state, reveal.changes)
            self._text(page, state.changed(reveal.changes) if reveal.writes else state, after)
            found["after"] = _values_of(page, state, after, is_after=True)
        for part in page.parts:
            if isinstance(part, Try) and goes_on(part, state):
                changed = state.changed(part.solved)
                self._text(page, changed, await texts.look(changed))
        if any(found.values()):
            self._values[number] = found
        if state.view == prompts.ID:
            await self._columns(page, state, texts)

    async def _columns(self, page: Page, state: State, texts: Texts) -> None:
        """Records the columns of Compare prompts, what the model writes after them, and those that solve a task."""
        reveal = reveal_of(page)
        for one in [state, *([state.changed(reveal.changes)] if reveal else [])]:
            for prompt, settings in await self._prompts.take(one, texts, one.fields[SHOTS]):
                written = replace(one, view=DECODE, prompt=prompt, settings=settings, step=1, fields={})
                self._text(page, written, await texts.look(written))
        for part in page.parts:
            if isinstance(part, Try) and not needs_model(part, state):
                changed = state.changed(part.solved)
                every = range(MOST_SHOTS + 1) if SHOTS in part.solved else changed.fields[SHOTS]
                await self._prompts.take(changed, texts, every)

    def done(self) -> Recorded:
        return Recorded(tuple(self._models.values()), tuple(self._texts.values()), self._values, self._prompts)

    def _text(self, page: Page, state: State, look: Look) -> None:
        """Notes the text in view, written with a state, and the step in view."""
        if look.trace is None:
            return
        told = [look.model.name, state.prompt, state.settings.to_dict()]
        text = self._texts.setdefault(json.dumps(told), Written(look.model, state, look.trace))
        text.whole.add(look.step - 1)
        text.named |= tokens_named(page)


def _values_of(page: Page, state: State, look: Look, *, is_after: bool) -> dict[str, Value]:
    """Returns the values that the page cannot compute itself: all of those of a view that needs a model."""
    return values(calls(page, is_after=is_after), look, lambda name: state.view not in SHOWN or name == PIECES)
