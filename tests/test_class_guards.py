"""Tests what nobody but the teacher may do, what a hostile page can do to a class, and what following costs."""

import asyncio
from unittest.mock import Mock

import gradio as gr
import pytest

from playground.classroom import pupils
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.web.classroom.room import PUPIL_HEADER, TEACHER_HEADER
from playground.web.guards.class_rules import WHY_NO_PLAY
from playground.web.guards.rates import JOINS
from playground.web.panels.events import endpoint, stream
from playground.web.routes import row_answers, traces
from tests import fakes
from tests.classes import SECRET, TEACHER, Site, scene
from tests.test_edge import routes_of

OPEN = {"events", "who", "join", "here", "answer", "draw/one", "text/turn"}
"""The routes of the class that pupils use. All others lead it."""
PAUSED = "The teacher has paused the class. Wait until it goes on."


@pytest.fixture
def site(engine):
    return Site(engine)


def class_routes(site: Site) -> dict[str, str]:
    """Returns the method of each route of the class, by its path below the prefix."""
    found = {route.path: next(iter(route.methods - {"HEAD"})) for route in routes_of(site.routes)}
    prefix = "/playground/class/"
    return {path.removeprefix(prefix): method for path, method in found.items() if path.startswith(prefix)}


async def test_every_leading_route_needs_the_teachers_secret(site):
    routes = class_routes(site)
    assert set(routes) > OPEN
    assert len(routes) == 20, "a new route is one of OPEN, or leads"
    pupil = await site.join("Ada")
    wrong = [{}, pupil, {TEACHER_HEADER: SECRET[:-1]}, {TEACHER_HEADER: f"{SECRET}x"}, {PUPIL_HEADER: SECRET}]
    body = {"number": 1, "frozen": True, **scene(), "kind": "token", "text": "x"}
    async with site.reading() as reader:
        for path in sorted(set(routes) - OPEN):
            for headers in [*wrong, {TEACHER_HEADER: "", **pupil}]:
                answer = await site.ask(routes[path], path, body, headers)
                assert answer.status == 403, (path, headers)
                assert SECRET not in answer.body.decode()
        assert [message["version"] for message in reader.messages] == [0], "nothing was changed"


async def test_no_secret_and_no_token_is_in_what_others_get(site):
    pupil = await site.join("Ada")
    async with site.reading(pupil) as reader, site.reading(TEACHER) as desk:
        await site.teach("scene", scene())
        await reader.until(lambda: reader.state["scene"])
        await desk.until(lambda: desk.desk)
        told = str((reader.messages, desk.desk))
        assert SECRET not in told
        assert pupil[PUPIL_HEADER] not in told


async def test_no_pupil_acts_for_another(site):
    ada = await site.join("Ada")
    await site.teach("question", {"kind": "token", "text": "Which?"})
    for headers in ({}, TEACHER, {PUPIL_HEADER: "1"}, {PUPIL_HEADER: "x" * 5000}):
        for path, given in (("answer", {"question": 1, "answer": "a"}), ("draw/one", {"draw": 1}), ("text/turn", None)):
            assert (await site.post(path, given, headers)).status == 403
        assert (await site.post("here", {"version": 1, "alone": False}, headers)).status == 403
    await site.post("answer", {"question": 1, "answer": "a", "number": 2, "pupil": 2}, ada)
    assert site.room.classroom.asking.open.answers == {1: "a"}


async def test_a_second_page_with_the_same_token_is_the_same_pupil(site):
    ada = await site.join("Ada")
    async with site.reading(ada) as first:
        async with site.reading(ada) as second:
            await second.has(here=1)
        await site.teach("question", {"kind": "token", "text": "Which?"})
        for answer in ("a", "b"):
            await site.post("answer", {"question": 1, "answer": answer}, ada)
        await first.until(lambda: first.state["question"] and first.state["question"]["count"] == 1)
        assert first.state["here"] == 1


@pytest.mark.parametrize(
    ("nickname", "status"),
    [
        ("<b onload=x>", "<b onload=x>"),
        ("A\u202eda\u0000\u200f", "Ada"),
        (" A\n\tb ", "A b"),
        (None, ""),
        ("x" * 25, 413),
        ("x" * 10_000, 413),
        ("\ud800", 400),
        (7, 400),
        (["a"], 400),
    ],
)
async def test_a_nickname_is_text(site, nickname, status):
    answer = await site.post("join", {"nickname": nickname})
    if isinstance(status, int):
        assert answer.status == status
        assert answer.sentence.startswith("The nickname")
        return
    assert answer.json["nickname"] == status
    async with site.reading(TEACHER) as desk:
        await desk.until(lambda: desk.desk)
        assert desk.desk["pupils"][0]["name"] == status


