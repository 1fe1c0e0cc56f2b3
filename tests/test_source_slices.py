"""Tests that a long source is read in slices: others have their turns between layers, and the numbers stay the same."""

import asyncio
import threading
from collections.abc import Awaitable
from functools import partial
from itertools import pairwise

import pytest
import torch

from playground.engine.engine import Engine
from playground.engine.reader import empty_cache, made
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models.cache_layers import SourceLayer
from playground.models.language_model import LanguageModel
from playground.models.source_reader import SourceReader
from playground.traces.store import TraceStore
from playground.traces.trace import Step
from tests import encoder_decoders, encoders, fakes
from tests.encoder_decoders import SHAPES, START, source

LAYERS, LONG, SHORT, SIZE = 5, 60, 5, 16


def deep(kind: str):
    """Returns a tiny model whose encoder has `LAYERS` layers."""
    return encoder_decoders.tiny(kind, **{"num_layers" if kind == "t5" else "encoder_layers": LAYERS})


def watched(hf, note) -> None:
    """Calls `note` with the number of each layer of the encoder that computes."""
    encoder = hf.get_encoder()
    for number, layer in enumerate(encoder.block if hasattr(encoder, "block") else encoder.layers):
        inside = layer.layer[0] if hasattr(layer, "layer") else layer.self_attn
        inside.register_forward_pre_hook(lambda *_, number=number: note(number))


@pytest.fixture(params=SHAPES)
def hf(request):
    return deep(request.param)


@pytest.fixture
def engine(monkeypatch):
    """Gives an engine that reads at most `SIZE` tokens at a time. It is not started."""
    for module in ("errands", "lookups", "prompt_line"):
        monkeypatch.setattr(f"playground.engine.{module}.SLICE_TOKENS", SIZE)
    model = LanguageModel(deep("marian"), fakes.byte_level_tokenizer(), "marian")
    model.__dict__["eos_token_ids"] = frozenset()
    made = Engine(model, TraceStore(50_000_000), Limits(rows=8))
    yield made
    made.close()


def request(length: int, new_tokens: int = 4, **others) -> Request:
    return Request((START,), fakes.greedy(new_tokens), source_ids=source(length), **others)


def test_a_source_in_slices_has_the_numbers_of_one_forward(hf):
    """Between two slices the model does other work, with another attention."""
    whole = SourceReader(hf).cache_of(source(LONG))
    reading, pauses = SourceReader(hf).reading([source(LONG)]), 0
    while not reading.go_on(SIZE):
        pauses += 1
        encoder_decoders.forced(hf, source(SHORT), (START, 7))
    assert pauses == LAYERS
    found = reading.cache_of(source(LONG))
    for ours, expected in zip(found.layers, whole.layers, strict=True):
        if isinstance(ours, SourceLayer):
            assert torch.equal(ours.source_keys, expected.source_keys)
            assert torch.equal(ours.source_values, expected.source_values)


@pytest.fixture
def events(engine):
    """Gives a list of what the model does: the number of each layer of the encoder, and "step" for the decoder."""
    engine.model.sources([source(LONG)]).go_on(SIZE)  # the layers are found by a trial
    _ = engine.model.step_attention
    found = []
    step = engine.model.step

    def noted(*args):
        found.append("step")
        return step(*args)

    engine.model.step = noted
    watched(engine.model.hf, found.append)
    return found


async def beside_another(engine: Engine, ask: Awaitable[object]) -> None:
    """Awaits `ask` while another text is written. The other text waits at its second step until it is asked."""
    step, waits, is_asked = engine.model.step, threading.Event(), threading.Event()

    def held(*args):
        if engine._running.rows:
            waits.set()
            assert is_asked.wait(60)
        return step(*args)

    engine.model.step = held
    other = engine.start().trace(request(SHORT, new_tokens=80))
    assert await asyncio.to_thread(waits.wait, 60)
    asked = asyncio.ensure_future(ask)
    for _ in range(100):
        await asyncio.sleep(0)
    assert engine._errands or engine._waiting
    is_asked.set()
    await asked
    assert not engine.store.get(other.trace_id).stop_reason
    other.close()


async def read_long(engine):
    await fakes.collect(engine.trace(request(LONG)))


def job_on_long(engine):
    return engine.work(partial(made, empty_cache), source(LONG))


def look_at_long(engine):
    return engine.lookups.after((START, 7, 8), source(LONG))


@pytest.mark.parametrize("ask", [read_long, job_on_long, look_at_long])
async def test_another_text_gets_steps_between_the_layers(engine, events, ask):
    await beside_another(engine, ask(engine))
    places = [place for place, event in enumerate(events) if event != "step"][-LAYERS:]
    assert [events[place] for place in places] == list(range(LAYERS))
    for before, after in pairwise(places):
        assert "step" in events[before:after]


async def test_a_text_with_a_short_source_begins_while_a_long_one_is_read(engine, events):
    runs = [engine.trace(request(length)) for length in (LONG, SHORT)]
    engine.start()
    await asyncio.gather(*map(fakes.collect, runs))
    assert events[: 1 + LAYERS] == [0, *range(LAYERS)], "a short source is read at once, behind a slice of the long one"
    assert "step" in events[: events.index(LAYERS - 1, 1 + LAYERS)]


@pytest.mark.parametrize("texts", [1, 2])
async def test_a_source_is_not_read_on_when_nobody_waits_for_it(engine, events, texts):
    """Texts of one source share what is read. Only the last of them that leaves ends it."""
    runs = [engine.trace(request(LONG)) for _ in range(texts)]

    def leave(*_) -> None:
        runs[0].close()

    engine.model.hf.get_encoder().layers[0].self_attn.register_forward_pre_hook(leave)
    engine.start()
    steps = [await fakes.collect(run) for run in runs]
    assert engine.store.get(runs[0].trace_id).stop_reason == "stopped"
    assert not any(isinstance(item, Step) for item in steps[0])
    read = [event for event in events if event != "step"]
    assert read == ([0] if texts == 1 else list(range(LAYERS)))
    await read_long(engine)
    assert not engine._reading._sources._begun
    assert [event for event in events if event != "step"] == [*read, *(range(LAYERS) if texts == 1 else ())]


async def test_a_long_source_that_cannot_be_read_ends_its_text_alone(engine, events):
    third, hooks = engine.model.hf.get_encoder().layers[2].self_attn, []

    def fail(*_) -> None:
        raise PlaygroundError("It cannot be read.")

    async def ask() -> None:
        hooks.append(third.register_forward_pre_hook(fail))
        with pytest.raises(PlaygroundError, match="cannot be read"):
            await read_long(engine)

    await beside_another(engine, ask())
    hooks[0].remove()
    _, trace = await fakes.trace(engine, request(LONG))
    expected = encoder_decoders.generate(deep("marian"), source(LONG), fakes.greedy(4), eos_token_id=None)
    assert list(trace.token_ids) == expected.sequences[0][1:].tolist()


@pytest.mark.parametrize("kind", encoders.SHAPES)
def test_an_encoder_only_model_reads_a_long_text_in_slices(kind, monkeypatch):
    model = encoders.named(kind)
    monkeypatch.setattr("playground.models.masked_model.SLICE_TOKENS", 4)
    ids = [2, *range(5, 13), 3]
    pieces = model.logits_in_slices([ids])
    for _ in range(2):  # it has three layers
        next(pieces)
        model.hf.set_attn_implementation("eager")
    with pytest.raises(StopIteration) as end:
        next(pieces)
    assert torch.equal(end.value.value, model.logits([ids]))
