"""Tests texts under stages with chance or a memory: the same alone, among 32, forked, continued, and from a link."""

import asyncio
from dataclasses import replace

import pytest

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.fork import fork
from playground.engine.further import write_further
from playground.engine.request import Request
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Trace
from tests import fakes

CHAINS = {
    "XTC": {"xtc_probability": 0.5, "xtc_threshold": 0.001, "dry_multiplier": 0.8, "dry_sequence_breakers": []},
    "Mirostat 2": {"mirostat": 2, "mirostat_tau": 3, "frequency_penalty": 0.3},
    "Mirostat 1, llama.cpp": {"mirostat": 1, "mirostat_tau": 3, "order": "llama.cpp", "temperature": 1.2},
    "watermark": {"watermark_bias": 2, "top_k": 50},
}


@pytest.fixture
def engine(llama):
    engine = Engine(llama, TraceStore(200_000_000)).start()
    yield engine
    engine.close()


def asked(name: str, seed: int) -> Request:
    return Request(fakes.prompt(5 + seed % 3), Settings(seed=seed, max_new_tokens=10, **CHAINS[name]))


async def written(engine: Engine, request: Request) -> tuple[str, Trace]:
    run = engine.trace(request)
    await fakes.collect(run)
    return run.trace_id, engine.store.get(run.trace_id)


@pytest.mark.parametrize("name", CHAINS)
async def test_a_text_is_the_same_alone_and_among_32(engine, name):
    alone = [(await written(engine, asked(name, seed)))[1].token_ids for seed in range(4)]
    together = await asyncio.gather(*(written(engine, asked(name, seed)) for seed in range(32)))
    assert [trace.token_ids for _, trace in together[:4]] == alone
    assert len({trace.token_ids for _, trace in together}) > 20


@pytest.mark.parametrize("name", CHAINS)
async def test_a_fork_that_changes_nothing_and_a_continuation_write_the_same_text(engine, name):
    request = asked(name, 7)
    trace_id, whole = await written(engine, request)
    for index in (0, 1, 5):
        run = fork(engine, Origin(trace_id, index), [whole.token_ids[index]], request.settings)
        await fakes.collect(run)
        if "mirostat" not in CHAINS[name]:  # a token that is given does not move Mirostat's limit
            assert engine.store.get(run.trace_id).token_ids == whole.token_ids
    begun, _ = await written(engine, replace(request, max_steps=4))
    run = write_further(engine, begun, replace(request.settings, max_new_tokens=6), one_step=False, in_place=False)
    await fakes.collect(run)
    assert engine.store.get(run.trace_id).token_ids == whole.token_ids


async def test_a_link_to_a_fork_under_mirostat_has_the_same_text(engine):
    """The link gives the tokens up to the fork, which other settings chose, and leaves the rest to these settings."""
    request = asked("Mirostat 2", 3)
    trace_id, _ = await written(engine, replace(request, settings=Settings(seed=3, max_new_tokens=10)))
    run = fork(engine, Origin(trace_id, 4), [77], request.settings)
    await fakes.collect(run)
    forked = engine.store.get(run.trace_id)
    _, again = await fakes.trace(
        engine, replace(request, prompt_ids=forked.prompt_ids, forced_ids=forked.token_ids[:5])
    )
    assert again.token_ids == forked.token_ids