async def test_an_answer_is_text_and_bounded(site):
    ada = await site.join()
    await site.teach("question", {"kind": "token", "text": "Which?"})
    assert (await site.post("answer", {"question": 1, "answer": "<i>\u202e x\u0007"}, ada)).status == 204
    assert site.room.classroom.asking.open.answers == {1: "<i> x"}
    assert (await site.post("answer", {"question": 1, "answer": "x" * 10_000}, ada)).status == 413
    assert (await site.post("answer", b"x" * 100_000, ada)).status == 413
    assert (await site.post("answer", {"question": 1, "answer": "\u202e"}, ada)).status == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"prompt": "x" * 21_000}, 413),
        ({"fields": {"a": "é" * 11_000}}, 413),
        ({"settings": {"temperature": -1}}, 400),
        ({"settings": {"magic": 1}}, 400),
        ({"view": 7}, 400),
        ({"view": None}, 400),
        ({"index": 1.5}, 400),
        ({"trace": "../x"}, 400),
        ({"trace": "unknown"}, 404),
        ({"lesson": {"name": "a"}}, 400),
        ({"guess": "yes"}, 400),
        ({"other": 1}, 400),
        ({"prompt": "\ud800"}, 400),
    ],
)
async def test_a_scene_is_checked(site, fields, status):
    answer = await site.post("scene", scene(**fields), TEACHER)
    assert answer.status == status
    assert answer.sentence.endswith(".")
    assert site.room.classroom.scene is None


async def test_floods_are_bounded(site):
    joined = [(await site.post("join", {})).status for _ in range(JOINS.burst + 20)]
    assert set(joined[: JOINS.burst]) == {200}
    assert 429 in joined[JOINS.burst :]
    assert len(site.room.classroom.pupils) <= pupils.MOST_PUPILS


async def test_a_full_class_gives_the_places_of_those_who_are_away(site):
    classroom = site.room.classroom
    here = await site.join("here")
    async with site.reading(here) as reader:
        await reader.has(here=1)
        for _ in range(2 * pupils.MOST_PUPILS):
            classroom.pupils.join(None)
        assert len(classroom.pupils) == pupils.MOST_PUPILS
        assert (await site.ask("GET", "who", headers=here)).status == 200
        for pupil in classroom.pupils:
            classroom.pupils.open_page(pupil)
        with pytest.raises(PlaygroundError, match="The class is full"):
            classroom.pupils.join(None)


async def test_another_sites_page_and_somebody_without_a_login_get_nothing(engine):
    site = Site(engine, credentials=("class", "secret"))
    assert (await site.ask("GET", "who", headers=TEACHER)).status == 401
    site = Site(engine)
    assert (await site.ask("GET", "events", headers={"origin": "http://evil.example"})).status == 403


async def test_the_model_works_for_nobody_but_the_teacher_and_who_leads_while_the_class_is_paused(site):
    ada = await site.join("Ada")
    body = {"prompt_ids": [7, 8], "completion_ids": [9]}

    async def statuses(headers) -> set[int]:
        paths = ("/playground/next-logits", "/playground/scores", "/playground/inside/patching", "/v1/completions")
        return {(await site.post(path, body, headers)).status for path in paths}

    assert 409 not in await statuses(ada)
    for mode, sentence in ({"paused": True}, PAUSED), ({"paused": False, "may": {"play": False}}, "playing alone"):
        await site.teach("mode", mode)
        for headers in ({}, ada):
            assert await statuses(headers) == {409}
        assert sentence in (await site.post("/playground/next-logits", body, ada)).sentence
        assert 409 not in await statuses(TEACHER)
    await site.teach("lead", {"number": 1})
    assert 409 not in await statuses(ada)


async def test_gradios_events_and_endpoints_are_refused_with_the_same_sentence():
    def request(why) -> gr.Request:
        asked = gr.Request(session_hash="ada")
        asked.request = Mock(scope={WHY_NO_PLAY: why})
        asked.request.app.get_blocks()._queue.active_jobs = []
        return asked

    async def work(call):
        yield "text"

    connected = []
    for is_look in (False, True):
        stream(lambda run, *_, **__: connected.append(run), work, None, lambda sentence: sentence, is_look=is_look)
    told = [
        [message async for message in run(gr.EventData(None, {}), request(why))]
        for run in connected
        for why in (None, PAUSED)
    ]
    assert told == [["text"], [PAUSED], ["text"], ["text"]]

    async def answer(text: str, request: gr.Request) -> str:
        return text

    with pytest.raises(gr.Error, match="paused the class"):
        await endpoint(answer)("text", request=request(PAUSED))


