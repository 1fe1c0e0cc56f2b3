"""Tests that a device without room for one tensor costs at most one text, whichever tensor it is."""

import asyncio
import weakref
from contextlib import contextmanager

import pytest
import torch

from playground.decoding.settings import Settings
from playground.engine.device_faults import DeviceLost, Relief, is_lost, is_out_of_memory
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.models import cache_rows
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.traces.trace import Step
from tests import fakes
from tests.device_side import NO_ROOM, OutOfMemory
from tests.hybrids import hybrid

PARTS = 4
"""The parts of the test that tries every allocation."""
LONG, FIRST, STOPPED, ALONE = range(4)
REQUESTS = [
    Request(fakes.prompt(6), fakes.greedy(3)),
    Request(fakes.prompt(3), Settings(top_k=20, top_p=0.9, seed=3, max_new_tokens=2)),
    Request(fakes.prompt(3, seed=1), fakes.greedy(3)),
    Request(fakes.prompt(1), fakes.greedy(1)),
]
"""The prompt of `LONG` is longer than a slice. Two short ones are read together. `STOPPED` is stopped while others run,
so that its cache is copied. `ALONE` waits for a place; its only token has no cache that could be padded."""
LIMITS = Limits(rows=3)
SLICE_TOKENS = 4


@pytest.fixture
def short_slices(monkeypatch):
    monkeypatch.setattr("playground.engine.prompt_line.SLICE_TOKENS", SLICE_TOKENS)


def made(kind: str, tokenizer) -> LanguageModel:
    """Returns a model without end tokens. "llama" keeps keys and values only, the others states as well. "lfm2" has one
    layer of each kind, so that its runs are short."""
    match kind:
        case "llama":
            hf = fakes.tiny(kind)
        case "lfm2":
            hf = hybrid(kind, num_hidden_layers=2, layer_types=["conv", "full_attention"])
        case _:
            hf = hybrid(kind)
    model = LanguageModel(hf, tokenizer, kind)
    model.eos_token_ids = frozenset()
    return model


def going_on(whole: list[tuple[int, ...]]) -> Request:
    """Returns the request that continues the long text from its kept cache."""
    return Request(REQUESTS[LONG].prompt_ids + whole[LONG], fakes.greedy(1))


async def told(engine: Engine, mode: OutOfMemory, further: Request) -> list[tuple[int, ...] | Exception]:
    """Runs the requests together in the mode, and then a further one. Returns the ids of each text, or its error.

    All are there when the engine starts, and the stop comes from its thread, so that each run makes the same
    allocations.
    """

    async def read(run: Run):
        try:
            await fakes.collect(run)
        except PlaygroundError as error:
            return error
        return engine.store.get(run.trace_id).token_ids

    entered = asyncio.create_task(engine.call(lambda _: mode.__enter__()))
    await asyncio.sleep(0)
    runs = [engine.trace(request) for request in REQUESTS]
    append = engine.store.append

    def append_and_stop(trace_id: str, step: Step) -> None:
        append(trace_id, step)
        if trace_id == runs[STOPPED].trace_id and step.index == 1:
            engine.stop(trace_id)

    engine.store.append = append_and_stop
    engine.start()
    await entered
    found = await asyncio.gather(*map(read, runs))
    found.append(await read(engine.trace(further)))
    await engine.call(lambda _: mode.__exit__(None, None, None))
    return found


async def expected(model: LanguageModel) -> list[tuple[int, ...]]:
    """Returns the ids of all texts, each written alone, and last those of the one that goes on."""
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        whole = [(await fakes.trace(engine, request))[1].token_ids for request in REQUESTS]
        return [*whole, (await fakes.trace(engine, going_on(whole)))[1].token_ids]
    finally:
        engine.close()


@contextmanager
def room_on_host(mode: OutOfMemory):
    """Lets a batch be made smaller through the host, which has room."""
    through_the_host = cache_rows._through_the_host

    def with_room(*given):
        mode.is_on_host = True
        through_the_host(*given)
        mode.is_on_host = False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache_rows, "_through_the_host", with_room)
        yield


async def check(model: LanguageModel, whole: list[tuple[int, ...]], mode: OutOfMemory) -> int:
    """Checks one run of the requests in the mode. Returns the number of texts that failed."""
    engine = Engine(model, TraceStore(50_000_000), LIMITS)
    try:
        with room_on_host(mode):
            found = await told(engine, mode, going_on(whole))
        failed = [one for one in found if isinstance(one, Exception)]
        for place, one in enumerate(found):
            if not isinstance(one, Exception):
                assert one == (whole[place][:2] if place == STOPPED else whole[place])
        assert all("has no room for this text" in str(one) for one in failed)
        assert engine.failure is None
        _, again = await fakes.trace(engine, REQUESTS[FIRST])
        assert again.token_ids == whole[FIRST], "the engine goes on"
    finally:
        engine.close()
    return len(failed)


async def check_many(model: LanguageModel, first: int, every: int, every_twice: int) -> None:
    """Fails one allocation of a run, and then two in a row: in one run for each number from `first` on, in steps."""
    whole, mode, other = await expected(model), OutOfMemory(-1), OutOfMemory(-1)
    assert await check(model, whole, mode) == await check(model, whole, other) == 0
    assert other.allocations == mode.allocations > 500, "each run makes the same allocations"
    for number in range(first, mode.allocations, every):
        assert await check(model, whole, OutOfMemory(number)) == 0, "the relief makes room for one tensor"
    for number in range(first, mode.allocations, every_twice):
        assert await check(model, whole, OutOfMemory(number, times=2)) <= 1


@pytest.mark.usefixtures("short_slices")
@pytest.mark.parametrize(("kind", "every"), [("llama", 49), ("qwen3_next", 269)])
async def test_at_some_allocations_no_text_changes(kind, every, tokenizer):
    await check_many(made(kind, tokenizer), 7, every, 4 * every)


@pytest.mark.long
@pytest.mark.usefixtures("short_slices")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", ["llama", "lfm2"])
async def test_at_every_allocation_no_text_changes(kind, part, tokenizer):
    await check_many(made(kind, tokenizer), part, PARTS, 10 * PARTS)


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
