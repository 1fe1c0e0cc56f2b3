"""Makes the HTML files of the site: one of each lesson with what was recorded of it, and the list with their handouts.

`assets/site/mount.js` and `assets/site/list.js` read what is written here. Knows lessons and the form of a page without
a server. Does not know where the files go.
"""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from playground.lessons.lesson import Lesson, Try
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel
from playground.models.word_ids import words_of
from playground.sharing.document import document
from playground.sharing.recorded import words_recorded
from playground.site.recording import SHOWN, Recorded, needs_model

LESSON, LIST = "site/mount.js", "site/list.js"
"""The modules that run."""
FILE = "lesson.json"
"""The name of what was recorded of a lesson, and of what the list holds. The page's modules have the same one."""
NAME = "Decoding playground"


def lesson_page(lesson: Lesson, recorded: Recorded, language: str, *, notes: bool) -> str:
    """Returns the page of a lesson as a text, to be written as UTF-8. The same input gives the same text.

    Args:
        lesson: the lesson, in the language in which it is shown.
        recorded: what was recorded of it.
        language: the tag of the language of the page's own texts.
        notes: whether the page holds the notes for the teacher.
    """
    texts = [text.told() | {"file": f"texts/{number}.json.gz"} for number, text in enumerate(recorded.texts)]
    words = {model.name: f"words/{number}.json.gz" for number, model in enumerate(recorded.models)}
    told = {
        "name": lesson.name,
        "models": [_model(model) for model in recorded.models],
        "texts": texts,
        "words": words if texts else {},
        "values": recorded.values,
        "live": _live_tasks(lesson),
        "tasks": list(recorded.prompts.tasks.values()),
    }
    answers = {
        FILE: _json(told),
        **_told([lesson], language, notes),
        **recorded.prompts.answers,
        **{text["file"]: written.file() for text, written in zip(texts, recorded.texts, strict=True)},
    }
    if texts:
        for model in recorded.models:
            settings = [text.state.settings for text in recorded.texts if text.model is model]
            answers[words[model.name]] = _packed(list(model.vocabulary))
            answers |= words_recorded(model.name, settings, words_of(model))
    title = f"{lesson.number} {lesson.title} · {NAME}"
    return document(LESSON, title, lesson.about, answers, language)


def list_page(lessons: Sequence[Lesson], language: str, *, notes: bool) -> str:
    """Returns the page that lists the lessons and makes their handouts. The arguments are those of `lesson_page`."""
    listed = [lesson.listed() | {"live": _live_pages(lesson)} for lesson in lessons]
    answers = {f"lessons.json?lang={language}": _json({"lessons": listed})}
    answers |= _told(lessons, language, notes)
    return document(LIST, NAME, " · ".join(lesson.title for lesson in lessons), answers, language)


def _live_pages(lesson: Lesson) -> int:
    """Returns how many pages have a view or a task that needs a model."""
    tasks = {int(place.split(".")[0]) for place in _live_tasks(lesson)}
    views = {number for number, state in enumerate(lesson.states) if state.view not in SHOWN}
    return len(tasks | views)


def _live_tasks(lesson: Lesson) -> list[str]:
    """Returns the tasks that need a model, each as "page.place" from 0."""
    return [
        f"{number}.{place}"
        for number, (page, state) in enumerate(zip(lesson.pages, lesson.states, strict=True))
        for place, part in enumerate(page.parts)
        if isinstance(part, Try) and needs_model(part, state)
    ]


def _told(lessons: Iterable[Lesson], language: str, notes: bool) -> dict[str, bytes]:
    """Returns each lesson by the path by which a page asks for it."""
    return {f"lessons/{one.name}.json?lang={language}": _json(_without_notes(one.told(), notes)) for one in lessons}


def _without_notes(told: dict[str, Any], notes: bool) -> dict[str, Any]:
    """Returns what the page gets of a lesson. A note leaves its place, by which the tasks after it are known."""
    if notes:
        return told

    def parts(page: Mapping[str, Any]) -> list[Any]:
        return [{"kind": "left out"} if part["kind"] == "note" else part for part in page["parts"]]

    return told | {"pages": [page | {"parts": parts(page)} for page in told["pages"]]}


def _model(model: LoadedModel) -> dict[str, Any]:
    """Returns what the page must know of a model."""
    family = "encoder-decoder" if isinstance(model, LanguageModel) and model.takes_source else "decoder"
    return {"model": model.name, "family": family, "loaded": True}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _packed(value: Any) -> bytes:
    return gzip.compress(_json(value), mtime=0)
