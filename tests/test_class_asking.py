"""Tests what a class is asked, and draws and writes together, over its routes."""

import asyncio
import codecs
import csv
import io
from collections import Counter

import pytest
import torch

from playground.classroom.written import one_line
from playground.decoding.draws import Walk, drawn
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.engine.request import Request
from playground.lessons.faults import Faults
from playground.lessons.reading import Name, parse
from tests import fakes
from tests.classes import TEACHER, Site, scene
from tests.lesson_texts import SMALL

CHOICE = {"kind": "choice", "text": "Which word?", "choices": ["cake", "donut"]}
SAMPLE = Settings(temperature=0.9, top_k=50, seed=4, max_new_tokens=6)


@pytest.fixture
def lesson():
    return parse(SMALL, Name(6, "warmth", ""), Faults("warmth.md"))


@pytest.fixture
def site(engine):
    return Site(engine)


async def written(site: Site, settings: Settings = SAMPLE) -> str:
    """Returns the id of a finished text that a visitor holds."""
    site.engine.model.eos_token_ids = frozenset()
    run = site.engine.trace(Request(fakes.prompt(5), settings))
    async for _ in run:
        pass
    return run.trace_id


async def test_one_answer_of_each_counts_and_may_change_until_the_reveal(site):
    ada, bo = await site.join("Ada"), await site.join("Bo")
    async with site.reading(ada) as reader, site.reading(TEACHER) as desk:
        await site.teach("question", CHOICE)
        await reader.until(lambda: reader.state["question"])
        asked = reader.state["question"]
        assert (asked["text"], asked["choices"], asked["results"], asked["reveal"]) == (
            "Which word?",
            ["cake", "donut"],
            None,
            None,
        )
        for given in ("donut", "cake", "cake"):
            assert (await site.post("answer", {"question": asked["id"], "answer": given}, ada)).status == 204
        assert (await site.post("answer", {"question": asked["id"], "answer": "cake"}, bo)).status == 204
        await reader.until(lambda: reader.state["question"]["count"] == 2)
        assert reader.state["question"]["results"] is None, "nobody sees the results before the reveal"
        assert all(not (one["changed"].get("question") or {}).get("results") for one in reader.messages)
        await desk.until(lambda: desk.desk and desk.desk["answers"] == {"1": "cake", "2": "cake"})
        assert desk.desk["asked"][0]["results"] == [{"answer": "cake", "count": 2}]
        await site.teach("question/reveal")
        await reader.until(lambda: reader.state["question"]["revealed"])
        assert reader.state["question"]["results"] == [{"answer": "cake", "count": 2}]
        late = await site.post("answer", {"question": asked["id"], "answer": "donut"}, ada)
        assert (late.status, late.sentence) == (409, "The answer is revealed already, so that it counts no more.")
        await site.teach("question/close")
        await reader.has(question=None)
        assert (await site.post("answer", {"question": asked["id"], "answer": "donut"}, ada)).status == 409


async def test_a_bar_is_counted_by_its_tenths_and_a_token_as_it_is_named(site):
    pupils = [await site.join() for _ in range(4)]
    await site.teach("question", {"kind": "bar", "text": "How probable?", "token": " cake"})
    for pupil, share in zip(pupils, (0.31, 0.39, 1, 0), strict=True):
        await site.post("answer", {"question": 1, "answer": share}, pupil)
    assert site.room.classroom.asking.open.results() == [
        {"answer": 0.3, "count": 2},
        {"answer": 0.9, "count": 1},
        {"answer": 0.0, "count": 1},
    ]
    for wrong in (1.01, -0.1, float("nan"), "0.5", True, None):
        assert (await site.post("answer", {"question": 1, "answer": wrong}, pupils[0])).status == 400
    await site.teach("question", {"kind": "token", "text": "Which word?", "hides": True})
    for pupil, token in zip(pupils, (7, 7, " cake", 7), strict=True):
        await site.post("answer", {"question": 2, "answer": token}, pupil)
    assert site.room.classroom.asking.open.results()[0] == {"answer": 7, "count": 3}


