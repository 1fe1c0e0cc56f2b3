"""Answers which lessons the server has, and one of them whole. They were read when the server started.

Knows lessons. A name that no lesson has is a `PlaygroundError`, which the app answers with its status.
"""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Response

from playground.errors import PlaygroundError
from playground.lessons.lesson import Lesson
from playground.values import shown
from playground.web.addresses import PREFIX


def add_lesson_routes(app: FastAPI, lessons: Sequence[Lesson]) -> None:
    """Adds `/playground/lessons.json` and `/playground/lessons/{name}.json`. Their answers are made once, here.

    Both take the language that is asked for: `?lang=fr`. A lesson without a translation into it is answered as it is. A
    lesson has one name in all languages.
    """
    spoken = {language: _in(language, lessons) for language in {lesson.language for lesson in lessons} | {""}}
    listed = {
        language: _packed({"lessons": [lesson.listed() for lesson in those]}) for language, those in spoken.items()
    }
    told = {(language, one.name): _packed(one.told()) for language, those in spoken.items() for one in those}
    router = APIRouter(prefix=PREFIX)

    @router.get("/lessons.json")
    async def all_of_them(lang: str = "") -> Response:
        """Answers {lessons}, in their order: what a list shows of each."""
        return Response(listed.get(lang, listed[""]), media_type="application/json")

    @router.get("/lessons/{name}.json")
    async def one(name: str, lang: str = "") -> Response:
        """Answers the pages of a lesson; `Lesson.told` says what they hold."""
        if ("", name) not in told:
            raise PlaygroundError(f"This server has no lesson {shown(name)}. Choose one of the list.", status=404)
        return Response(told.get((lang, name), told["", name]), media_type="application/json")

    app.include_router(router)


def _in(language: str, lessons: Sequence[Lesson]) -> list[Lesson]:
    """Returns every lesson once, in its order: its translation if there is one, or else the lesson itself."""
    translated = {one.name: one for one in lessons if one.language == language}
    return [translated.get(one.name, one) for one in lessons if not one.language]


def _packed(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
