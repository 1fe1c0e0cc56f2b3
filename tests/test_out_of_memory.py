"""Tests that a device without room for one tensor costs at most one text, whichever tensor it is."""

import asyncio
import weakref
from contextlib import contextmanager

import pytest
import torch

from playground.engine.device_faults import DeviceLost, Relief, is_lost, is_out_of_memory
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models import cache_layers
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import fakes
from tests.device_side import NO_ROOM, OutOfMemory, on_engine
from tests.hybrids import hybrid

KINDS = ("llama", "qwen3_next")
REQUESTS = [Request(fakes.prompt(length), fakes.greedy(new)) for length, new in ((5, 6), (14, 3), (1, 4), (9, 8))]
STOPPED = 3
"""The request that is stopped after some steps, so that its cache is copied while the others run."""


@pytest.fixture(params=KINDS)
def model(request, tokenizer):
    hf = fakes.tiny("llama") if request.param == "llama" else hybrid(request.param)
    model = LanguageModel(hf, tokenizer, request.param)
    model.eos_token_ids = frozenset()
    return model


async def told(engine: Engine, mode: OutOfMemory) -> list[tuple[int, ...] | Exception]:
    """Runs the requests together in the mode. Returns the ids of each text, or its error."""
    async with on_engine(engine, mode):
        runs = [engine.trace(request) for request in REQUESTS]

        async def read(place: int):
            try:
                async for step in runs[place]:
                    if place == STOPPED and getattr(step, "index", 0) == 3:
                        runs[place].close()
            except Exception as error:
                return error
            return engine.store.get(runs[place].trace_id).token_ids

        async with asyncio.timeout(fakes.PATIENCE_SECONDS):
            found = await asyncio.gather(*map(read, range(len(runs))))
    return found


async def expected(model: LanguageModel) -> list[tuple[int, ...]]:
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        return [(await fakes.trace(engine, request))[1].token_ids for request in REQUESTS]
    finally:
        engine.close()


@contextmanager
def room_on_host(mode: OutOfMemory):
    """Lets a batch be made smaller through the host, which has room."""
    through_the_host = cache_layers._through_the_host

    def with_room(*given):
        mode.is_on_host = True
        through_the_host(*given)
        mode.is_on_host = False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache_layers, "_through_the_host", with_room)
        yield


async def check(model: LanguageModel, whole: list[tuple[int, ...]], mode: OutOfMemory) -> int:
    """Checks one run of the requests in the mode. Returns the number of texts that failed."""
    engine = Engine(model, TraceStore(50_000_000), Limits(rows=3)).start()
    try:
        with room_on_host(mode):
            found = await told(engine, mode)
        failed = [one for one in found if isinstance(one, Exception)]
        for place, one in enumerate(found):
            if not isinstance(one, Exception):
                assert one == whole[place][: len(one)]
                assert len(one) == len(whole[place]) or place == STOPPED
        assert all(isinstance(one, PlaygroundError) and "has no room for this text" in str(one) for one in failed)
        assert engine.failure is None
        _, again = await fakes.trace(engine, REQUESTS[0])
        assert again.token_ids == whole[0], "the engine goes on"
    finally:
        engine.close()
    return len(failed)


