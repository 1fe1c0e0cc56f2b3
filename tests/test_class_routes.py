"""Tests the class over its routes: who follows whom, and what each role may do."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from playground.classroom import news
from playground.web.classroom import stream
from playground.web.classroom.room import PUPIL_HEADER, TEACHER_HEADER
from tests import fakes
from tests.classes import TEACHER, Site, scene

PARTS = {"here", "lead", "mode", "may", "scene", "growth", "question", "draw", "text", "written", "ended"}


@pytest.fixture
def site(engine):
    return Site(engine)


async def test_thirty_pupils_and_the_projector_follow_two_hundred_changes_in_order(site):
    async with asyncio.TaskGroup() as group:
        joining = [group.create_task(site.join(f"pupil {number}")) for number in range(30)]
    async with AsyncExitStack() as pupils, site.reading() as projector:
        streams = [projector]
        for task in joining:
            streams.append(await pupils.enter_async_context(site.reading(task.result())))
        await projector.has(here=30)
        await follow_all(site, streams)
        await pupils.aclose()
        assert len(site.room.classroom.news.readers) == 1
        await projector.has(here=0)


async def follow_all(site, streams):
    before = [stream.messages[-1]["version"] for stream in streams]
    versions = []
    for index in range(200):
        told = await site.teach("scene", scene(prompt=f"text {index}", index=index))
        versions.append(told["version"])
    await asyncio.gather(*(one.until(lambda one=one: one.messages[-1]["version"] == versions[-1]) for one in streams))
    for one, last in zip(streams, before, strict=True):
        news = [message for message in one.messages if message["version"] > last]
        assert [message["version"] for message in news] == list(range(last + 1, versions[-1] + 1)), "without a gap"
        scenes = [message["changed"]["scene"]["index"] for message in news if "scene" in message["changed"]]
        assert scenes == list(range(200))
    assert len({one.chunks[-1] for one in streams}) == 1, "all readers get the same bytes"


async def test_who_comes_late_gets_the_present_state(site):
    await site.teach("mode", {"blank": True})
    await site.teach("scene", scene(prompt="The sky"))
    async with site.reading() as late:
        [first] = late.messages
        assert set(first["changed"]) == PARTS
        assert first["changed"]["scene"]["prompt"] == "The sky"
        assert first["changed"]["mode"] == {"frozen": False, "blank": True, "paused": False}
        assert first["version"] == 2
        assert first["begun"] == site.room.classroom.news.begun


async def test_a_reader_who_is_too_slow_gets_everything_anew(site):
    async with site.reading() as slow, site.reading() as quick:
        slow.may_go.clear()
        for index in range(news.MOST_WAITING + 20):
            await site.teach("scene", scene(index=index))
        await quick.until(lambda: quick.state["scene"]["index"] == news.MOST_WAITING + 19)
        assert max(len(one._waiting) for one in site.room.classroom.news.readers) <= news.MOST_WAITING
        slow.may_go.set()
        await slow.until(lambda: slow.messages[-1]["version"] == quick.messages[-1]["version"])
        assert set(slow.messages[-1]["changed"]) == PARTS
        await site.teach("scene", scene(index=7))
        await slow.until(lambda: slow.state["scene"]["index"] == 7)
        assert set(slow.messages[-1]["changed"]) == {"scene"}


async def test_a_stream_that_ended_costs_nothing(site):
    pupil = await site.join()
    for _ in range(3):
        async with site.reading(pupil) as first, site.reading(TEACHER):
            await first.until(lambda: first.state["here"] == 1)
    assert not site.room.classroom.news.readers
    assert not site.room.classroom.pupils.here


async def test_a_quiet_stream_sends_comments(site, monkeypatch):
    monkeypatch.setattr(stream, "PING_SECONDS", 0.01)
    sent = asyncio.Event()
    async with site.reading() as reader:
        reader._take = lambda chunk: sent.set() if chunk == stream.PING else None
        await asyncio.wait_for(sent.wait(), fakes.PATIENCE_SECONDS)


async def test_a_pupil_may_lead(site):
    lea, other = await site.join("Léa"), await site.join()
    refused = await site.post("scene", scene(), lea)
    assert (refused.status, "Only the teacher" in refused.sentence) == (403, True)
    async with site.reading() as reader:
        await site.teach("lead", {"number": 1})
        await reader.has(lead={"number": 1, "name": "Léa"})
        assert (await site.post("scene", scene(prompt="mine"), lea)).status == 200
        await reader.until(lambda: reader.state["scene"] and reader.state["scene"]["prompt"] == "mine")
        assert (await site.post("scene", scene(), other)).status == 403
        assert (await site.post("scene", scene())).status == 403
        taken = await site.post("scene", scene(), TEACHER)
        assert (taken.status, taken.sentence) == (409, "A pupil leads the class. Take the lead back first.")
        await site.teach("lead", {"number": None})
        await reader.has(lead=None)
        assert (await site.post("scene", scene(), lea)).status == 403
    assert (await site.post("lead", {"number": 9}, TEACHER)).status == 404


async def test_a_frozen_class_keeps_its_scene_and_gets_the_last_one_when_it_thaws(site):
    async with site.reading() as reader:
        await site.teach("scene", scene(prompt="first"))
        await site.teach("mode", {"frozen": True})
        await reader.until(lambda: reader.state["mode"]["frozen"])
        for prompt in ("second", "third"):
            await site.teach("scene", scene(prompt=prompt))
        assert reader.state["scene"]["prompt"] == "first"
        version = reader.messages[-1]["version"]
        await site.teach("mode", {"frozen": False})
        await reader.until(lambda: not reader.state["mode"]["frozen"])
        assert reader.state["scene"]["prompt"] == "third"
        assert reader.messages[-1]["version"] == version + 1


async def test_the_class_ends_and_nothing_of_it_is_kept(site):
    pupil = await site.join("Ada")
    begun = site.room.classroom.news.begun
    async with site.reading(pupil) as reader, site.reading(TEACHER) as desk:
        await site.teach("scene", scene(prompt="The sky"))
        await site.teach("end")
        await reader.until(lambda: reader.has_ended)
        await desk.until(lambda: desk.has_ended)
        assert reader.state["ended"]
    assert (await site.ask("GET", "who", headers=pupil)).status == 403
    async with site.reading() as late:
        assert (late.state["ended"], late.state["scene"], late.messages[0]["begun"] == begun) == (False, None, False)


async def test_a_pupil_may_take_another_nickname(site):
    pupil = await site.join()
    answer = await site.post("join", {"nickname": "Ada"}, pupil)
    assert answer.json == {"token": pupil[PUPIL_HEADER], "number": 1, "nickname": "Ada"}
    assert len(site.room.classroom.pupils) == 1
    assert (await site.post("join", {"nickname": "x" * 30}, pupil)).status == 413
    await site.teach("lead", {"number": 1})
    async with site.reading() as reader:
        await reader.has(lead={"number": 1, "name": "Ada"})
    joined = await site.post("join", {}, {PUPIL_HEADER: "of the class before the restart"})
    assert joined.json["number"] == 2


async def test_the_server_knows_who_asks(site):
    pupil = await site.join("Ada")
    assert (await site.ask("GET", "who", headers=TEACHER)).json["role"] == "teacher"
    assert (await site.ask("GET", "who", headers=pupil)).json == {"role": "pupil", "number": 1, "nickname": "Ada"}
    assert (await site.ask("GET", "who")).json["role"] == "projector"
    for headers in ({TEACHER_HEADER: "wrong"}, {TEACHER_HEADER: ""}, {PUPIL_HEADER: "wrong"}, {PUPIL_HEADER: ""}):
        answer = await site.ask("GET", "who", headers=headers)
        assert answer.status == 403
        assert answer.sentence.endswith(".")


async def test_who_follows_and_has_not_shown_the_scene_in_time_is_behind(site, monkeypatch):
    monkeypatch.setattr("playground.classroom.behind.SECONDS", 0.01)
    ada, bo, _ = [await site.join(name) for name in ("Ada", "Bo", "Cy")]
    async with site.reading(ada), site.reading(bo), site.reading(TEACHER) as desk:
        version = (await site.teach("scene", scene()))["version"]
        await site.post("here", {"version": version, "alone": False}, ada)
        behind = lambda: [one["behind"] for one in desk.desk["pupils"]] if desk.desk else None  # noqa: E731
        await desk.until(lambda: behind() == [False, True, False])
        await site.post("here", {"version": 0, "alone": True}, bo)
        await desk.until(lambda: behind() == [False, False, False])
        assert [one["alone"] for one in desk.desk["pupils"]] == [False, True, False]
        assert desk.desk["qr"].startswith("<svg")
