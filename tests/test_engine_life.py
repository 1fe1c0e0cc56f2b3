"""Tests how requests end, wait, are refused, are cancelled and fail, and that this does not affect others."""

import asyncio
import copy
import logging
import threading

import pytest
import torch

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.news import Waiting
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.traces.trace import Step
from tests import fakes


class CountingStore(TraceStore):
    """Counts the traces that were opened, to check that a refusal opens none."""

    opened = 0

    def open(self, trace):
        self.opened += 1
        return super().open(trace)


@pytest.fixture
def endless(llama):
    """The tiny Llama without an end token."""
    llama.eos_token_ids = frozenset()
    return llama


@pytest.fixture
def start(endless):
    """A function that starts an engine on the endless model with the given limits, one engine at a time."""
    engines = []

    def started(**limits) -> Engine:
        engines.append(Engine(endless, CountingStore(50_000_000), Limits(**limits)).start())
        return engines[-1]

    yield started
    endless.free()
    for engine in engines:
        engine.close()


async def alone(engine: Engine, request: Request) -> tuple[int, ...]:
    """Returns the completion's ids when no other row is there."""
    return (await fakes.trace(engine, request))[1].token_ids


# why a trace ends


@pytest.mark.parametrize("place", [0, 3])
async def test_any_of_the_models_end_tokens_ends_a_text(tiny_models, tokenizer, start, place):
    request = Request(fakes.prompt(6), fakes.greedy(10))
    ids = await alone(start(), request)
    hf = copy.deepcopy(tiny_models["llama"])
    hf.generation_config.eos_token_id = [fakes.EOS, ids[place], 299]
    engine = Engine(fakes.PacedModel(hf, tokenizer), TraceStore(10_000_000)).start()
    _, trace = await fakes.trace(engine, request)
    engine.close()
    assert (trace.token_ids, trace.stop_reason) == (ids[: ids.index(ids[place]) + 1], "end_token")


async def test_a_stop_string_ends_a_text_also_across_tokens(start, endless):
    engine, request = start(), Request(fakes.prompt(6), fakes.greedy(12))
    ids = await alone(engine, request)
    text = endless.tokenizer.decode(ids)
    for stop in (text[4], text[3:6], text[-1:]):
        _, trace = await fakes.trace(engine, Request(request.prompt_ids, fakes.greedy(12, stop_strings=("§§", stop))))
        written = endless.tokenizer.decode(trace.token_ids)
        assert trace.stop_reason == "stop_string"
        assert stop in written
        assert stop not in endless.tokenizer.decode(trace.token_ids[:-1]), "no token more than needed"


async def test_a_stop_string_in_the_prompt_does_not_count(start, endless):
    prompt = endless.tokenizer.encode("the end, the end")
    ids = await alone(start(), Request(prompt, fakes.greedy(5)))
    assert "the end" not in endless.tokenizer.decode(ids)
    _, trace = await fakes.trace(start(), Request(prompt, fakes.greedy(5, stop_strings=("the end",))))
    assert (trace.token_ids, trace.stop_reason) == (ids, "length")


@pytest.mark.parametrize(("length", "asked", "made", "reason"), [(6, 4, 4, "length"), (90, 40, 6, "window")])
async def test_length_and_window_end_a_text(start, length, asked, made, reason):
    _, trace = await fakes.trace(start(), Request(fakes.prompt(length), fakes.greedy(asked)))
    assert (len(trace.steps), trace.stop_reason) == (made, reason)


async def test_stop_ends_after_the_current_step_and_twice_is_fine(start, endless):
    engine = start()
    endless.hold()
    run = engine.trace(Request(fakes.prompt(6), fakes.greedy(30)))
    await endless.arrived()
    endless.allow(1)
    await endless.arrived()
    engine.stop(run.trace_id)
    engine.stop(run.trace_id)
    endless.free()
    assert len(await fakes.collect(run)) == 2, "the second step was under way"
    trace = engine.store.get(run.trace_id)
    assert (len(trace.steps), trace.stop_reason) == (2, "stopped")
    engine.stop(run.trace_id)
    engine.stop("unknown")
    assert engine.store.get(run.trace_id).stop_reason == "stopped"