async def test_the_answers_are_a_table_in_which_nothing_is_a_formula(site):
    pupil = await site.join("=1+1")
    await site.teach("question", {"kind": "token", "text": 'Which, "word"?\nThink.'})
    await site.post("answer", {"question": 1, "answer": "@SUM(A1)"}, pupil)
    answer = await site.ask("GET", "export.csv", headers=TEACHER)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.body.startswith(codecs.BOM_UTF8), "Excel takes it for UTF-8 only then"
    table = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    assert table == [
        ["pupil", "nickname", "question", "kind", "text", "answer"],
        ["1", "'=1+1", "1", "token", 'Which, "word"?\nThink.', "'@SUM(A1)"],
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Zoë", "Zoë"),
        ("a-b + c; d", "a-b + c; d"),
        ("-1", "'-1"),
        ('"=1+1', "\"'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("x;=1+1", "x;'=1+1"),
        ("x; '@SUM(A1)", "x; ''@SUM(A1)"),
        ("\u200b=1+1", "'=1+1"),
    ],
)
async def test_a_name_is_no_formula_where_semicolons_divide_the_cells_either(site, name, written):
    pupil = await site.join(name)
    await site.teach("question", CHOICE)
    await site.post("answer", {"question": 1, "answer": "cake"}, pupil)
    assert (
        site.room.classroom.asking.as_csv()
        .splitlines()[1]
        .startswith(("1," + written, '1,"' + written.replace('"', '""')))
    )


async def test_the_desk_is_told_little_of_each_question_and_the_most_frequent_answer(site):
    pupils = [await site.join() for _ in range(3)]
    async with site.reading(TEACHER) as desk:
        await site.teach("question", {"kind": "token", "text": "Which word?"})
        for pupil, token in zip(pupils, (7, 8, 9), strict=True):
            await site.post("answer", {"question": 1, "answer": token}, pupil)
        await site.post("answer", {"question": 1, "answer": 9}, pupils[0])
        told = {"id": 1, "kind": "token", "text": "Which word?", "count": 3, "results": [{"answer": 9, "count": 2}]}
        await desk.until(lambda: desk.desk and desk.desk["asked"] == [told])


async def test_a_lessons_reveal_comes_with_the_results(engine, lesson):
    site = Site(engine, [lesson])
    page = next(number for number, one in enumerate(lesson.told()["pages"]) if "reveal" in str(one["parts"]))
    await site.teach("mode", {"may": {"play": False}})
    await site.teach("question", CHOICE | {"lesson": {"name": "warmth", "page": page}})
    async with site.reading() as reader:
        assert reader.state["question"]["reveal"] is None
        await site.teach("question/reveal")
        await reader.until(lambda: reader.state["question"]["reveal"])
        parts = lesson.pages[page].told()["parts"]
        assert reader.state["question"]["reveal"] == next(part for part in parts if part["kind"] == "reveal")


@pytest.mark.parametrize("lang", ["", "?lang=fr", "?lang=de"])
async def test_pupils_get_lessons_without_notes_and_answers(engine, lesson, lang):
    site = Site(engine, [lesson, parse(SMALL, Name(6, "warmth", "fr"), Faults("warmth.fr.md"))])
    address = f"/playground/lessons/warmth.json{lang}"

    async def kinds(headers=None) -> Counter:
        pages = (await site.ask("GET", address, headers=headers)).json["pages"]
        parts = [part for page in pages for part in page["parts"]]
        assert headers or all(part["answer"] is None for part in parts if part["kind"] == "ask")
        return Counter(part["kind"] for part in parts)

    whole = await kinds(TEACHER)
    assert {"note", "reveal", "ask"} <= set(whole)
    assert whole == Counter(part["kind"] for page in lesson.told()["pages"] for part in page["parts"])
    assert await kinds() == whole - Counter({"note": whole["note"]})
    await site.teach("mode", {"may": {"play": False}})
    assert await kinds() == whole - Counter({"note": whole["note"], "reveal": whole["reveal"]})
    assert await kinds(TEACHER) == whole


