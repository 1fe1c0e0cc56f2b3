"""Tests that the routes for attention answer with a plain forward, within the stated error, or with a sentence."""

import asyncio

import numpy as np
import pytest
from fastapi import FastAPI

from playground import visitor
from playground.attention import head_off, maps
from playground.attention import views as attention_views
from playground.attention.head_probes import Head
from playground.attention.maps import MAX_ERROR, weights_of
from playground.attention.views import AttentionViews, layer_weights, open_text
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.routes.beside_gradio import add_routes
from tests import fakes

EXACT = 1e-5
"""The difference in float32 between two ways to compute the same."""
RECORDED = 2**-12 + EXACT
"""The error of recorded rows. They are float16, which rounds by up to 2^-12 between 0.5 and 1."""
PROMPT = fakes.prompt(9)


def write(engine, *requests: Request) -> list[str]:
    """Runs requests at once. Returns the ids of their traces."""

    async def all_of_them() -> list[str]:
        runs = [engine.trace(request) for request in requests]
        await asyncio.gather(*(fakes.collect(run) for run in runs))
        return [run.trace_id for run in runs]

    return asyncio.run(all_of_them())


@pytest.fixture
def trace_id(engine):
    engine.model.eos_token_ids = frozenset()
    return write(engine, Request(PROMPT, Settings(max_new_tokens=4, seed=2)))[0]


def expected_of(engine, trace_id) -> np.ndarray:
    """Returns the attention of one plain forward over the whole text, (layer, head, query, key)."""
    return fakes.full_forward(engine.model.hf, engine.store.ids(trace_id)[0])[1].numpy()


def fetch(client, trace_id, path) -> np.ndarray:
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/octet-stream"
    return weights_of(np.frombuffer(answer.content, "<u2"))


# recorded rows


@pytest.mark.parametrize("kind", fakes.KINDS)
def test_recorded_rows_are_those_of_a_plain_forward_single_and_batched(tiny_models, tokenizer, kind):
    model = LanguageModel(tiny_models[kind], tokenizer, kind)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(50_000_000)).start()
    requests = [Request(fakes.prompt(length), fakes.greedy(12)) for length in (1, 7, 20)]
    alone = [trace_id for request in requests for trace_id in write(engine, request)]
    together = write(engine, *requests)
    engine.close()
    for trace_id in [*alone, *together]:
        trace = engine.store.get(trace_id)
        expected = expected_of(engine, trace_id)
        for step in trace.steps:
            position = len(trace.prompt_ids) + step.index
            row = step.attention.float().numpy()
            assert row.shape == (*expected.shape[:2], position), "it has the tokens before it and no others"
            np.testing.assert_allclose(row, expected[:, :, position - 1, :position], atol=RECORDED)
            np.testing.assert_allclose(row.sum(-1), 1, atol=1e-3)


@pytest.mark.model
def test_the_default_models_recorded_rows_are_those_of_a_plain_forward(default_model):
    engine = Engine(default_model, TraceStore(2**30)).start()
    prompts = ["The teacher taught the students with the book.", "Once upon a time"]
    requests = [Request(default_model.tokenizer.encode(prompt), fakes.greedy(6)) for prompt in prompts]
    trace_ids = [*write(engine, requests[0]), *write(engine, *requests)]
    engine.close()
    for trace_id in trace_ids:
        trace, expected = engine.store.get(trace_id), expected_of(engine, trace_id)
        for step in trace.steps:
            position = len(trace.prompt_ids) + step.index
            row = step.attention.float().numpy()
            np.testing.assert_allclose(row, expected[:, :, position - 1, :position], atol=RECORDED)
            np.testing.assert_allclose(row.sum(-1), 1, atol=1e-3)


# rows


@pytest.mark.parametrize("state", ["recorded", "mapped", "evicted"])
def test_every_position_has_its_row(client, engine, trace_id, state):
    expected = expected_of(engine, trace_id)
    if state == "mapped":
        fetch(client, trace_id, "maps/0/0")
    if state == "evicted":
        engine.store.release([trace_id])
    for position in range(1, 14):
        row = fetch(client, trace_id, f"rows/{position}").reshape(2, 4, position)
        np.testing.assert_allclose(row, expected[:, :, position - 1, :position], atol=RECORDED + MAX_ERROR + EXACT)


