"""Tests that sources are read together as each is read alone, and how often the encoder runs for them."""

import asyncio

import pytest
import torch

from playground.engine.engine import Engine
from playground.engine.prompt_line import SLICE_TOKENS
from playground.engine.request import Limits, Request
from playground.models.cache_layers import SourceLayer
from playground.models.language_model import LanguageModel
from playground.models.source_reader import KEPT_SOURCES, SourceReader
from playground.traces.store import TraceStore
from tests import encoder_decoders, fakes
from tests.encoder_decoders import SHAPES, START, source

LENGTHS = (1, 9, 3, 17, 5, 30)


@pytest.fixture(params=SHAPES)
def hf(request):
    return encoder_decoders.tiny(request.param)


@pytest.fixture
def reader(hf):
    return SourceReader(hf)


def layers(cache) -> list[SourceLayer]:
    return [layer for layer in cache.layers if isinstance(layer, SourceLayer)]


def runs(hf) -> list[tuple[int, ...]]:
    """Returns a list to which each forward of the encoder adds the shape of its ids."""
    found = []
    hf.get_encoder().register_forward_pre_hook(
        lambda _, __, kwargs: found.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    return found


def test_sources_of_unequal_length_are_read_together_as_each_alone(reader):
    sources = [source(length) for length in LENGTHS]
    for one, cache in reader.read(sources).items():
        alone = reader.read([one])[one]
        for ours, expected in zip(layers(cache), layers(alone), strict=True):
            torch.testing.assert_close(ours.source_keys, expected.source_keys, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(ours.source_values, expected.source_values, atol=1e-5, rtol=1e-5)
        assert layers(cache)[0].source_seen.tolist() == [[True] * len(one)]


def test_keys_and_values_are_those_of_the_decoders_own_forward(hf):
    """One decoder has names that are not known, so that its forward makes them."""
    direct, by_forward = SourceReader(hf), SourceReader(hf)
    by_forward.__dict__["_projections"] = None
    calls = []
    hf.get_decoder().register_forward_pre_hook(lambda *_: calls.append(1))
    direct.read([source(3)])  # it tries once whether both ways make the same
    assert len(calls) == 1
    caches = direct.read([source(9), source(4)])
    assert len(calls) == 1
    others = by_forward.read([source(9), source(4)])
    for one, cache in caches.items():
        for ours, expected in zip(layers(cache), layers(others[one]), strict=True):
            assert torch.equal(ours.source_keys, expected.source_keys)
            assert torch.equal(ours.source_values, expected.source_values)
    assert len(calls) == 2


def test_a_projection_that_makes_other_numbers_is_not_used(hf):
    """The forward changes what the module returns, as the scales of a quantised or adapted model might."""
    attention = next(
        module
        for name, module in hf.get_decoder().named_modules()
        if name.endswith(("encoder_attn", "EncDecAttention"))
    )
    forward = attention.forward

    def scaled(hidden_states, key_value_states=None, **others):
        return forward(hidden_states, key_value_states=2 * key_value_states, **others)

    attention.forward = scaled
    cache = SourceReader(hf).cache_of(source(5))
    attention.forward = forward
    plain = SourceReader(hf).cache_of(source(5))
    assert not torch.equal(layers(cache)[0].source_values, layers(plain)[0].source_values)


def test_only_the_last_sources_are_kept(hf, reader):
    shapes = runs(hf)
    sources = [source(5, seed) for seed in range(KEPT_SOURCES + 1)]
    reader.read(sources)
    for one in sources[1:]:
        reader.cache_of(one)
    assert len(shapes) == 1
    reader.cache_of(sources[0])
    assert shapes[1:] == [(1, 6)]


def test_a_source_has_the_same_numbers_whatever_ran_before(hf):
    expected = SourceReader(hf).cache_of(source(9))
    reader = SourceReader(hf)
    hf.set_attn_implementation("eager")
    found = reader.cache_of(source(9))
    for ours, one in zip(layers(found), layers(expected), strict=True):
        assert torch.equal(ours.source_keys, one.source_keys)
        assert torch.equal(ours.source_values, one.source_values)


@pytest.fixture
def engine():
    """Gives an engine that has not started, so that all texts asked for begin together."""
    model = LanguageModel(encoder_decoders.tiny("marian"), fakes.byte_level_tokenizer(), "marian")
    _ = model.step_attention  # found now, so that it runs no encoder later
    made = Engine(model, TraceStore(50_000_000), Limits(rows=40))
    yield made
    made.close()


async def texts(engine: Engine, sources) -> list[tuple[int, ...]]:
    """Returns the tokens of a text of each source, all of which are asked for before the engine starts."""
    waiting = [engine.trace(Request((START,), fakes.greedy(4), source_ids=one)) for one in sources]
    engine.start()
    await asyncio.gather(*(fakes.collect(run) for run in waiting))
    return [engine.store.get(run.trace_id).token_ids for run in waiting]


async def test_texts_that_come_together_share_runs_of_the_encoder(engine):
    shapes = runs(engine.model.hf)
    await texts(engine, [source(length) for length in (*LENGTHS, *LENGTHS)])
    assert shapes == [(len(LENGTHS), max(LENGTHS) + 1)]


async def test_no_more_sources_are_read_together_than_fit_a_slice(engine):
    shapes = runs(engine.model.hf)
    await texts(engine, [source(20, seed) for seed in range(40)])
    assert sum(rows for rows, _ in shapes) == 40
    assert all(SLICE_TOKENS - length < rows * length <= SLICE_TOKENS for rows, length in shapes[:-1])


async def test_a_source_is_read_alone_where_several_have_no_room(engine, caplog):
    reader = engine.model.sources([source(1)])._reader
    read, tried = reader.read, []

    def full(sources):
        tried.append(len(sources))
        if len(sources) > 1:
            raise RuntimeError("no room for several")
        return read(sources)

    reader.read = full
    written = await texts(engine, [source(5), source(9)])
    assert tried == [2, 1, 1]
    assert "each is read alone" in caplog.text
    for one, length in zip(written, (5, 9), strict=True):
        _, alone = await fakes.trace(engine, Request((START,), fakes.greedy(4), source_ids=source(length)))
        assert one == alone.token_ids
