"""Tests that an answer of a few numbers brings no whole rows from the device: searches, labels, tables, maps.

The budgets do not grow with the vocabulary, and not with the layers where one result has all of them.
"""

from functools import partial

import pytest

from playground.attention import head_off, maps
from playground.attention.head_probes import Head
from playground.attention.measures import MEASURES
from playground.decoding import draws
from playground.decoding.settings import Settings
from playground.decoding.stages import warper
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.inside.patching import patching
from playground.models.language_model import LanguageModel
from playground.prompts.labels import Query, Scorer
from playground.strategies import best_first
from playground.strategies.beam_tree import TOLD
from playground.strategies.beams import search
from playground.traces.store import TraceStore
from playground.web import api
from tests import fakes
from tests.device_side import DeviceSide, no_arrays_of_the_device, on_engine

BYTES = 8
"""Of a number that leaves the device."""
IDS = fakes.prompt(40)


@pytest.fixture(params=fakes.KINDS)
def engine(request, tokenizer, monkeypatch):
    model = LanguageModel(fakes.tiny(request.param), tokenizer, request.param)
    model.eos_token_ids = frozenset({fakes.EOS})
    for module in (draws, warper):
        monkeypatch.setattr(module, "looks_are_free", lambda _: False)
    engine = Engine(model, TraceStore(50_000_000)).start()
    yield engine
    engine.close()


@pytest.fixture(autouse=True)
def no_arrays():
    with no_arrays_of_the_device():
        yield


def side_of(engine: Engine) -> DeviceSide:
    return DeviceSide(engine.model.hf, is_strict=True)


@pytest.mark.parametrize("beams", [1, 4])
async def test_a_beam_search_brings_the_best_continuations_in_one_transfer_a_step(engine, beams):
    settings = Settings(strategy="beam", num_beams=beams, max_new_tokens=8, repetition_penalty=1.2)
    side = side_of(engine)
    async with on_engine(engine, side):
        trees = [tree async for tree in search(engine, fakes.prompt(6), settings)]
    width = 2 * beams
    at_start = 2  # transformers looks at the special tokens
    assert side.waits.total() == len(trees) + at_start, side.waits
    assert side.nbytes == (len(trees) * (4 * width + 2 * beams * TOLD + 1) + at_start) * BYTES


async def test_the_whole_tree_brings_the_best_children_in_one_transfer_a_forward(engine, monkeypatch):
    monkeypatch.setattr(best_first, "CHILDREN", 20)
    side = side_of(engine)
    async with on_engine(engine, side):
        trees = [tree async for tree in best_first.whole_tree(engine, fakes.prompt(6), 3, 60)]
    assert side.waits.total() == len({tree.expanded for tree in trees} - {0}), side.waits
    assert side.nbytes == trees[-1].expanded * 2 * (best_first.CHILDREN + 1) * BYTES


async def test_labels_bring_a_number_for_each_token_that_is_read(engine):
    labels = ((3,), (4, 5), (6, 7, 8))
    side = side_of(engine)
    async with on_engine(engine, side):
        await Scorer(engine).log_probabilities([Query(fakes.prompt(9, seed), labels) for seed in range(3)])
    assert side.nbytes == 3 * sum(map(len, labels)) * BYTES
    assert side.waits.total() <= 3, "one for each slice"


async def test_the_table_of_a_step_brings_its_candidates_in_one_transfer(engine, monkeypatch):
    side, traced = side_of(engine), []

    async def step(_, found, one):
        async with on_engine(engine, side):
            traced.append(await engine.call(partial(api._step, found, one)))

    async def answer(engine, found):
        for one in found.steps:
            await step(engine, found, one)
        return {}

    monkeypatch.setattr(api, "answer", answer)
    async with on_engine(engine, side_of(engine)):
        await api.trace(engine, "Hello", {"max_new_tokens": 3, "top_k": 30, "top_p": 0.9, "temperature": 0.7})
    assert [len(one["candidates"]) for one in traced] == [api.CANDIDATES] * 3
    columns = 4 + len(("raw", "temperature", "top_k", "top_p"))
    assert side.nbytes == 3 * ((1 + api.CANDIDATES) * columns + 2 * (columns - 5)) * BYTES  # two of each stage
    assert side.waits.total() == 3, side.waits


def sizes(engine: Engine) -> tuple[int, int]:
    known = engine.model.facts()
    return int(known["layers"]), int(known["heads"])


async def test_all_maps_and_measures_leave_at_the_end(engine, monkeypatch):
    monkeypatch.setattr(maps, "SLICE_TOKENS", 16)
    layers, heads = sizes(engine)
    side = side_of(engine)
    async with on_engine(engine, side):
        await engine.work(lambda model: maps.record(model, IDS, keep_layers=True))
    thumbnails, triangles = maps.THUMBNAIL_SIDE**2, 2 * maps.triangular(len(IDS))
    assert side.nbytes == layers * heads * (thumbnails + triangles + len(MEASURES) * BYTES)
    assert side.waits.total() == 3, side.waits


@pytest.mark.parametrize(
    ("job", "numbers"),
    [
        (partial(maps.one_layer, ids=IDS, layer=1), 4 * len(IDS) ** 2 * 4),
        (partial(maps.rollout, ids=IDS), 2 * maps.triangular(len(IDS))),
        (partial(head_off.logits_without, ids=IDS, head=Head(1, 2)), 2 * fakes.VOCABULARY * 4),
    ],
    ids=["one layer", "rollout", "without a head"],
)
async def test_a_map_or_two_rows_leave_once(engine, monkeypatch, job, numbers):
    monkeypatch.setattr(maps, "SLICE_TOKENS", 16)
    side = side_of(engine)
    async with on_engine(engine, side):
        await engine.work(job)
    assert side.nbytes == numbers
    assert side.waits.total() == 1, side.waits


async def test_whether_attention_can_be_seen_takes_one_look(engine):
    await fakes.trace(engine, Request(fakes.prompt(3), fakes.greedy(2)))  # the attention of steps is chosen once
    side = side_of(engine)
    async with on_engine(engine, side):
        assert (await engine.call(maps.facts)).reason is None
    assert side.waits.total() == 1, side.waits


async def test_patching_looks_once_at_the_copies_of_a_forward(engine, monkeypatch):
    monkeypatch.setattr("playground.inside.patching.PIECE_TOKENS", 100)
    clean = fakes.prompt(6)
    corrupted = (*clean[:3], 9, 8, 7)
    side = side_of(engine)
    async with on_engine(engine, side):
        await engine.work(lambda model: patching(model, clean, corrupted, 5))
    assert side.waits.total() == 2 + 3, f"the two texts, and one forward for each position: {side.waits}"