def test_a_row_of_the_prompt_is_not_read_again_once_the_maps_are_there(client, engine, trace_id):
    fetch(client, trace_id, "maps/0/0")
    engine.model.forwards.clear()
    fetch(client, trace_id, "rows/5")
    assert engine.model.forwards == []


@pytest.mark.parametrize(
    ("query", "reduce"),
    [
        ("layer=1&head=2", lambda rows: rows[1, 2]),
        ("layer=1&head=mean", lambda rows: rows[1].mean(0)),
        ("layer=mean&head=max", lambda rows: rows.max(1).mean(0)),
        ("layer=max&head=3", lambda rows: rows[:, 3].max(0)),
        ("layer=mean&head=mean", lambda rows: rows.mean((0, 1))),
    ],
)
def test_the_light_row_is_one_head_or_what_all_come_to(client, engine, trace_id, query, reduce):
    recorded = engine.store.step(trace_id, 2).attention.float().numpy()
    np.testing.assert_allclose(fetch(client, trace_id, f"rows/11?{query}"), reduce(recorded), atol=MAX_ERROR)


# maps


@pytest.mark.parametrize("tokens", [1, 5, 13])
def test_a_map_is_that_of_a_plain_forward(client, engine, trace_id, tokens):
    expected = expected_of(engine, trace_id)[:, :, :tokens, :tokens]
    seen = np.tri(tokens, dtype=bool)
    for layer in range(2):
        for head in range(4):
            found = fetch(client, trace_id, f"maps/{layer}/{head}?tokens={tokens}")
            np.testing.assert_allclose(found, expected[layer, head][seen], atol=MAX_ERROR + EXACT)
        for name, reduced in (("mean", expected[layer].mean(0)), ("max", expected[layer].max(0))):
            found = fetch(client, trace_id, f"maps/{layer}/{name}?tokens={tokens}")
            np.testing.assert_allclose(found, reduced[seen], atol=3 * MAX_ERROR)


def test_maps_of_a_text_with_too_many_heads_are_made_a_layer_at_a_time(client, engine, trace_id, monkeypatch):
    monkeypatch.setattr(attention_views, "LARGEST_SHARE", 0)
    expected = expected_of(engine, trace_id)
    for layer in (1, 0):
        found = fetch(client, trace_id, f"maps/{layer}/2")
        np.testing.assert_allclose(found, expected[layer, 2][np.tri(13, dtype=bool)], atol=MAX_ERROR + EXACT)
    assert len(fetch(client, trace_id, "rows/13")) == 2 * 4 * 13


def test_a_text_is_read_once_for_all_its_heads(client, engine, trace_id, monkeypatch):
    jobs, work = [], engine.work

    async def counted(job, source_ids):
        jobs.append(job)
        return await work(job, source_ids)

    monkeypatch.setattr(engine, "work", counted)
    for path in ("maps/0/0", "maps/1/3", "maps/1/mean", "thumbnails", "measures.json"):
        assert client.get(f"/playground/traces/{trace_id}/attention/{path}").status_code == 200
    assert len(jobs) == 1


def test_rollout_is_a_triangle_whose_rows_sum_to_one(client, trace_id):
    found = fetch(client, trace_id, "rollout?tokens=10")
    rows = np.split(found, np.cumsum(range(1, 10)))
    np.testing.assert_allclose([row.sum() for row in rows], 1, atol=1e-3)


def test_thumbnails_tell_their_side(client, engine, trace_id):
    answer = client.get(f"/playground/traces/{trace_id}/attention/thumbnails")
    side = int(answer.headers["x-side"])
    cells = np.frombuffer(answer.content, np.uint8).reshape(2, 4, side, side)
    np.testing.assert_allclose((cells / 255) ** 2, expected_of(engine, trace_id), atol=4e-3)


