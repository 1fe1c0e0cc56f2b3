"""Tests the row that follows a text: it equals a plain forward, is computed once, and shares time with other texts."""

import asyncio

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine import lookups
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.lookups import Lookups
from playground.engine.next_rows import next_row
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.web.routes.beside_gradio import add_routes
from tests import fakes


def probabilities(row: np.ndarray) -> np.ndarray:
    return torch.tensor(row).double().softmax(-1).numpy()


def expected(engine, ids) -> np.ndarray:
    return fakes.full_forward(engine.model.hf, ids)[0][-1].double().softmax(-1).numpy()


@pytest.mark.parametrize("kind", fakes.KINDS)
@pytest.mark.parametrize("slice_tokens", [256, 4], ids=["one slice", "slices"])
async def test_a_row_is_what_the_model_says_after_the_text(tiny_models, tokenizer, kind, slice_tokens, monkeypatch):
    monkeypatch.setattr(lookups, "SLICE_TOKENS", slice_tokens)
    engine = Engine(fakes.PacedModel(tiny_models[kind], tokenizer), TraceStore(10_000_000)).start()
    try:
        for prompt, completion in [((7,), ()), (fakes.prompt(4), ()), (fakes.prompt(9), fakes.prompt(7, 1))]:
            row = await next_row(engine, prompt, completion)
            assert row.dtype == np.float32
            np.testing.assert_allclose(probabilities(row), expected(engine, prompt + completion), rtol=0, atol=1e-5)
    finally:
        engine.close()


async def test_a_row_is_computed_once_for_all_who_ask(engine, llama):
    ids = (*fakes.prompt(5), 9, 8)
    first = await asyncio.gather(*(engine.lookups.after(ids) for _ in range(3)))
    again = await engine.lookups.after(ids)
    assert all(seen is again for seen in first)
    assert (await next_row(engine, list(ids[:5]), [9, 8])).tolist() == again.row.tolist()
    assert llama.forwards == [("prefill", 6), ("step", 1)]


async def test_kept_rows_are_bounded(engine, llama):
    one = (await engine.lookups.after((*fakes.prompt(5), 2))).nbytes
    kept = Lookups(engine.work, engine.held, engine.caches.beginning_of, engine.store, max_bytes=2 * one)
    llama.forwards.clear()
    for token_id in (2, 3, 4, 4, 2):  # the third row replaces the first one
        await kept.after((*fakes.prompt(5), token_id))
    assert llama.batch_sizes == [1] * 4
    assert kept.nbytes == 2 * one


async def test_a_text_goes_on_between_the_slices(engine, llama, monkeypatch):
    monkeypatch.setattr(lookups, "SLICE_TOKENS", 2)
    llama.eos_token_ids = frozenset()
    request = Request(fakes.prompt(3), fakes.greedy(40))
    await asyncio.gather(fakes.trace(engine, request), engine.lookups.after(fakes.prompt(12)))
    kinds = "".join(kind[0] for kind, _ in llama.forwards)
    beside = kinds[kinds.index("s") :]
    assert beside.count("p") >= 3
    assert "pp" not in beside, "never two slices while a text waits for its step"


async def test_nobody_who_looks_takes_a_place_from_a_text(tiny_models, tokenizer):
    """Rows can be looked at although one text fits and none may wait, since looking does not take a place."""
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(10_000_000), Limits(rows=1, waiting=0)).start()
    try:
        running = engine.trace(Request(fakes.prompt(3), fakes.greedy(30)))
        looks = asyncio.gather(*(engine.lookups.after(fakes.prompt(4, seed)) for seed in range(20)))
        steps = await fakes.collect(running)
        assert len(steps) == 30
        assert len(await looks) == 20
    finally:
        engine.close()


async def test_who_looks_after_a_text_reads_only_what_is_new(engine, llama):
    llama.eos_token_ids = frozenset()
    _, trace = await fakes.trace(engine, Request(fakes.prompt(8), fakes.greedy(6)))
    llama.forwards.clear()
    await engine.lookups.after(trace.ids_before(4))
    assert llama.forwards == [("step", 1)]


@pytest.mark.parametrize(
    ("prompt", "completion", "sentence"),
    [
        ((), (5,), "The prompt is empty"),
        ((5, fakes.VOCABULARY), (), f"{fakes.VOCABULARY} is no token of tiny"),
        ((5,), (True,), "True is no token"),
        ((5,), ("x" * 99,), "no token of tiny"),
        ("five", (), "a list of ids"),
        (fakes.prompt(96), (), "window of 96"),
        (fakes.prompt(90), fakes.prompt(6), "fills tiny's window"),
    ],
)
async def test_what_cannot_be_followed_is_refused(engine, llama, prompt, completion, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await next_row(engine, prompt, completion)
    assert llama.forwards == []


def test_the_page_fetches_a_row_as_little_endian_float32(engine):
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        asked = {"prompt_ids": list(fakes.prompt(5)), "completion_ids": [9, 8]}
        answer = client.post("/playground/next-logits", json=asked)
        row = np.frombuffer(answer.content, "<f4")
        np.testing.assert_allclose(probabilities(row), expected(engine, (*fakes.prompt(5), 9, 8)), rtol=0, atol=1e-5)
        refused = client.post("/playground/next-logits", json=asked | {"completion_ids": [-1]})
        assert (refused.status_code, refused.json()["detail"]) == (
            400,
            "-1 is no token of tiny. Give a whole number from 0 to 299.",
        )
