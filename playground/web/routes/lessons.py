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

    Translations are not listed: a lesson has one name in all languages.
    """
    originals = [lesson for lesson in lessons if not lesson.language]
    listed = _packed({"lessons": [lesson.listed() for lesson in originals]})
    told = {lesson.name: _packed(lesson.told()) for lesson in originals}
    router = APIRouter(prefix=PREFIX)

    @router.get("/lessons.json")
    async def all_of_them() -> Response:
        """Answers {lessons}, in their order: what a list shows of each."""
        return Response(listed, media_type="application/json")

    @router.get("/lessons/{name}.json")
    async def one(name: str) -> Response:
        """Answers the pages of a lesson; `Lesson.told` says what they hold."""
        if name not in told:
            raise PlaygroundError(f"This server has no lesson {shown(name)}. Choose one of the list.", status=404)
        return Response(told[name], media_type="application/json")

    app.include_router(router)


def _packed(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