async def check_many(model: LanguageModel, runs: int) -> None:
    """Fails one allocation in each of so many runs, evenly spread, and then two in a row in some."""
    whole, mode = await expected(model), OutOfMemory(-1)
    assert await check(model, whole, mode) == 0
    assert mode.allocations > 1000
    for number in range(0, mode.allocations, mode.allocations // runs):
        assert await check(model, whole, OutOfMemory(number)) == 0, "the relief makes room for one tensor"
    for number in range(5, mode.allocations, mode.allocations // (runs // 4)):
        assert await check(model, whole, OutOfMemory(number, times=2)) <= 1


async def test_at_some_allocations_no_text_changes(model):
    await check_many(model, 24)


@pytest.mark.long
async def test_at_many_allocations_no_text_changes(model):
    await check_many(model, 300)


def test_errors_of_memory_are_known_by_type_or_words():
    for error in (torch.OutOfMemoryError(NO_ROOM), MemoryError(), RuntimeError("MPS backend out of memory (MPS ...)")):
        assert is_out_of_memory(error)
        assert not is_lost(error)
    accelerator = torch.AcceleratorError("CUDA error: out of memory")
    assert is_out_of_memory(accelerator)
    assert not is_lost(accelerator)
    for error in (RuntimeError("The size of tensor a (3) must match"), ValueError("out of memory"), IndexError()):
        assert not is_out_of_memory(error)


def test_work_is_done_again_once_after_the_relief():
    given_up, left = [], [torch.OutOfMemoryError(NO_ROOM)]

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    relief = Relief("cuda", lambda: given_up.append(True))
    assert relief(work) == "done"
    assert given_up == [True]
    left += [torch.OutOfMemoryError(NO_ROOM)] * 2
    with pytest.raises(PlaygroundError, match=r"The memory of the device \(cuda\) has no room for this text"):
        relief(work)
    left[:] = [ValueError("another error")]
    with pytest.raises(ValueError, match="another error"):
        relief(work)
    left[:] = [torch.OutOfMemoryError(NO_ROOM)]
    assert relief.spared(work) is None
    assert len(given_up) == 2, "what only saves time is left out without a relief"


async def test_a_row_holds_its_cache_once(engine):
    """The batch has copied the keys and values of a row that joined it. The row's own would be held twice."""
    model = engine.model
    model.eos_token_ids, kept = frozenset(), []
    prefill = model.prefill_together

    def watched(prompts):
        caches = prefill(prompts)
        kept.extend(weakref.ref(cache) for cache in caches)
        return caches

    model.prefill_together = watched
    model.hold()
    runs = [engine.trace(Request(fakes.prompt(3), fakes.greedy(6)))]
    await model.arrived()
    runs += [engine.trace(Request(fakes.prompt(length), fakes.greedy(4))) for length in (5, 6)]
    model.allow(1)
    await model.arrived()
    assert [cache() for cache in kept] == [None, None]
    model.free()
    for run in runs:
        await fakes.collect(run)


async def test_other_work_without_memory_is_refused_in_a_sentence(engine):
    def work(_):
        raise torch.OutOfMemoryError(NO_ROOM)

    await fakes.trace(engine, REQUESTS[0])
    await engine.call(lambda _: None)
    assert engine.caches.nbytes > 0
    with pytest.raises(PlaygroundError, match="has no room"):
        await engine.call(work)
    assert engine.caches.nbytes == 0, "the relief gave up what is kept to save time"


@pytest.mark.parametrize("does_a_step", [True, False])
async def test_a_device_that_is_lost_ends_the_engine_and_is_said(llama, does_a_step, caplog):
    """After an assertion in a kernel of CUDA every further call fails, so that nobody is served until a restart."""
    lost, ended = torch.AcceleratorError("CUDA error: device-side assert triggered\nCUDA kernel errors ..."), []

    def fail(*_):
        raise lost

    engine = Engine(llama, TraceStore(50_000_000)).start()
    engine.on_failure = lambda: ended.append(True)
    if does_a_step:
        llama.spoil = fail
        run = engine.trace(REQUESTS[0])
        with pytest.raises(PlaygroundError, match=r"The device \(cpu\) does not answer any more"):
            await fakes.collect(run)
    else:
        with pytest.raises(PlaygroundError, match=r"The device \(cpu\) does not answer any more"):
            await engine.call(fail)
    await asyncio.to_thread(engine._thread.join, fakes.PATIENCE_SECONDS)
    assert isinstance(engine.failure, DeviceLost)
    assert str(engine.failure) == "CUDA error: device-side assert triggered"
    assert ended == [True]
    with pytest.raises(PlaygroundError, match="shutting down"):
        engine.trace(REQUESTS[0])
    assert "ended with an error" in caplog.text
    engine.close()
