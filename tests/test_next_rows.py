"""What would follow a node of a search: the row of a plain forward, computed once, in turn with the texts."""

import asyncio

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.request import Request
from playground.routes import add_routes
from playground.strategies import next_rows
from playground.strategies.next_rows import NextRows
from playground.trace import TraceStore
from tests import fakes


def probabilities(row: np.ndarray) -> np.ndarray:
    return torch.tensor(row).double().softmax(-1).numpy()


def expected(engine, ids) -> np.ndarray:
    return fakes.full_forward(engine.model.hf, ids)[0][-1].double().softmax(-1).numpy()


@pytest.mark.parametrize("kind", fakes.KINDS)
@pytest.mark.parametrize("slice_tokens", [256, 4], ids=["one forward", "slices"])
async def test_a_row_is_what_the_model_says_after_the_text(tiny_models, tokenizer, kind, slice_tokens, monkeypatch):
    monkeypatch.setattr(next_rows, "SLICE_TOKENS", slice_tokens)
    engine = Engine(fakes.PacedModel(tiny_models[kind], tokenizer), TraceStore(10_000_000)).start()
    try:
        for prompt, completion in [((7,), ()), (fakes.prompt(4), ()), (fakes.prompt(9), fakes.prompt(7, 1))]:
            row = await NextRows(engine).after(prompt, completion)
            assert row.dtype == np.float32
            np.testing.assert_allclose(probabilities(row), expected(engine, prompt + completion), rtol=0, atol=1e-5)
    finally:
        engine.close()


async def test_a_row_is_computed_once_for_all_who_ask(engine, llama):
    rows = NextRows(engine)
    first = await asyncio.gather(*(rows.after(fakes.prompt(5), (9, 8)) for _ in range(3)))
    again = await rows.after(list(fakes.prompt(5)), [9, 8])
    assert all(row is again for row in first)
    assert llama.forwards == [("extend", 1)]


async def test_kept_rows_are_bounded(engine, llama):
    rows = NextRows(engine, max_bytes=2 * 4 * fakes.VOCABULARY)
    for token_id in (2, 3, 4, 4, 2):  # the third row takes the first one's place
        await rows.after(fakes.prompt(5), (token_id,))
    assert len(llama.forwards) == 4


async def test_a_text_goes_on_between_the_slices(engine, llama, monkeypatch):
    monkeypatch.setattr(next_rows, "SLICE_TOKENS", 2)
    llama.eos_token_ids = frozenset()
    request = Request(fakes.prompt(3), fakes.greedy(40))
    await asyncio.gather(fakes.trace(engine, request), NextRows(engine).after(fakes.prompt(12), ()))
    kinds = "".join(kind[0] for kind, _ in llama.forwards)
    beside = kinds[kinds.index("s") :]
    assert beside.count("p") >= 3
    assert "pp" not in beside, "never two slices while a text waits for its step"


@pytest.mark.parametrize(
    ("prompt", "completion", "sentence"),
    [
        ((), (5,), "no prompt"),
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
        await NextRows(engine).after(prompt, completion)
    assert llama.forwards == []


def test_the_page_fetches_a_row_as_little_endian_float32(engine):
    app = FastAPI()
    add_routes(app, engine)
    with TestClient(app) as client:
        asked = {"prompt_ids": list(fakes.prompt(5)), "completion_ids": [9, 8]}
        answer = client.post("/playground/next-logits", json=asked)
        row = np.frombuffer(answer.content, "<f4")
        np.testing.assert_allclose(probabilities(row), expected(engine, (*fakes.prompt(5), 9, 8)), rtol=0, atol=1e-5)
        refused = client.post("/playground/next-logits", json=asked | {"completion_ids": [-1]})
        assert (refused.status_code, refused.json()["detail"]) == (400, "-1 is no token of tiny.")