async def test_stop_frees_the_row_at_once(start, endless):
    engine = start(rows=1)
    endless.hold()
    first = engine.trace(Request(fakes.prompt(6), fakes.greedy(30)))
    second = engine.trace(Request(fakes.prompt(7), fakes.greedy(3)))
    await endless.arrived()
    first.close()
    first.close()
    endless.free()
    told = await fakes.collect(second)
    assert [item.index for item in told if isinstance(item, Step)] == [0, 1, 2]
    assert endless.batch_sizes == [1] * (1 + 3), "only the step that was under way"


@pytest.mark.parametrize("end", ["close", "stop"])
async def test_a_request_given_up_while_its_prompt_is_read_makes_no_step(start, endless, end):
    engine, entered, go = start(), threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        assert go.wait(fakes.PATIENCE_SECONDS)

    endless.on_prefill = wait
    run = engine.trace(Request(fakes.prompt(20), fakes.greedy(30)))
    assert await asyncio.to_thread(entered.wait, fakes.PATIENCE_SECONDS)
    run.close() if end == "close" else engine.stop(run.trace_id)
    go.set()
    told = await fakes.collect(run)
    assert engine.store.get(run.trace_id).stop_reason == "stopped"
    assert len(told) <= 1, "at most the step that followed the slice under way"


async def test_a_waiting_request_can_be_given_up(start, endless):
    engine = start(rows=1)
    endless.hold()
    first, second, third = (engine.trace(Request(fakes.prompt(6), fakes.greedy(2))) for _ in range(3))
    second.close()
    endless.free()
    assert not any(isinstance(item, Step) for item in await fakes.collect(second))
    assert engine.store.get(second.trace_id).stop_reason == "stopped"
    for run in (first, third):
        await fakes.collect(run)
        assert len(engine.store.get(run.trace_id).steps) == 2


async def test_a_cancelled_reader_frees_its_row_and_others_go_on(start, endless):
    engine = start()
    request = Request(fakes.prompt(9), fakes.greedy(12))
    expected = await alone(engine, request)
    endless.hold()
    seen = asyncio.Event()

    async def reader() -> None:
        run = engine.trace(Request(fakes.prompt(6), fakes.greedy(60)))
        try:
            async for _ in run:
                seen.set()
        finally:
            run.close()

    closed_tab = asyncio.create_task(reader())
    other = asyncio.create_task(fakes.trace(engine, request))
    await asyncio.sleep(0)
    endless.allow(2)
    await seen.wait()
    closed_tab.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closed_tab
    endless.free()
    assert (await other)[1].token_ids == expected
    assert endless.batch_sizes[-5:] == [1] * 5, "the row of the closed tab is gone"


# waiting and refusing


async def test_places_in_line_are_told(start, endless):
    engine = start(rows=1)
    endless.hold()
    runs = [engine.trace(Request(fakes.prompt(6), fakes.greedy(2))) for _ in range(4)]
    endless.free()
    told = [await fakes.collect(run) for run in runs]
    places = [[item.place for item in items if isinstance(item, Waiting)] for items in told]
    assert places == [[], [1], [2, 1], [3, 2, 1]]
    assert [[item.index for item in items if isinstance(item, Step)] for items in told] == [[0, 1]] * 4


async def test_rows_and_their_tokens_are_bounded(start, endless):
    engine = start(rows=3)
    requests = [Request(fakes.prompt(length), fakes.greedy(6)) for length in range(2, 9)]
    await asyncio.gather(*(fakes.trace(engine, request) for request in requests))
    assert max(endless.batch_sizes) <= 3
    endless.forwards.clear()
    engine = start(batch_tokens=2 * (8 + 6))
    await asyncio.gather(*(fakes.trace(engine, request) for request in requests))
    assert max(endless.batch_sizes) == 2


