"""Tests that sources are read together as each is read alone, and how often the encoder runs for them."""

import asyncio

import pytest
import torch

from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.models.cache_layers import SourceLayer
from playground.models.language_model import LanguageModel
from playground.models.source_reader import KEPT_SOURCES, TOGETHER_TOKENS, SourceReader
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
    for one, cache in zip(sources, reader.read(sources), strict=True):
        (alone,) = reader.read([one])
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
    for cache, other in zip(caches, by_forward.read([source(9), source(4)]), strict=True):
        for ours, expected in zip(layers(cache), layers(other), strict=True):
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
    (cache,) = SourceReader(hf).read([source(5)])
    attention.forward = forward
    (plain,) = SourceReader(hf).read([source(5)])
    assert not torch.equal(layers(cache)[0].source_values, layers(plain)[0].source_values)


def test_expected_sources_are_read_with_the_first_that_is_asked_for(hf, reader):
    shapes = runs(hf)
    short, long, other = source(5), source(9), source(7, seed=2)
    with reader.expecting([short, long, short]):
        reader.cache_of(short)
        reader.cache_of(long)
        assert shapes == [(2, 10)]
        reader.cache_of(other)
    assert shapes == [(2, 10), (1, 8)]
    reader.cache_of(long)
    assert len(shapes) == 2


def test_no_more_sources_are_read_together_than_fit_a_slice(hf, reader):
    shapes = runs(hf)
    sources = [source(20, seed) for seed in range(40)]
    with reader.expecting(sources):
        for one in sources:
            reader.cache_of(one)
    assert sum(rows for rows, _ in shapes) == len(sources)
    assert all(rows * length <= TOGETHER_TOKENS for rows, length in shapes)
    for one in sources[-KEPT_SOURCES:]:
        reader.cache_of(one)
    assert sum(rows for rows, _ in shapes) == len(sources)
    reader.cache_of(sources[0])
    assert shapes[-1] == (1, 21), "only the last are kept"


def test_a_source_is_read_alone_where_several_have_no_room(hf, reader, caplog):
    read = reader.read
    reader.read = lambda sources: read(sources) if len(sources) == 1 else (_ for _ in ()).throw(MemoryError("full"))
    with reader.expecting([source(5), source(9)]):
        ours = reader.cache_of(source(5))
    assert torch.equal(layers(ours)[0].source_keys, layers(read([source(5)])[0])[0].source_keys)
    assert "each is read alone" in caplog.text


async def test_texts_that_come_together_share_runs_of_the_encoder():
    model = LanguageModel(encoder_decoders.tiny("marian"), fakes.byte_level_tokenizer(), "marian")
    model.reading(source(1))  # the first call tries which attention makes the steps
    engine = Engine(model, TraceStore(50_000_000), Limits(rows=16))
    shapes = runs(model.hf)
    asked = [Request((START,), fakes.greedy(4), source_ids=source(length)) for length in LENGTHS]
    waiting = [engine.trace(one) for one in asked]
    engine.start()
    await asyncio.gather(*(fakes.collect(run) for run in waiting))
    engine.close()
    assert shapes == [(len(LENGTHS), max(LENGTHS) + 1)]