async def test_a_step_that_thirty_open_costs_one_answer_and_no_forward(site, monkeypatch):
    run = site.engine.trace(Request(fakes.prompt(5), fakes.greedy(4)))
    async for _ in run:
        pass
    pupils = [await site.join() for _ in range(30)]
    made, forwards = [], []
    pack, head = row_answers.packed, row_answers._head
    monkeypatch.setattr(row_answers, "packed", lambda *asked: made.append("row") or pack(*asked))
    monkeypatch.setattr(row_answers, "_head", lambda *asked: made.append("head") or head(*asked))
    for name in ("prefill", "begin", "step"):
        if hasattr(site.engine.model, name):
            monkeypatch.setattr(site.engine.model, name, lambda *_, name=name, **__: forwards.append(name))
    addresses = [f"/playground/traces/{run.trace_id}/{kind}/2" for kind in ("logits", "head")]
    for address in addresses:
        answers = await asyncio.gather(*(site.ask("GET", address, headers=pupil) for pupil in pupils))
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1
    assert (made, forwards) == (["row", "head"], [])
    row = site.engine.store.get(run.trace_id).steps[2].row
    assert (await site.ask("GET", addresses[0])).body == row.astype("<f4").tobytes()
    site.engine.store.drop([run.trace_id])
    assert [(await site.ask("GET", address)).status for address in addresses] == [404, 404]


async def test_the_message_about_a_text_is_built_once_for_thirty_and_anew_when_it_has_grown(site, monkeypatch):
    site.engine.model.eos_token_ids = frozenset()
    site.engine.model.hold()
    run = site.engine.trace(Request(fakes.prompt(5), fakes.greedy(6)))
    reading = asyncio.ensure_future(_to_end(run))
    built = []
    build = traces.trace_message
    monkeypatch.setattr(traces, "trace_message", lambda *asked: built.append(len(asked[1].steps)) or build(*asked))
    address = f"/playground/traces/{run.trace_id}"

    async def steps() -> int:
        answers = await asyncio.gather(*(site.ask("GET", address) for _ in range(30)))
        assert len({answer.body for answer in answers}) == 1
        model = site.engine.model
        found = site.engine.store.get(run.trace_id)
        assert answers[0].json == build(run.trace_id, found, None, model.vocabulary_size, model.extra_names)
        return len(answers[0].json["steps"])

    site.engine.model.allow(2)
    await asyncio.wait_for(_while(lambda: len(site.engine.store.get(run.trace_id).steps) < 2), fakes.PATIENCE_SECONDS)
    assert (await steps(), await steps()) == (2, 2)
    site.engine.model.free()
    await reading
    assert (await steps(), await steps()) == (6, 6)
    assert built == [2, 6]
    site.engine.store.drop([run.trace_id])
    assert (await site.ask("GET", address)).status == 404


async def test_a_text_that_is_written_grows_on_all_pages(site):
    site.engine.model.eos_token_ids = frozenset()
    site.engine.model.hold()
    run = site.engine.trace(Request(fakes.prompt(5), fakes.greedy(12)))
    reading = asyncio.ensure_future(_to_end(run))
    async with site.reading() as reader:
        await site.teach("scene", scene(trace=run.trace_id, index=0))
        await reader.until(lambda: reader.state["scene"])
        assert reader.state["growth"] is None
        site.engine.model.allow(4)
        await reader.until(lambda: _steps(reader) == [0, 1, 2, 3])
        site.engine.model.free()
        await reading
        await reader.until(lambda: reader.state["growth"]["stop_reason"] == "length")
        assert _steps(reader) == list(range(12)), "each step is told once"
        growth = reader.state["growth"]
        assert (growth["trace_id"], growth["header"]) == (run.trace_id, None)
        version = site.room.classroom.news.version
        await site.teach("scene", scene(trace=run.trace_id, index=1))
        await reader.until(lambda: reader.messages[-1]["version"] == version + 1)
        assert set(reader.messages[-1]["changed"]) == {"scene"}
    assert not site.engine.store.is_shared(run.trace_id), "who follows does not keep the text from growing"


async def test_nothing_is_told_of_texts_that_the_class_does_not_see(site):
    async with site.reading() as reader:
        await site.teach("scene", scene())
        run = site.engine.trace(Request(fakes.prompt(5), fakes.greedy(4)))
        await _to_end(run)
        await site.teach("scene", scene(index=1))
        await reader.until(lambda: reader.state["scene"] and reader.state["scene"]["index"] == 1)
        assert all(message["changed"].get("growth") is None for message in reader.messages)


def _steps(reader) -> list[int]:
    grown = [message["changed"].get("growth") for message in reader.messages]
    return [step["index"] for one in grown if one for step in one["steps"]]


async def _to_end(run) -> None:
    async for _ in run:
        pass


async def _while(is_so) -> None:
    while is_so():
        await asyncio.sleep(0)
