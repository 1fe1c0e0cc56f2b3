"""Tests that all steps that a visitor can see can be looked at, however small the store is."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.attention.views import AttentionViews
from playground.decoding.measures import RawFacts
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.models.forward import Observation
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace
from playground.web.routes.beside_gradio import add_routes
from tests import fakes, saved_trace

SAMPLED = 25
"""On the default model one step in this number is looked at, because each needs a forward."""

ROOM = 100_000
"""The bytes of a store that gives attention up first."""

FACTS = ("token_id", "draw", "probability", "kept", "forced", "seconds", "raw")


def written(engine: Engine, requests: list[Request]) -> list[tuple[str, Trace]]:
    """Returns ids and whole traces with the rows that were made with them."""

    async def write(request: Request) -> tuple[str, Trace]:
        run = engine.trace(request)
        steps = [news async for news in run if isinstance(news, Step)]
        trace = engine.store.get(run.trace_id)
        return run.trace_id, Trace(trace.model, trace.prompt_ids, trace.settings, tuple(steps), trace.stop_reason)

    async def all_of_them() -> list[tuple[str, Trace]]:
        half = len(requests) // 2  # two visitors
        first = [await asyncio.gather(*(write(request) for request in requests[place::half])) for place in range(half)]
        return [found for pair in first for found in pair]

    return asyncio.run(all_of_them())


def assert_every_step_can_be_looked_at(client, engine, trace_id, trace, atol=1e-5, every=1):
    told = client.get(f"/playground/traces/{trace_id}").json()
    assert [step["token_id"] for step in told["steps"]] == list(trace.token_ids)
    assert told["stop_reason"] == trace.stop_reason
    known = engine.store.get(trace_id)
    for step in trace.steps[::every]:
        assert [getattr(known.steps[step.index], name) for name in FACTS] == [getattr(step, name) for name in FACTS]
        answer = client.get(f"/playground/traces/{trace_id}/logits/{step.index}")
        assert answer.status_code == 200, (step.index, answer.json())
        np.testing.assert_allclose(np.frombuffer(answer.content, "<f4"), step.row, rtol=0, atol=atol)


def giving_attention_up_first() -> TraceStore:
    return TraceStore(ROOM, max_attention_bytes=0)


def fill(store: TraceStore, traces: list[Trace]) -> None:
    """Fills a store until there is room for nothing but the logits of these traces, which are all that it has."""
    logits = sum(step.logits.nbytes for trace in traces for step in trace.steps)
    filling = Step(0, torch.empty(ROOM - logits, dtype=torch.uint8), 5, None, 1.0, 1, None, 0.0)
    store.open(Trace("tiny", (1,), Settings(), (filling,)))


@pytest.fixture
def small(tiny_models, tokenizer):
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(30_000)).start()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        yield engine, client
    engine.close()


@pytest.fixture
def texts(small):
    prompt = small[0].model.tokenizer.encode("the in on")
    return written(small[0], [Request(prompt, Settings(max_new_tokens=12, seed=seed)) for seed in range(8)])


def test_every_step_of_every_text_can_be_looked_at(small, texts):
    engine, client = small
    assert engine.store.nbytes <= 30_000
    assert sum(step.logits is None for trace_id, _ in texts for step in engine.store.get(trace_id).steps) >= 6 * 12
    for trace_id, trace in texts * 2:  # a row that is looked at may replace others, which are then looked at again
        assert_every_step_can_be_looked_at(client, engine, trace_id, trace)


def test_everything_else_of_a_text_is_there_too(small, texts):
    _, client = small
    for trace_id, trace in texts:
        for path in ("prompt", "written", "script/5", "attention/rows/9", "attention/maps/1/2", "attention/bertviz/0"):
            answer = client.get(f"/playground/traces/{trace_id}/{path}")
            assert answer.status_code == 200, (path, answer.text)
        for kind in ("full", "light"):
            content = client.get(f"/playground/traces/{trace_id}/file?kind={kind}").content
            file, opened = saved_trace.told(content), saved_trace.open_on_the_page(content)
            for ours, row, theirs in zip(file["steps"], opened.rows, trace.steps, strict=True):
                raw = RawFacts(ours["raw_probability"], ours["entropy_bits"], ours["rank"])
                assert [(ours | {"raw": raw})[name] for name in FACTS] == [getattr(theirs, name) for name in FACTS]
                torch.testing.assert_close(row, theirs.logits, rtol=0, atol=1e-5)
                if kind == "full":
                    attention = saved_trace.attention(file, theirs.index)
                    torch.testing.assert_close(attention, theirs.attention, rtol=0, atol=2**-11)


def test_a_text_stays_when_its_visitor_has_left(small, texts):
    engine, client = small
    engine.store.release([trace_id for trace_id, _ in texts])
    assert engine.store.nbytes == 0
    for trace_id, trace in texts:
        assert_every_step_can_be_looked_at(client, engine, trace_id, trace)


def test_a_file_of_a_text_without_rows_reads_every_token_once(small, texts):
    engine, client = small
    trace_id, trace = next(found for found in texts if engine.store.step(found[0], 0) is None)
    engine.model.forwards.clear()
    client.get(f"/playground/traces/{trace_id}/file")
    assert engine.model.forwards == [("prefill", len(trace.prompt_ids) - 1)] + [("step", 1)] * len(trace.steps)


async def test_every_step_can_be_looked_at_while_its_text_gives_up_all_but_the_newest(llama):
    llama.eos_token_ids = frozenset()
    engine = Engine(llama, TraceStore(0)).start()
    views, settings = AttentionViews(engine), Settings(max_new_tokens=12, seed=3)
    [run, *others] = [engine.trace(Request(fakes.prompt(length), settings)) for length in (5, 7, 9)]
    reading = [asyncio.ensure_future(fakes.collect(other)) for other in others]
    steps = []
    async for news in run:
        if isinstance(news, Step):
            steps.append(news)
            for step in (steps[0], steps[len(steps) // 2], news):
                seen = await engine.lookups.at(run.trace_id, step.index)
                np.testing.assert_allclose(seen.row, step.row, rtol=0, atol=1e-5)
                rows = await views.rows(run.trace_id, 5 + step.index)
                np.testing.assert_allclose(rows.weights, step.attention.float(), rtol=0, atol=2**-11)
            held = [step.logits is not None for step in engine.store.get(run.trace_id).steps]
            assert not any(held[:-1])
    assert [step.index for step in steps] == list(range(12))
    await asyncio.gather(*reading)
    assert engine.store.nbytes == 0
    engine.close()


async def test_two_readers_of_a_step_share_its_forward(llama):
    llama.eos_token_ids = frozenset()
    engine = Engine(llama, giving_attention_up_first()).start()
    run = engine.trace(Request(fakes.prompt(5), Settings(max_new_tokens=12, seed=3)))
    steps = await fakes.collect(run)
    fill(engine.store, [replace(engine.store.get(run.trace_id), steps=tuple(steps))])
    views = AttentionViews(engine)
    await views.row(run.trace_id, 1, 0, 0)
    llama.forwards.clear()
    found = await asyncio.gather(*(views.row(run.trace_id, 9, 1, 2) for _ in range(4)))
    assert [kind for kind, _ in llama.forwards].count("step") == 1
    for rows in found:
        np.testing.assert_allclose(rows.weights, steps[4].attention[1, 2].float(), rtol=0, atol=2**-11)
    engine.close()


def test_ten_times_the_texts_stay_within_the_bound(small):
    engine, client = small
    prompt = engine.model.tokenizer.encode("the in on")
    found = written(engine, [Request(prompt, Settings(max_new_tokens=12, seed=seed)) for seed in range(80)])
    assert engine.store.nbytes <= 30_000
    for trace_id, trace in found[::8]:
        assert_every_step_can_be_looked_at(client, engine, trace_id, trace, every=5)
        assert client.get(f"/playground/traces/{trace_id}/attention/rows/9").status_code == 200


@pytest.mark.parametrize(("dtype", "note"), [("float32", None), ("bfloat16", "bfloat16")])
def test_a_row_that_may_differ_says_so(tiny_models, tokenizer, dtype, note):
    hf = fakes.tiny("llama").to(getattr(torch, dtype))
    engine = Engine(fakes.PacedModel(hf, tokenizer), TraceStore(10_000_000)).start()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        [(trace_id, _), *_] = written(engine, [Request(fakes.prompt(5), fakes.greedy(4))] * 2)
        path = f"/playground/traces/{trace_id}/logits"
        assert "x-recomputed" not in client.get(f"{path}/1").headers
        engine.store.release([trace_id])
        assert client.get(f"{path}/1").headers.get("x-recomputed") == note
        assert "x-recomputed" not in client.get(f"{path}/-1").headers, "nothing chose a token of the prompt"
    engine.close()


@pytest.mark.parametrize(("dtype", "note"), [(torch.float32, None), (torch.bfloat16, "bfloat16")])
def test_attention_that_may_differ_says_so_though_its_logits_are_still_there(tokenizer, dtype, note):
    hf = fakes.tiny("llama").to(dtype)
    engine = Engine(fakes.PacedModel(hf, tokenizer), giving_attention_up_first()).start()
    engine.model.eos_token_ids = frozenset()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        [(trace_id, trace), (_, other)] = written(engine, [Request(fakes.prompt(5), fakes.greedy(4))] * 2)
        path = f"/playground/traces/{trace_id}"
        assert "x-recomputed" not in client.get(f"{path}/attention/rows/6").headers
        fill(engine.store, [trace, other])
        engine.model.forwards.clear()
        for step in trace.steps:
            answer = client.get(f"{path}/logits/{step.index}")
            assert np.array_equal(np.frombuffer(answer.content, "<f4"), step.row), "the recorded row is there"
            assert "x-recomputed" not in answer.headers
        assert engine.model.forwards == []
        for query in ("", "?layer=1&head=2"):
            assert client.get(f"{path}/attention/rows/6{query}").headers.get("x-recomputed") == note
            assert "x-recomputed" not in client.get(f"{path}/attention/rows/4{query}").headers, "a token of the prompt"
    engine.close()


@pytest.mark.parametrize("returns_attention", [True, False])
def test_a_file_has_the_recorded_logits_and_attention_that_was_given_up(tiny_models, tokenizer, returns_attention):
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    model.eos_token_ids = frozenset()
    if not returns_attention:
        model.spoil = lambda ids, seen: Observation(seen.logits, None)
    engine = Engine(model, giving_attention_up_first()).start()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        [(trace_id, trace), (_, other)] = written(engine, [Request(fakes.prompt(5), fakes.greedy(6))] * 2)
        fill(engine.store, [trace, other])
        assert all(step.attention is None for step in engine.store.get(trace_id).steps)
        model.forwards.clear()
        light = saved_trace.told(client.get(f"/playground/traces/{trace_id}/file?kind=light").content)
        assert (len(light["steps"]), model.forwards) == (6, [])
        content = client.get(f"/playground/traces/{trace_id}/file").content
        file, opened = saved_trace.told(content), saved_trace.open_on_the_page(content)
        for row, step in zip(opened.rows, trace.steps, strict=True):
            assert torch.equal(row, step.logits)
            if returns_attention:
                attention = saved_trace.attention(file, step.index)
                torch.testing.assert_close(attention, step.attention, rtol=0, atol=2**-11)
            else:
                assert file["steps"][step.index]["attention"] is None
        steps = 6 if returns_attention else 1
        assert model.forwards == [("prefill", 4)] + [("step", 1)] * steps, "a model without attention is asked once"
    engine.close()


@pytest.mark.model
@pytest.mark.parametrize(
    ("megabytes", "texts", "new_tokens"), [(10, 4, 30), pytest.param(64, 8, 100, marks=pytest.mark.long)]
)
def test_on_the_default_model_a_few_megabytes_are_enough(default_model, megabytes, texts, new_tokens):
    store = TraceStore(megabytes * 2**20)
    engine = Engine(default_model, store).start()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    prompt = default_model.tokenizer.encode("Once upon a time")
    requests = [
        Request(prompt, Settings(temperature=0.9, max_new_tokens=new_tokens, seed=seed)) for seed in range(texts)
    ]
    with TestClient(app) as client:
        found = written(engine, requests)
        steps = sum(len(trace.steps) for _, trace in found)
        assert 4 * default_model.vocabulary_size * steps > 1.2 * store.nbytes, "not all of it has room"
        assert store.nbytes <= megabytes * 2**20
        for trace_id, trace in found:  # logits reach 25, where float32 has steps of 2e-6
            assert_every_step_can_be_looked_at(client, engine, trace_id, trace, 2e-4, SAMPLED)
    engine.close()
