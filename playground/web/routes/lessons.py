"""Answers which lessons the server has, and one of them whole. They were read when the server started.

In a class, pupils get neither the notes nor the answers. Knows lessons. A name that no lesson has is a
`PlaygroundError`, which the app answers with its status.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from playground.errors import PlaygroundError
from playground.lessons.lesson import Lesson
from playground.lessons.translations import in_language
from playground.values import shown
from playground.web.addresses import PREFIX

Hides = Callable[[Mapping[str, str]], tuple[str, ...]]
"""Returns which parts of a lesson are hidden from whoever asks with these headers; see `without`."""
ALL_ANSWERS: tuple[str, ...] = ("note", "ask", "reveal")
ANSWERS: tuple[str, ...] = ("note", "ask")
"""What is hidden from pupils, until the teacher reveals it or only for as long as they may play alone."""


def add_lesson_routes(app: FastAPI, lessons: Sequence[Lesson], hides: Hides = lambda _: ()) -> None:
    """Adds `/playground/lessons.json` and `/playground/lessons/{name}.json`. Their answers are made once, here.

    Both take the language that is asked for: `?lang=fr`. A lesson without a translation into it is answered as it is. A
    lesson has one name in all languages.
    """
    spoken = {language: in_language(language, lessons) for language in {lesson.language for lesson in lessons} | {""}}
    listed = {
        language: _packed({"lessons": [lesson.listed() for lesson in those]}) for language, those in spoken.items()
    }
    told: dict[tuple[str, str, tuple[str, ...]], bytes] = {
        (language, one.name, hidden): _packed(without(hidden, one.told()))
        for language, those in spoken.items()
        for one in those
        for hidden in ((), ANSWERS, ALL_ANSWERS)
    }
    router = APIRouter(prefix=PREFIX)

    @router.get("/lessons.json")
    async def all_of_them(lang: str = "") -> Response:
        """Answers {lessons}, in their order: what a list shows of each."""
        return Response(listed.get(lang, listed[""]), media_type="application/json")

    @router.get("/lessons/{name}.json")
    async def one(name: str, request: Request, lang: str = "") -> Response:
        """Answers the pages of a lesson; `Lesson.told` says what they hold."""
        hidden = hides(request.headers)
        if ("", name, hidden) not in told:
            raise PlaygroundError(f"This server has no lesson {shown(name)}. Choose one of the list.", status=404)
        return Response(told.get((lang, name, hidden), told["", name, hidden]), media_type="application/json")

    app.include_router(router)


def without(hidden: Sequence[str], told: dict[str, Any]) -> dict[str, Any]:
    """Returns what `Lesson.told` returned without the parts of the hidden kinds. An "ask" stays, without its answer."""

    def of_page(page: dict[str, Any]) -> dict[str, Any]:
        kept = [part for part in page["parts"] if part["kind"] not in hidden or part["kind"] == "ask"]
        return page | {"parts": [part | {"answer": None} if part["kind"] in hidden else part for part in kept]}

    return told | {"pages": [of_page(page) for page in told["pages"]]}


def reveal_of(lessons: Sequence[Lesson], place: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Returns the reveal of a lesson's page as the page's JSON holds it, None if there is none.

    Args:
        lessons: all lessons, translations among them.
        place: {name, page}, and `lang` for a translation; None for no lesson.
    """
    if place is None:
        return None
    those = {one.language: one for one in lessons if one.name == place["name"]}
    lesson = those.get(place.get("lang", ""), those.get(""))
    if lesson is None or place["page"] >= len(lesson.pages):
        return None
    parts = lesson.pages[place["page"]].told()["parts"]
    return next((part for part in parts if part["kind"] == "reveal"), None)


def _packed(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