async def test_the_sources_of_lessons_are_for_the_teacher_only(site):
    address = "/playground/assets/lessons/06-temperature.md"
    assert (await site.ask("GET", address)).status == 403
    assert (await site.ask("GET", address, headers=await site.join())).status == 403
    assert (await site.ask("GET", address, headers=TEACHER)).status == 200


async def test_everybody_draws_one_token_of_the_steps_own_distribution(site):
    trace_id = await written(site)
    settings = Settings(temperature=1.3, top_k=20, repetition_penalty=1.2, seed=9)
    await site.teach("scene", scene(trace=trace_id, index=3, settings=settings.to_dict()))
    pupils = [await site.join() for _ in range(30)]
    async with site.reading(pupils[0]) as reader:
        await site.teach("draw")
        await reader.until(lambda: reader.state["draw"])
        draw = reader.state["draw"]
        assert (draw["place"], draw["drawn"], draw["counts"]) == ({"trace": trace_id, "index": 3}, 0, {})
        told = [(await site.post("draw/one", {"draw": draw["id"]}, pupil)).json for pupil in pupils]
        assert (await site.post("draw/one", {"draw": draw["id"]}, pupils[0])).json == told[0], "one draw each"
        counts = Counter(str(one["token_id"]) for one in told)
        await reader.until(lambda: reader.state["draw"]["counts"] == dict(counts))
        assert len({one["u"] for one in told}) == 30
        await site.teach("draw/close")
        await reader.has(draw=None)
        assert (await site.post("draw/one", {"draw": draw["id"]}, pupils[0])).status == 409
    trace = site.engine.store.get(trace_id)
    moment = Moment(trace.prompt_ids + trace.token_ids[:3], 5, (), 9, [step.surprise for step in trace.steps[:3]])
    scores = stages(trace.steps[3].held_logits, moment, settings)[-1].logits
    chosen = drawn(scores.repeat(30, 1), [one["u"] for one in told]).token_ids.tolist()
    assert [one["token_id"] for one in told] == chosen


def test_a_walk_draws_what_the_sampler_draws():
    torch.manual_seed(0)
    rows = torch.randn(5000), torch.randn(300).round(decimals=1), torch.zeros(7), torch.tensor([1.0, -torch.inf])
    for scores in rows:
        us = [*torch.rand(200, dtype=torch.float64).tolist(), 0.0, 1 - 2**-53]
        walk = Walk.of(scores)
        assert [walk.token_at(u) for u in us] == drawn(scores.repeat(len(us), 1), us, len(scores)).token_ids.tolist()


async def test_nothing_is_drawn_without_a_step_or_with_greedy(site):
    assert (await site.post("draw", headers=TEACHER)).status == 409
    trace_id = await written(site)
    await site.teach("scene", scene(trace=trace_id, index=0, settings={"strategy": "greedy"}))
    for path in ("draw", "text"):
        refused = await site.post(path, headers=TEACHER)
        assert (refused.status, "Choose sample" in refused.sentence) == (409, True)
    await site.teach("scene", scene(trace=trace_id, index=60, settings=SAMPLE.to_dict()))
    assert (await site.post("draw", headers=TEACHER)).status == 404