def test_measures_are_plain_numbers_by_layer_and_head(client, engine):
    trace_id = write(engine, Request((5, 9, 5, 9, 7), fakes.greedy(1)))[0]
    told = client.get(f"/playground/traces/{trace_id}/attention/measures.json?tokens=5").json()
    weights = expected_of(engine, trace_id)[:, :, :5, :5]
    assert (told["tokens"], told["induction_queries"]) == (5, 2)
    induction = (weights[:, :, 2, 1] + weights[:, :, 3, 2]) / 2
    np.testing.assert_allclose(told["induction"], induction, atol=EXACT)
    assert np.shape(told["entropy_bits"]) == (2, 4)
    none = client.get(f"/playground/traces/{trace_id}/attention/measures.json?tokens=2").json()
    assert none["induction"] is None


def test_a_head_switched_off_is_told_beside_the_original(client, engine, trace_id):
    told = client.get(f"/playground/traces/{trace_id}/attention/without/1/2?position=11").json()
    raw = engine.store.step(trace_id, 2).logits.double().softmax(-1)
    before = {candidate["token_id"]: candidate["before"] for candidate in told["candidates"]}
    assert list(before)[:10] == raw.argsort(descending=True)[:10].tolist()
    assert list(before.values()) == pytest.approx([raw[token_id].item() for token_id in before], abs=1e-5)
    assert told["kl_bits"] > 0
    assert (told["position"], told["layer"], told["head"]) == (11, 1, 2)
    assert len({candidate["after"] for candidate in told["candidates"]}) > 1


def test_facts(client):
    told = client.get("/playground/attention.json").json()
    assert told == {
        "layers": 2,
        "heads": 4,
        "key_value_heads": 2,
        "windows": [None, None],
        "without": [None, None],
        "map_tokens": 512,
        "max_error": MAX_ERROR,
        "dtype": "float32",
        "reason": None,
        "is_merged": False,
    }


# life and limits


def test_what_was_computed_goes_when_its_trace_goes(engine):
    async def look() -> list[int]:
        views = AttentionViews(engine)
        kept = []
        for give_up in (engine.store.drop, engine.store.release):
            trace_id = await open_text(engine, "the tin on the tin")
            await views.map(trace_id, None, 0, 0)
            await views.rollout(trace_id, None)
            kept.append(views.shelf.nbytes)
            give_up([trace_id])
            kept.append(views.shelf.nbytes)
        return kept

    first, after_drop, second, after_release = asyncio.run(look())
    assert first == second > 0
    assert after_drop == after_release == 0


async def test_of_all_jobs_asked_for_at_once_one_at_a_time_holds_memory(engine, monkeypatch):
    """Six visitors request maps, rollouts, a layer and a head switched off: one job at a time holds memory."""
    monkeypatch.setattr(maps, "SLICE_TOKENS", 2)
    alive, most = [], []

    def counted(job):
        def counting(*args, **options):
            alive.append(job.__name__)
            most.append(len(alive))
            try:
                return (yield from job(*args, **options))
            finally:
                alive.pop()

        return counting

    for job in (maps.record, maps.rollout, maps.one_layer):
        monkeypatch.setattr(maps, job.__name__, counted(job))
    monkeypatch.setattr(head_off, "logits_without", counted(head_off.logits_without))
    views, asked = AttentionViews(engine), []
    for number in range(6):
        visitor.current.set(f"visitor {number}")
        trace_id = await open_text(engine, "the tin on the tin" + " on" * number)
        asked += [
            asyncio.create_task(question)
            for question in (
                views.maps(trace_id, None),
                views.rollout(trace_id, None),
                head_off.without(engine, trace_id, 5, Head(0, 1)),
                layer_weights(engine, views.ids(trace_id, None), 1),
            )
        ]
    leaving = asked.pop()
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(*asked)
    assert len(most) >= len(asked)
    assert max(most) == 1


