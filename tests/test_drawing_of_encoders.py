"""Tests the drawing of encoder-only models: its parts add up, its steps and its head are those of the model."""

import asyncio
from itertools import product

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.errors import PlaygroundError
from playground.inside.whole_drawing import IN_BLOCKS, drawing, lengths
from playground.models.masked_model import MaskedModel
from playground.traces.store import TraceStore
from playground.web.inside import opening
from playground.web.routes.beside_gradio import add_routes
from tests import encoders
from tests.many_models import done
from tests.test_masked_architectures import random

IDS = (2, 5, 6, 7, 4, 9, 3)
TASKS = ("fill-mask", "text-classification", "token-classification")
ALL = tuple(product(encoders.SHAPES, TASKS))
WIDE = [("matrix", 32, 32)]


def of(kind: str) -> MaskedModel:
    return MaskedModel(random(kind), encoders.tokenizer(), kind, "fill-mask")


@pytest.mark.parametrize(("kind", "task"), ALL)
def test_the_parts_add_up_to_the_model(kind, task):
    model = encoders.named(kind, task)
    found = drawing(model)
    sizes = {part.name: part for part in found.parts}
    assert sum(part.parameters for part in found.parts) == found.parameters == model.hf.num_parameters()
    assert not {"other", "rest"} & set(sizes)
    assert sizes["embedding"].tensors[0][1] == (18, 32)
    assert ("token_types" in sizes) == (kind != "distilbert")  # which reads one text alone
    for part in found.parts:
        assert sum(part.each) == (part.parameters if part.name in IN_BLOCKS else 0)
    assert sizes["attention"].each == (4 * (32 * 32 + 32),) * 3
    assert sizes["feed_forward"].each == (2 * 32 * 64 + 32 + 64,) * 3
    assert (found.layers, found.width, found.heads, found.vocabulary) == (3, 32, 4, 18)
    assert found.is_tied == (task == "fill-mask")


@pytest.mark.parametrize("kind", encoders.SHAPES)
def test_norms_stand_in_the_stream_and_the_blocks_are_alike(kind):
    found = drawing(encoders.named(kind))
    assert found.norms_in_stream
    assert [one.layers for one in found.kinds] == [(0, 1, 2)]
    assert found.kinds[0].shape.steps == ("attention", "add", "feed_forward", "add")
    assert [(one.name, one.neurons) for one in found.kinds[0].shape.writers] == [
        ("attention", None),
        ("feed_forward", 64),
    ]


@pytest.mark.parametrize(("kind", "task"), ALL)
def test_the_head_is_that_of_the_task(kind, task):
    found = drawing(encoders.named(kind, task)).head
    assert found.task == task
    assert found.reads == ("first" if task == "text-classification" else "each")
    assert found.labels == (() if task == "fill-mask" else ("LABEL_0", "LABEL_1"))
    steps = {"fill-mask": [*WIDE, ("norm", 32, 32)], "text-classification": WIDE, "token-classification": []}
    assert [(one.name, one.given, one.made) for one in found.steps] == steps[task]


def test_norms_before_the_parts_and_windows_are_kinds_of_blocks():
    model = of("modernbert")
    found = drawing(model)
    steps = ("norm", "attention", "add", "norm", "feed_forward", "add")
    assert not found.norms_in_stream
    assert {kind.shape.steps for kind in found.kinds} == {steps, steps[1:]}  # the first block has no norm of its own
    assert {kind.shape.writers[0].reach for kind in found.kinds} == {None, model.hf.config.sliding_window}
    assert "norm" in {part.name for part in found.parts}
    assert sum(part.parameters for part in found.parts) == found.parameters


@pytest.mark.parametrize("kind", ["deberta-v2", "electra", "xlm-roberta", "mpnet", "roberta-prelayernorm", "fnet"])
def test_other_architectures_are_drawn_as_far_as_their_blocks_are_sums(kind):
    found = drawing(of(kind))
    shape = found.kinds[0].shape
    assert [one.name for one in shape.writers] == ([] if kind == "fnet" else ["attention", "feed_forward"])
    assert bool(shape.undrawn) == (kind == "fnet")
    assert sum(part.parameters for part in found.parts) == found.parameters


@pytest.mark.parametrize(("kind", "why"), [("albert", "several times"), ("funnel", "not found")])
def test_blocks_that_are_not_one_after_the_other_are_refused(kind, why):
    with pytest.raises(PlaygroundError, match=why):
        drawing(of(kind))


@pytest.mark.parametrize("kind", [*encoders.SHAPES, "modernbert"])
def test_lengths_are_those_of_the_hidden_states(kind):
    model = of(kind) if kind == "modernbert" else encoders.named(kind)
    with torch.no_grad():
        hidden = model.hf(torch.tensor([IDS]), output_hidden_states=True).hidden_states
    measured = torch.from_numpy(done(lengths(model, IDS)))
    expected = torch.stack([state[0].norm(dim=-1) for state in hidden])
    assert measured.shape == (len(hidden), len(IDS))
    same = slice(-1) if kind == "modernbert" else slice(None)  # its last state is behind its last norm
    torch.testing.assert_close(measured[same], expected[same], rtol=1e-4, atol=1e-5)


def test_the_page_gets_the_drawing_and_the_lengths_of_a_text():
    reader = Reader(encoders.named("bert"), TraceStore(1_000_000)).start()
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    with TestClient(app) as client:
        told = client.get("/playground/inside/drawing.json").json()
        assert told["head"]["steps"][0] == {"name": "matrix", "given": 32, "made": 32}
        assert told["encoder"] is None
        trace_id = asyncio.run(opening.open_text(reader, encoders.TEXT))
        ids = reader.store.prompt_ids(trace_id)
        found = client.get(f"/playground/traces/{trace_id}/inside/lengths/4").json()["lengths"]
        assert found == pytest.approx(reader.model.states(ids)[:, 4].norm(dim=-1).tolist(), rel=1e-4)
        answer = client.get(f"/playground/traces/{trace_id}/inside/lengths/{len(ids)}")
        assert (answer.status_code, "position" in answer.json()["detail"]) == (400, True)
    reader.close()