async def test_the_class_writes_a_text_one_token_in_turn(site):
    trace_id = await written(site)
    before = site.engine.store.get(trace_id)
    await site.teach("scene", scene(trace=trace_id, index=2, settings=SAMPLE.to_dict()))
    pupils = [await site.join(name) for name in ("Ada", "Bo", "Cy")]
    async with site.reading(pupils[0]) as reader, site.reading(pupils[2]):
        await reader.has(here=2)
        await site.teach("text")
        await reader.until(lambda: reader.state["text"])
        assert reader.state["text"]["turn"] == {"number": 1, "name": "Ada"}
        refused = await site.post("text/turn", None, pupils[2])
        assert (refused.status, refused.sentence) == (409, "It is not your turn. Wait until the page says so.")
        drawn_tokens = []
        for pupil in (pupils[0], pupils[2], pupils[0]):
            drawn_tokens.append((await site.post("text/turn", None, pupil)).json["token_id"])
        await reader.until(lambda: reader.state["text"]["tokens"] == 3)
        text = reader.state["text"]
        assert text["turn"]["number"] == 3, "Bo is not here"
        assert text["last"]["token_id"] == drawn_tokens[-1]
        authors = {"first": 2, "by": [1, 3, 1], "names": {"1": "Ada", "3": "Cy"}}
        assert reader.state["written"] == [{"trace": text["trace"], **authors}]
        trace = site.engine.store.get(text["trace"])
        assert trace.token_ids[:5] == (*before.token_ids[:2], *drawn_tokens)
        assert (len(trace.steps), text["index"]) == (6, 5)
        assert (reader.state["scene"]["trace"], reader.state["scene"]["index"]) == (text["trace"], 5)
        assert trace.steps[5].logits is not None, "the next pupil's distribution is there"
        expected = fakes.next_logits(site.engine.model, trace.prompt_ids + trace.token_ids[:5])
        torch.testing.assert_close(trace.steps[5].held_logits, expected, rtol=1e-4, atol=1e-5)
        await site.teach("text/skip")
        await reader.until(lambda: reader.state["text"]["turn"]["number"] == 1)
        await site.teach("text/end")
        await reader.has(text=None)
        own = site.engine.store.get(reader.state["scene"]["trace"])
        assert own.token_ids == trace.token_ids[:5], "the model's own token is left out"
        assert reader.state["written"] == [{"trace": reader.state["scene"]["trace"], **authors}], (
            "it stays known who drew"
        )
        assert not site.engine.store.holds(text["trace"])
        assert site.engine.store.holds(reader.state["scene"]["trace"])
        await site.teach("end")
    assert not site.engine.store.holds(reader.state["scene"]["trace"])
    assert site.engine.store.holds(trace_id)


async def test_a_turn_cannot_be_taken_twice_at_once(site):
    trace_id = await written(site)
    await site.teach("scene", scene(trace=trace_id, index=0, settings=SAMPLE.to_dict()))
    pupil = await site.join()
    async with site.reading(pupil) as reader:
        await reader.has(here=1)
        await site.teach("text")
        site.engine.model.hold()
        first = asyncio.ensure_future(site.post("text/turn", None, pupil))
        await asyncio.wait_for(_while(lambda: not site.room.classroom.open_text.is_being_written), 60)
        assert (await site.post("text/turn", None, pupil)).status == 409
        assert (await site.post("text/skip", None, TEACHER)).status == 409
        site.engine.model.free()
        assert (await first).status == 200
        await reader.until(lambda: reader.state["text"]["tokens"] == 1)


async def test_a_pupil_who_leaves_loses_the_turn(site, monkeypatch):
    monkeypatch.setattr("playground.classroom.classroom.TURN_SECONDS", 0.01)
    trace_id = await written(site)
    await site.teach("scene", scene(trace=trace_id, index=0, settings=SAMPLE.to_dict()))
    ada, bo = await site.join("Ada"), await site.join("Bo")
    async with site.reading(bo) as reader:
        async with site.reading(ada):
            await reader.has(here=2)
            await site.teach("text")
            await reader.until(lambda: reader.state["text"])
            assert reader.state["text"]["turn"]["number"] == 1
        await reader.until(lambda: reader.state["text"]["turn"]["number"] == 2)


async def test_an_end_token_ends_the_text(site):
    trace_id = await written(site)
    site.engine.model.eos_token_ids = frozenset(range(fakes.VOCABULARY))
    await site.teach("scene", scene(trace=trace_id, index=0, settings=SAMPLE.to_dict()))
    pupil = await site.join()
    async with site.reading(pupil) as reader:
        await reader.has(here=1)
        await site.teach("text")
        await site.post("text/turn", None, pupil)
        await reader.until(lambda: reader.state["text"] and reader.state["text"]["ended"])
        assert (reader.state["text"]["turn"], reader.state["text"]["index"]) == (None, 0)
        assert (await site.post("text/turn", None, pupil)).status == 409


def test_what_is_typed_is_text_on_a_line():
    assert one_line("It", "  <b>a</b>\u202e\u0007 \n b\u200f ", 24) == "<b>a</b> b"


async def _while(is_so) -> None:
    while is_so():
        await asyncio.sleep(0)
