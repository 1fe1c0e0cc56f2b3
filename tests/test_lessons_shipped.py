"""Tests the lessons that come with the playground: all that they claim is true on their model, and can be false.

They are read without a model. What they claim is checked on their model, the default one or a built-in one, whose
engine writes each text once. A translation claims the same as its lesson, or else it is not read:
`tests/test_lessons_translations.py`.
"""

import asyncio
from collections.abc import Iterator

import pytest

from playground.engine.engine import Engine
from playground.lessons.checking import check
from playground.lessons.folders import read_all
from playground.lessons.lesson import Ask, Lesson, Note, Page, Predict, Reveal, State, Try
from playground.lessons.texts import Texts
from playground.models.built_in import BUILT_IN
from playground.models.loading import load
from playground.traces.store import TraceStore

LESSONS = [lesson for lesson in read_all() if not lesson.language]
TRANSLATOR = BUILT_IN / "french-english"
FIRST = "next-word"
"""The lesson that a first visit offers; `assets/face/intro.js` opens it by this name."""
MOST_NEW_TOKENS = 40
"""A laptop writes so many tokens in a second or two."""

SLOW = {"beams"}
"""Lessons whose searches take many forwards: what they claim is checked with the long tests."""

each = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
on_model = pytest.mark.parametrize(
    "lesson",
    [pytest.param(lesson, marks=[pytest.mark.long] if lesson.name in SLOW else []) for lesson in LESSONS],
    ids=[lesson.name for lesson in LESSONS],
)


@pytest.fixture(scope="module")
def by_model(default_model) -> Iterator[dict[str | None, Texts]]:
    """The texts of each model that a lesson names, None for the default one. Each text is written once."""
    models = {None: default_model, TRANSLATOR.name: load(str(TRANSLATOR))}
    found = {name: Texts(model, Engine(model, TraceStore(2**28)).start()) for name, model in models.items()}
    yield found
    for texts in found.values():
        texts.close()


@pytest.fixture
def texts(lesson, by_model) -> Texts:
    """The texts of the lesson's model."""
    return by_model[lesson.model]


def parts(lesson: Lesson, kind: type) -> list:
    return [part for page in lesson.pages for part in page.parts if isinstance(part, kind)]


def pages(lesson: Lesson) -> Iterator[tuple[Page, State]]:
    """Yields each page with what it shows."""
    yield from zip(lesson.pages, lesson.states, strict=True)


def test_the_first_visit_has_its_lesson():
    assert (LESSONS[0].name, LESSONS[0].minutes) == (FIRST, 3)
    assert {state.face for state in LESSONS[0].states} == {"simple"}


def test_all_three_kinds_of_predictions_occur():
    assert {predict.ask for lesson in LESSONS for predict in parts(lesson, Predict)} == {"choice", "bar", "token"}


@each
def test_a_lesson_is_short_and_has_all_kinds_of_parts(lesson):
    assert 3 <= lesson.minutes <= 8
    assert 5 <= len(lesson.pages) <= 9
    assert len(parts(lesson, Predict)) >= 3
    assert all(parts(lesson, kind) for kind in (Try, Ask, Note))
    assert any(page.claims for page in lesson.pages)


@each
def test_a_text_is_written_soon(lesson):
    changes = [reveal.changes for reveal in parts(lesson, Reveal)] + [task.solved for task in parts(lesson, Try)]
    lengths = [state.settings.max_new_tokens for state in lesson.states]
    lengths += [change["max_new_tokens"] for change in changes if "max_new_tokens" in change]
    assert max(lengths) <= MOST_NEW_TOKENS


@each
def test_a_prediction_by_choices_says_why_its_answer_is_right(lesson):
    for page in lesson.pages:
        asks = [part.ask for part in page.parts if isinstance(part, Predict)]
        because = [part.because for part in page.parts if isinstance(part, Reveal)]
        assert asks != ["choice"] or because != [None], page.title


@pytest.mark.model
@on_model
def test_all_that_a_lesson_claims_is_true(lesson, texts):
    async def opened(name: str | None) -> Texts:
        assert name == lesson.model, "its pages have one model"
        return texts

    assert [str(fault) for fault in asyncio.run(check(lesson, opened))] == []


@pytest.mark.model
@on_model
def test_a_task_can_be_failed_and_solved(lesson, texts):
    for page, state in pages(lesson):
        for task in (part for part in page.parts if isinstance(part, Try)):
            untouched, solved = (asyncio.run(texts.after(state, change)) for change in ({}, task.solved))
            assert untouched.value(task.check.tree) is False, page.title
            assert solved.value(task.check.tree) is True, page.title


@pytest.mark.model
@on_model
def test_what_a_reveal_says_is_not_true_if_nothing_was_set(lesson, texts):
    for page, state in pages(lesson):
        for reveal in (part for part in page.parts if isinstance(part, Reveal)):
            if reveal.because and any(call.name == "before" for call in reveal.because.calls):
                assert reveal.changes, page.title
                look = asyncio.run(texts.look(state))
                assert look.value(reveal.because.tree, look) is False, page.title


@pytest.mark.model
@on_model
def test_a_bar_to_guess_is_far_from_its_place_before(lesson, texts):
    for page, state in pages(lesson):
        for reveal in (part for part in page.parts if isinstance(part, Reveal) and part.value):
            if reveal.changes and reveal.value.kind == "number":
                before, after = (asyncio.run(texts.after(state, change)) for change in ({}, reveal.changes))
                values = [float(look.value(reveal.value.tree)) for look in (before, after)]
                assert abs(values[0] - values[1]) > 0.1, page.title