async def test_a_request_too_many_is_refused_and_nothing_is_kept(start, endless):
    engine = start(rows=1, waiting=1)
    first = engine.trace(Request(fakes.prompt(6), fakes.greedy(2), max_steps=1))
    await fakes.collect(first)
    endless.hold()
    paused = engine.store.get(first.trace_id)
    second = engine.trace(Request(fakes.prompt(6), fakes.greedy(2)))
    await endless.arrived()
    third = engine.trace(Request(fakes.prompt(7), fakes.greedy(1)))
    opened = engine.store.opened
    with pytest.raises(PlaygroundError, match="^1 requests are already waiting.*Try again in a moment"):
        engine.trace(Request(fakes.prompt(7), fakes.greedy(1)))
    with pytest.raises(PlaygroundError, match="already waiting"):
        engine.trace(Request(fakes.prompt(6), fakes.greedy(2), paused.token_ids), onto=first.trace_id)
    assert engine.store.opened == opened
    assert engine.store.get(first.trace_id).token_ids == paused.token_ids, "a refusal loses no text"
    assert engine.store.get(first.trace_id).stop_reason == "stopped"
    endless.free()
    for run in (second, third):
        await fakes.collect(run)


async def test_what_is_over_a_limit_is_refused_before_it_enters(start):
    engine = start(prompt_tokens=10)
    with pytest.raises(PlaygroundError, match="at most 10. Shorten the prompt"):
        engine.trace(Request(fakes.prompt(11), fakes.greedy(2)))
    assert engine.store.opened == 0


async def test_closing_the_engine_ends_everyone_with_a_sentence(start, endless):
    engine = start(rows=1)
    endless.hold()
    runs = [engine.trace(Request(fakes.prompt(6), fakes.greedy(50))) for _ in range(3)]
    await endless.arrived()
    closing = asyncio.create_task(asyncio.to_thread(engine.close))
    while not engine._closed:
        await asyncio.sleep(0)
    endless.free()
    await closing
    for run in runs:
        with pytest.raises(PlaygroundError, match="The server is shutting down"):
            await fakes.collect(run)
    opened = engine.store.opened
    with pytest.raises(PlaygroundError, match="The server is shutting down"):
        engine.trace(Request(fakes.prompt(6), fakes.greedy(1)))
    assert engine.store.opened == opened


# failing


async def three_of_which_one_fails(engine: Engine, doomed: Request, error: type[Exception]) -> Exception:
    """Runs two requests beside `doomed`, which fails, and checks that they end as if alone. Returns the failure."""
    model = engine.model
    spoil, model.spoil = model.spoil, fakes.as_seen
    others = [Request(fakes.prompt(9), doomed.settings), Request(fakes.prompt(4), fakes.greedy(10))]
    expected = [await alone(engine, request) for request in others]
    model.spoil = spoil
    model.hold()
    runs = [engine.trace(request) for request in (*others, doomed)]
    model.free()
    told = await asyncio.gather(*(fakes.collect(run) for run in runs), return_exceptions=True)
    assert isinstance(told[2], error)
    assert [engine.store.get(run.trace_id).token_ids for run in runs[:2]] == expected
    assert engine.store.get(runs[2].trace_id).stop_reason == "stopped"
    assert await alone(engine, others[0]) == expected[0], "and the engine goes on"
    return told[2]


@pytest.mark.parametrize("number", [torch.nan, torch.inf])
@pytest.mark.parametrize(
    "settings", [fakes.greedy(10), Settings(top_p=0.9, max_new_tokens=10)], ids=["greedy", "sample"]
)
async def test_a_row_with_numbers_that_are_none_fails_alone(start, endless, number, settings):
    """The row fails alone although it shares the settings and processors of another row."""

    def spoil(ids, seen):
        if len(ids) == 3:
            seen.logits[2, 5] = number
        return seen

    endless.spoil = spoil
    failure = await three_of_which_one_fails(start(), Request(fakes.prompt(6), settings), PlaygroundError)
    assert "infinite or not numbers (NaN)" in str(failure)


@pytest.mark.parametrize("eta_cutoff", [0.0, 0.1])
async def test_a_row_with_no_token_left_fails_alone(start, endless, eta_cutoff):
    doomed = fakes.prompt(6)

    def spoil(ids, seen):
        if len(ids) == 3:
            only = torch.full_like(seen.logits[2], -torch.inf)
            only[list(doomed)] = 1.0
            seen.logits[2] = only
        return seen

    endless.spoil = spoil
    settings = Settings(no_repeat_ngram_size=1, eta_cutoff=eta_cutoff, max_new_tokens=10)
    failure = await three_of_which_one_fails(start(), Request(doomed, settings), PlaygroundError)
    assert str(failure).startswith("No token is left after no_repeat_ngram_size. Choose another value")


