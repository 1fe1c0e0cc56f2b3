"""The routes of the class: the news, what the teacher does, and what pupils do.

Knows who asks, the class and the engines. Nothing is written to disk.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, Request, Response

from playground import visitor
from playground.classroom.classroom import Classroom
from playground.classroom.distribution import distribution
from playground.classroom.news import Reader
from playground.classroom.pupils import Pupil
from playground.classroom.scene import read_scene
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.lessons.lesson import Lesson
from playground.values import Values
from playground.web.addresses import CLASS
from playground.web.classroom.address import class_address
from playground.web.classroom.qr_code import as_svg
from playground.web.classroom.room import NO_PUPIL, NO_TEACHER, PUPIL_HEADER, Asker, Room
from playground.web.classroom.stream import NewsStream
from playground.web.guards.standing_in import standing_in, visit_of
from playground.web.routes.leaving import LeavingRoute
from playground.web.routes.lessons import reveal_of

MOST_READERS = 500
"""The streams that are open at once: those of a full class with a second page each, and some to spare."""
OF_THE_CLASS = "the class"
"""The visitor for whom the model works when it writes the class's text."""

Given = Annotated[Any, Body()]


def add_class_routes(
    app: FastAPI,
    engines: Engines,
    room: Room,
    lessons: Sequence[Lesson],
    host: str = "127.0.0.1",
    root_path: str | None = None,
) -> None:
    """Adds everything under `/playground/class`. `host` and `root_path` are values of the command line's options."""

    async def _asker(request: Request) -> Asker:
        return room.asker(request.headers)

    async def _teacher(request: Request) -> None:
        if not room.asker(request.headers).is_teacher:
            raise PlaygroundError(NO_TEACHER, status=403)

    async def _pupil(request: Request) -> Pupil:
        pupil = room.asker(request.headers).pupil
        if pupil is None:
            raise PlaygroundError(NO_PUPIL, status=403)
        return pupil

    asked_by, asked_by_pupil = Depends(_asker), Depends(_pupil)
    everybody = APIRouter(prefix=CLASS, route_class=LeavingRoute)
    leading = APIRouter(prefix=CLASS, route_class=LeavingRoute, dependencies=[Depends(_teacher)])
    turns: set[asyncio.Future[Any]] = set()

    @everybody.get("/events")
    async def events(request: Request, asker: Asker = asked_by) -> Response:
        """Answers the news as they come, from everything that is now on. It may stand in for the page's heartbeat."""
        classroom = room.classroom
        if len(classroom.news.readers) >= MOST_READERS:
            raise PlaygroundError("Too many pages follow the class. Close some and load the page again.", status=503)
        if asker.is_teacher:
            classroom.desk.address = class_address(request, host, root_path)
            classroom.desk.qr = as_svg(classroom.desk.address)
        reader, visit = Reader(classroom.news, has_desk=asker.is_teacher), visit_of(request)
        stays_until = room.is_closed if visit else None
        return NewsStream(reader, lambda: _presence(classroom, asker.pupil, request, visit), stays_until)

    @everybody.get("/who")
    async def who(asker: Asker = asked_by) -> dict[str, Any]:
        """Answers who asks: {role, number, nickname}."""
        number, nickname = (asker.pupil.number, asker.pupil.nickname) if asker.pupil else (None, None)
        return {"role": asker.role, "number": number, "nickname": nickname}

    @everybody.post("/join")
    async def join(given: Given, request: Request) -> dict[str, Any]:
        """Takes {nickname}, which may be missing, and answers {token, number, nickname} of a new pupil.

        A pupil who is known already gets the new nickname and stays the same.
        """
        asked, classroom = Values("The pupil", given), room.classroom
        nickname = asked.get("nickname") if "nickname" in asked else None
        pupil = classroom.pupils.known(request.headers.get(PUPIL_HEADER, ""))
        if pupil is None:
            pupil = classroom.pupils.join(nickname)
        else:
            classroom.rename(pupil, nickname)
        classroom.news.tell_desk()
        return {"token": pupil.token, "number": pupil.number, "nickname": pupil.nickname}

    @everybody.post("/here", status_code=204)
    async def here(given: Given, pupil: Pupil = asked_by_pupil) -> None:
        """Takes {version, alone}: what the pupil's page has shown last."""
        room.classroom.note(pupil, given)

    @everybody.post("/scene")
    async def scene(given: Given, asker: Asker = asked_by) -> dict[str, int]:
        """Takes the scene of whoever leads, and answers its {version}."""
        lead = room.classroom.lead
        if lead is None and not asker.is_teacher:
            raise PlaygroundError(NO_TEACHER, status=403)
        if lead is not None and asker.pupil is not lead:
            if asker.is_teacher:
                raise PlaygroundError("A pupil leads the class. Take the lead back first.", status=409)
            raise PlaygroundError("Another pupil leads the class.", status=403)
        return {"version": room.classroom.set_scene(read_scene(given))}

    @leading.post("/mode", status_code=204)
    async def mode(given: Given) -> None:
        """Takes any of {frozen, blank, paused, may}."""
        room.classroom.set_mode(given)

    @leading.post("/lead", status_code=204)
    async def lead(given: Given) -> None:
        """Takes {number}: the pupil who leads from now on, or null for the teacher."""
        room.classroom.set_lead(given)

    @leading.post("/end", status_code=204)
    async def end() -> None:
        """Ends the class, of which nothing is kept."""
        room.end()

    @everybody.post("/answer", status_code=204)
    async def answer(given: Given, pupil: Pupil = asked_by_pupil) -> None:
        """Takes {question, answer}, in place of the pupil's earlier answer."""
        room.classroom.answer(pupil, given)

    @leading.post("/question", status_code=204)
    async def question(given: Given) -> None:
        """Takes {kind, text, choices, token, hides, place, lesson}, and asks the class."""
        room.classroom.ask(given)

    @leading.post("/question/reveal", status_code=204)
    async def reveal() -> None:
        """Shows everybody the results, and what the lesson tells of the answer."""
        classroom = room.classroom
        classroom.reveal(reveal_of(lessons, classroom.asking.open.lesson))

    @leading.post("/question/close", status_code=204)
    async def close_question() -> None:
        """Closes the question."""
        room.classroom.close_question()

    @leading.get("/export.csv")
    async def export() -> Response:
        """Answers all answers to all questions as a table."""
        headers = {"Content-Disposition": 'attachment; filename="class.csv"', "Cache-Control": "no-store"}
        return Response(room.classroom.asking.as_csv(), media_type="text/csv", headers=headers)

    @leading.post("/draw", status_code=204)
    async def draw() -> None:
        """Lets everybody draw a token of the step in view."""
        classroom = room.classroom
        place = classroom.place
        async with engines.of_trace(place[0]) as engine:
            classroom.begin_draw(place, await distribution(engine, *place))

    @leading.post("/draw/close", status_code=204)
    async def close_draw() -> None:
        """Ends the draw."""
        room.classroom.close_draw()

    @everybody.post("/draw/one")
    async def draw_one(given: Given, pupil: Pupil = asked_by_pupil) -> dict[str, Any]:
        """Takes {draw}, draws for the pupil and answers {u, token_id}."""
        return room.classroom.draw_one(pupil, given)

    @leading.post("/text", status_code=204)
    async def begin_text() -> None:
        """Begins the text that the class writes, at the step in view."""
        classroom = room.classroom
        place = classroom.place
        async with engines.of_trace(place[0]) as engine:
            await distribution(engine, *place)  # refuses now what the first turn would refuse
        classroom.begin_text(place)

    @everybody.post("/text/turn")
    async def turn(pupil: Pupil = asked_by_pupil) -> dict[str, Any]:
        """Draws the token of the pupil whose turn it is, and answers {u, token_id} when the next step is there."""
        classroom = room.classroom
        classroom.mode.refuse_while_paused()
        classroom.open_text.check(pupil)
        taken = asyncio.ensure_future(_turn(engines, classroom, pupil))
        turns.add(taken)  # the turn is taken to its end, also if the pupil's page is closed meanwhile
        taken.add_done_callback(turns.discard)
        taken.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(taken)

    @leading.post("/text/skip", status_code=204)
    async def skip_turn() -> None:
        """Gives the turn to the next pupil."""
        room.classroom.skip_turn()

    @leading.post("/text/end", status_code=204)
    async def end_text() -> None:
        """Ends the class's text."""
        room.classroom.end_text()

    app.include_router(everybody)
    app.include_router(leading)


@contextmanager
def _presence(classroom: Classroom, pupil: Pupil | None, request: Request, visit: str | None) -> Iterator[None]:
    """Counts a pupil's page as open, and shows Gradio that a page's visit goes on."""
    with standing_in(request, visit) if visit else nullcontext():
        if pupil is None:
            yield
            return
        classroom.come(pupil)
        try:
            yield
        finally:
            classroom.leave(pupil)


async def _turn(engines: Engines, classroom: Classroom, pupil: Pupil) -> dict[str, Any]:
    visitor.current.set(OF_THE_CLASS)
    text = classroom.open_text
    async with engines.of_trace(text.trace) as engine:
        taken = await text.take(engine, pupil, classroom.shown_scene.drawn_under)
    if classroom.text is text and not classroom.has_ended:
        classroom.text_grew()
    engines.store.release([text.trace])
    return taken.drawn()
