"""Repeats on a CUDA device what other tests prove on a CPU: parity, order and memory. Skipped where there is none."""

import asyncio
from dataclasses import replace

import pytest
import torch

from playground.decoding import draws
from playground.decoding.processors import batch_stages
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.on_host import on_host
from playground.traces.store import TraceStore
from tests import fakes
from tests.hybrids import hybrid
from tests.test_draw import many_rows
from tests.test_processors import ALL_ON

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
SAMPLED = Settings(temperature=0.7, top_k=50, top_p=0.9, max_new_tokens=10)


@pytest.fixture(params=[*fakes.KINDS, "qwen3_next"])
def model(request, tokenizer) -> LanguageModel:
    hf = hybrid(request.param) if request.param == "qwen3_next" else fakes.tiny(request.param)
    return LanguageModel(hf.to("cuda"), tokenizer, request.param)


@pytest.fixture
def engine(model):
    engine = Engine(model, TraceStore(50_000_000), Limits(rows=3)).start()
    yield engine
    engine.close()


async def test_unequal_prompts_in_one_batch_equal_generate(engine, model):
    settings = fakes.greedy(9)
    prompts = [fakes.prompt(length) for length in (6, 21, 1, 11)]
    expected = [fakes.generate(model.hf, ids, settings, output_logits=True) for ids in prompts]
    traces = await asyncio.gather(*(fakes.trace(engine, Request(ids, settings)) for ids in prompts))
    for ids, (_, trace), whole in zip(prompts, traces, expected, strict=True):
        assert list(trace.token_ids) == whole.sequences[0, len(ids) :].tolist()
        for step, row in zip(trace.steps, whole.logits, strict=True):
            assert step.logits.is_cuda
            torch.testing.assert_close(step.logits, row[0], rtol=0, atol=2e-3 * float(row[0].std()))


async def test_the_choice_on_the_device_is_that_of_the_host():
    """Ten thousand rows, ties included, through every stage and the draw."""
    generator = torch.Generator().manual_seed(1)
    for seed in range(10):
        logits, ids = many_rows(1000, 300, seed).clamp(min=-30), [[place % 300, 5] for place in range(1000)]
        u = torch.rand(1000, generator=generator, dtype=torch.float64).tolist()
        told = []
        for device in ("cpu", "cuda"):
            *_, last = batch_stages(logits.to(device), ids, replace(ALL_ON, top_h=0.0))
            chosen = draws.drawn(last.left, u, prefix=300)
            told.append(draws.told(chosen, draws.standing(logits.to(device), chosen.token_ids)))
        on_cpu, on_cuda = told
        assert [one[0].token_id for one in on_cuda] == [one[0].token_id for one in on_cpu]
        assert [one[0].kept for one in on_cuda] == [one[0].kept for one in on_cpu]
        assert [one[1].rank for one in on_cuda] == [one[1].rank for one in on_cpu]


async def test_a_text_is_the_same_alone_and_when_it_is_forked(engine):
    request = Request(fakes.prompt(8), SAMPLED)
    _, first = await fakes.trace(engine, request)
    _, again = await fakes.trace(engine, request)
    assert first.token_ids == again.token_ids


async def test_what_is_looked_at_comes_in_pinned_memory_and_is_right(engine):
    _, trace = await fakes.trace(engine, Request(fakes.prompt(8), SAMPLED))
    step = trace.steps[2]
    assert on_host(step.logits).is_pinned()
    assert step.row.tolist() == step.logits.cpu().tolist()


async def test_memory_stays_flat(engine):
    await fakes.trace(engine, Request(fakes.prompt(8), SAMPLED))
    held = []
    for number in range(200):
        run = engine.trace(Request(fakes.prompt(8), replace(SAMPLED, seed=number)))
        await fakes.collect(run)
        engine.store.drop([run.trace_id])
        held.append(torch.cuda.memory_allocated())
    assert max(held[-50:]) <= max(held[20:70]) + 2**20


async def test_a_text_without_room_is_refused_and_the_others_go_on(engine, model):
    """The card is filled up, so that a large tensor has no room."""
    free, _ = torch.cuda.mem_get_info()

    def too_much(_):
        return torch.empty(2 * free, dtype=torch.uint8, device="cuda")

    running = asyncio.create_task(fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(30))))
    with pytest.raises(PlaygroundError, match="has no room"):
        await engine.call(too_much)
    _, trace = await running
    assert trace.stop_reason in ("length", "end_token")