async def test_a_failing_forward_drops_the_newest_row_only(start, endless, caplog):
    def spoil(ids, seen):
        if len(ids) == 3:
            raise RuntimeError("a kernel failed")
        return seen

    endless.spoil = spoil
    with caplog.at_level(logging.ERROR, logger="playground.engine"):
        failure = await three_of_which_one_fails(start(), Request(fakes.prompt(6), fakes.greedy(10)), RuntimeError)
    assert str(failure) == "a kernel failed"
    assert [record.message for record in caplog.records] == ["a row failed; the others go on"]
    assert caplog.records[0].exc_info[1] is failure, "a bug keeps its traceback in the log"


async def test_a_prompt_that_cannot_be_read_fails_alone(start, monkeypatch):
    beyond = (*fakes.prompt(5), fakes.VOCABULARY + 5, 3)
    engine = start()
    with pytest.raises(PlaygroundError, match=f"{fakes.VOCABULARY + 5} is no token of tiny"):
        engine.trace(Request(beyond, fakes.greedy(10)))
    monkeypatch.setattr("playground.engine.engine.check", lambda *_: None)
    failure = await three_of_which_one_fails(engine, Request(beyond, fakes.greedy(10)), PlaygroundError)
    assert "has embeddings for 0 to" in str(failure)


# other work on the thread


async def test_a_call_runs_on_the_engines_thread_between_steps(start, endless):
    engine = start()
    running = asyncio.create_task(fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(20))))
    name, model = await engine.call(lambda model: (threading.current_thread().name, model))
    assert (name, model) == ("engine", endless)
    with pytest.raises(ZeroDivisionError):
        await engine.call(lambda model: 1 / 0)
    assert len((await running)[1].steps) == 20


async def test_prompts_that_cannot_be_read_together_are_read_alone(engine, caplog):
    """Prompts that do not fit into memory together are read one by one and not refused."""
    model, spoilt = engine.model, []

    def too_much(prompts):
        spoilt.append(len(prompts))
        raise RuntimeError("out of memory")

    model.prefill_together = too_much
    model.hold()
    runs = [engine.trace(Request(fakes.prompt(4), fakes.greedy(2)))]
    await model.arrived()
    runs += [engine.trace(Request(fakes.prompt(length), fakes.greedy(2))) for length in (5, 6)]
    model.free()
    for run in runs:
        await fakes.collect(run)
        assert engine.store.get(run.trace_id).stop_reason in ("length", "end_token")
    assert spoilt == [2]
    assert "could not be read together" in caplog.text


async def test_a_bug_on_the_thread_is_told_and_the_thread_goes_on(engine, caplog, monkeypatch):
    def broken(batch, rows):
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patch:
        patch.setattr("playground.engine.batch.Batch.keep", broken)
        engine.model.eos_token_ids = frozenset()
        runs = [engine.trace(Request(fakes.prompt(length), fakes.greedy(length))) for length in (3, 9)]
        outcomes = await asyncio.gather(*(fakes.collect(run) for run in runs), return_exceptions=True)
    assert any(isinstance(outcome, RuntimeError) for outcome in outcomes)
    _, trace = await fakes.trace(engine, Request(fakes.prompt(4), fakes.greedy(2)))
    assert trace.stop_reason == "length"


async def test_a_class_that_comes_at_once_is_not_refused_while_rows_are_free(llama):
    """Requests that will get a free place do not count as waiting, even before they have it."""
    engine = Engine(llama, TraceStore(50_000_000), Limits(rows=4, waiting=2))
    runs = [engine.trace(Request(fakes.prompt(3), fakes.greedy(2))) for _ in range(6)]
    with pytest.raises(PlaygroundError, match="2 requests are already waiting"):
        engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
    engine.start()
    await asyncio.gather(*(fakes.collect(run) for run in runs))
    engine.close()