async def test_a_client_that_has_left_is_computed_for_no_more(engine, monkeypatch):
    """Its job would never end. The next job begins, which shows that the first one's place is free."""
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(model, ids):
        loop.call_soon_threadsafe(begun.set)
        while True:
            yield

    monkeypatch.setattr(maps, "rollout", endless)
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    trace_id = await open_text(engine, "the tin")
    left = asyncio.Event()

    async def receive() -> dict:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(_message: dict) -> None:
        pass

    path = f"/playground/traces/{trace_id}/attention/rollout"
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
    }
    scope |= {"query_string": b"", "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "app": app}
    asking = asyncio.create_task(app(scope, receive, send))
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        await begun.wait()
        left.set()
        await asking
        await AttentionViews(engine).maps(trace_id, None)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("maps/2/0", "layer is 2, and tiny has 2 of them. Choose one from 0 to 1."),
        ("maps/0/4", "head is 4, and tiny has 4 of them. Choose one from 0 to 3."),
        ("maps/0/-1", "head is -1"),
        ("maps/x/0", "layer must be a whole number, but is 'x'."),
        ("maps/mean/0", "layer must be a whole number, but is 'mean'."),
        ("maps/0/0?tokens=14", "tokens is 14, and this text has 13. Ask for 1 to 13."),
        ("maps/0/0?tokens=0", "tokens is 0"),
        ("rows/0", "position is 0, and this text has 13 tokens. Choose one from 1 to 13"),
        ("rows/14", "position is 14"),
        ("rows/5?layer=1", "layer and head belong together"),
        ("rows/5?layer=median&head=0", "layer must be a whole number, but is 'median'."),
        ("measures.json?tokens=1", "one token, and the measures need at least two"),
        ("without/0/9?position=3", "head is 9"),
        ("without/0/0?position=99", "position is 99"),
        ("bertviz/7", "layer is 7"),
        ("bertviz/0?head=7", "head is 7"),
        ("bertviz/0?last=1000", "last is 1000"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(client, trace_id, path, sentence):
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize("path", ["rows/1", "maps/0/0", "rollout", "thumbnails", "measures.json", "bertviz/0"])
def test_a_trace_nobody_has_is_a_sentence(client, path):
    answer = client.get(f"/playground/traces/nobody-guesses-this/attention/{path}")
    assert (answer.status_code, "no longer kept" in answer.text) == (404, True)


@pytest.mark.parametrize(
    "path", ["rows/1", "maps/0/0", "rollout", "thumbnails", "measures.json", "without/0/0?position=1"]
)
def test_a_model_without_attention_says_so_everywhere(client, engine, trace_id, path):
    engine.model.spoil = lambda ids, seen: Observation(seen.logits, None)
    assert "does not return" in client.get("/playground/attention.json").json()["reason"]
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    assert (answer.status_code, answer.json()["detail"]) == (422, "tiny does not return its attention weights.")


def test_a_long_text_has_rows_but_no_map(client, engine, trace_id, monkeypatch):
    monkeypatch.setattr(attention_views, "MAP_TOKENS", 10)
    answer = client.get(f"/playground/traces/{trace_id}/attention/maps/0/0")
    assert "The text has 13 tokens, and a text to look at has at most 10. Shorten it by 3." in answer.text
    assert len(fetch(client, trace_id, "rows/13?layer=0&head=0")) == 13
    assert len(fetch(client, trace_id, "maps/0/0?tokens=10")) == 55


def test_one_token_is_a_map_of_one(client, engine):
    trace_id = asyncio.run(open_text(engine, "a"))
    assert fetch(client, trace_id, "maps/1/3").tolist() == [1]
    assert fetch(client, trace_id, "rows/1?layer=0&head=0").tolist() == [1]
    assert client.get(f"/playground/traces/{trace_id}/attention/without/0/0?position=1").json()["kl_bits"] >= 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "The text is empty. Write or paste one."), ("a" * 5000, "has 5,000 tokens"), (None, "text must be a text")],
)
async def test_a_text_that_cannot_be_opened_is_a_sentence(engine, text, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await open_text(engine, text)
