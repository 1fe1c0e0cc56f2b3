"""Tests that rows which begin alike keep their beginning once, and that every step is that of a row alone."""

import asyncio
import random

import pytest
import torch
from transformers import DynamicCache

from playground.decoding.settings import Settings
from playground.engine import prompt_line
from playground.engine.batch import Batch
from playground.engine.device_faults import Relief
from playground.engine.first_check import beginnings_may_be_shared
from playground.engine.lending import lend, that_need_not_wait
from playground.engine.request import Request
from playground.engine.row import Row
from playground.models import one_query
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step
from tests import fakes
from tests.test_batch import step_and_compare

BEGINNINGS = [fakes.prompt(30), fakes.prompt(12), fakes.prompt(20)]


@pytest.fixture(params=["llama", "gemma3", "qwen2"])
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


def read(model: LanguageModel, ids: list[int]) -> DynamicCache:
    cache = DynamicCache()
    model.prefill(ids, cache)
    return cache


class Rows:
    """A batch whose rows are known, so that each step can be compared with that of a row alone."""

    def __init__(self, model: LanguageModel, least_saved: int = 8) -> None:
        self.model = model
        self.batch = Batch(lambda: True, least_saved)
        self.ids: list[list[int]] = []

    def join(self, *texts: list[int]) -> None:
        self.ids += [[*ids] for ids in texts]
        self.batch.join([read(self.model, ids[:-1]) for ids in texts], [ids[:-1] for ids in self.ids])

    def step(self, token: int = 9) -> None:
        step_and_compare(self.model, self.batch, self.ids)
        for ids in self.ids:
            ids.append(token)

    def keep(self, rows: list[int]) -> None:
        self.ids = [self.ids[row] for row in self.batch.keep(rows)]

    @property
    def shared(self) -> int:
        """The tokens that need no memory, because other rows have them too."""
        return sum((len(one.rows) - 1) * len(one.ids) for one in self.batch._beginnings.every)

    def compare_caches(self) -> None:
        for row, ids in enumerate(self.ids):
            ours, theirs = self.batch.cache_of(row), read(self.model, ids[:-1])
            for one, other in zip(ours.layers, theirs.layers, strict=True):
                torch.testing.assert_close(one.keys, other.keys, rtol=0, atol=1e-5)
                torch.testing.assert_close(one.values, other.values, rtol=0, atol=1e-5)


def test_equal_prompts_are_kept_once(model):
    rows, prompt = Rows(model), list(BEGINNINGS[0])
    rows.join(*[prompt] * 4)
    assert rows.shared == 3 * 28, "each row keeps the last token that was read"
    assert rows.batch._own.layers[0].keys.shape[2] == 1
    for token in (3, 4, 5):
        rows.step(token)
    rows.compare_caches()


def test_rows_that_come_later_share_what_one_that_runs_begins_with(model):
    rows, prompt = Rows(model), list(BEGINNINGS[0])
    rows.join(prompt)
    for token in (3, 4, 5):
        rows.step(token)
    assert rows.shared == 0
    rows.join([*prompt, 7, 8, 6, 5, 4])
    assert rows.shared == 30
    rows.step()
    rows.join([*prompt, 11, 12])
    assert rows.shared == 60
    rows.step()
    rows.compare_caches()
    rows.keep([1, 2])
    rows.step()
    rows.keep([0])
    assert rows.shared == 0
    rows.step()
    rows.compare_caches()
    rows.keep([])
    rows.join(prompt, prompt)
    rows.step()


@pytest.mark.parametrize("seed", range(6))
def test_rows_with_several_beginnings_and_without_one_come_and_go(model, seed):
    choice, rows = random.Random(seed), Rows(model)

    def text() -> list[int]:
        beginning = choice.choice([*BEGINNINGS, ()])
        return [*beginning, *fakes.prompt(choice.randint(1, 9) + (not beginning), choice.randint(0, 99))]

    shared = 0
    for _ in range(14):
        if not rows.ids or choice.random() < 0.5:
            rows.join(*[text() for _ in range(choice.randint(1, 3))])
        elif choice.random() < 0.5:
            rows.keep([row for row in range(len(rows.ids)) if choice.random() < 0.7])
        if rows.ids:
            rows.step(choice.randint(2, 200))
            rows.compare_caches()
        shared += rows.shared
    assert shared


def test_a_failed_forward_or_join_leaves_rows_that_share_as_they_were(model, monkeypatch):
    rows, prompt = Rows(model), list(BEGINNINGS[0])
    rows.join([*prompt, 3], [*prompt, 4, 5, 6])
    rows.step()
    broken = read(model, [*prompt, 9])
    broken.layers[-1].values = torch.zeros(1, 99, 31, 8)
    with pytest.raises(RuntimeError):
        rows.batch.join([broken], [ids[:-1] for ids in rows.ids] + [[*prompt, 9]])
    rows.step()
    whole = model._forward

    def fails(*args, **options):
        whole(*args, **options)
        raise MemoryError("no room")

    monkeypatch.setattr(model, "_forward", fails)
    with pytest.raises(MemoryError):
        rows.batch.step(model, [ids[-1] for ids in rows.ids])
    monkeypatch.setattr(model, "_forward", whole)
    rows.step()
    rows.compare_caches()


def test_what_saves_little_is_not_shared_until_more_rows_come(model):
    rows = Rows(model, least_saved=60)
    rows.join([*BEGINNINGS[0], 3, 5], [*BEGINNINGS[0], 4, 6])
    assert rows.shared == 0
    rows.step()
    rows.join([*BEGINNINGS[0], 7, 5])
    assert rows.shared == 60
    rows.step()
    rows.compare_caches()


def test_a_longer_beginning_of_several_new_rows_is_taken_before_a_shorter_one_that_is_there(model):
    rows, longer = Rows(model), [*BEGINNINGS[1], *BEGINNINGS[2]]
    rows.join([*BEGINNINGS[1], 3, 5], [*BEGINNINGS[1], 4, 6])
    assert rows.shared == 12
    rows.join([*longer, 3, 5], [*longer, 4, 6], [*BEGINNINGS[1], 9, 9])
    assert sorted(len(one.ids) for one in rows.batch._beginnings.every) == [12, 32]
    assert rows.shared == 2 * 12 + 32
    rows.step()
    rows.compare_caches()


def test_a_model_is_tried_before_its_rows_share(tiny_models, tokenizer):
    may = {kind: beginnings_may_be_shared(LanguageModel(hf, tokenizer, kind)) for kind, hf in tiny_models.items()}
    assert may == {"gpt2": True, "llama": True, "gemma3": True, "qwen2": True}


async def test_texts_of_one_prompt_are_those_of_single_runs(engine, monkeypatch):
    """As in a grid, and in a class on one prompt. Some begin later, and some end before the others."""
    used = []
    scores = one_query.scores
    monkeypatch.setattr(one_query, "scores", lambda query, keys: used.append(keys.shape) or scores(query, keys))
    prompt = fakes.prompt(70)
    requests = [Request(prompt, Settings(max_new_tokens=4 + 5 * seed % 17, seed=seed)) for seed in range(18)]
    requests.append(Request((*prompt, 5, 6), fakes.greedy(6)))
    together = await asyncio.gather(*(fakes.trace(engine, one) for one in requests))
    assert used
    used.clear()
    for request, (_, trace) in zip(requests, together, strict=True):
        _, alone = await fakes.trace(engine, request)
        assert trace.token_ids == alone.token_ids
        for step, expected in zip(trace.steps, alone.steps, strict=True):
            torch.testing.assert_close(step.logits, expected.logits, rtol=0, atol=1e-5)
            ours, theirs = (torch.as_tensor(one.weights).float() for one in (step, expected))
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-3)
    assert not used


async def test_a_prompt_that_many_send_at_once_is_read_once(engine, llama):
    prompt = fakes.prompt(70)
    requests = [Request(prompt, Settings(max_new_tokens=6, seed=seed)) for seed in range(12)]
    await asyncio.gather(*(fakes.trace(engine, one) for one in requests))
    read = sum(tokens for kind, tokens in llama.forwards if kind == "prefill")
    assert read <= 3 * 69, "the first ones that fit into a slice; the others get what these have read"


async def test_a_long_prompt_that_many_send_at_once_is_read_once(engine, llama, monkeypatch):
    monkeypatch.setattr(prompt_line, "SLICE_TOKENS", 16)
    prompt = fakes.prompt(80)
    requests = [Request((*prompt, 5 + seed, 6), Settings(max_new_tokens=4, seed=seed)) for seed in range(6)]
    requests.append(Request(fakes.prompt(30), fakes.greedy(4)))
    together = await asyncio.gather(*(fakes.trace(engine, one) for one in requests))
    read = sum(tokens for kind, tokens in llama.forwards if kind == "prefill")
    assert read <= 81 + 5 + 29, "the others read what is their own, and the other prompt is read too"
    for request, (_, trace) in zip(requests, together, strict=True):
        _, alone = await fakes.trace(engine, request)
        assert trace.token_ids == alone.token_ids


def test_texts_of_other_sources_take_nothing_from_each_other(llama):
    """What a decoder has read depends on what its encoder has read."""
    asked = [Request(fakes.prompt(80), fakes.greedy(3), source_ids=source) for source in ((5, 6), (5, 7), (5, 6))]
    rows = [Row(request, f"row {place}", print, ()) for place, request in enumerate(asked)]
    for row in rows:
        row.cache = DynamicCache()
    assert that_need_not_wait(rows, 16) == rows[:2]
    batch = Batch()
    batch.join([read(llama, rows[0].ids[:-1])])
    lend(rows[1:], rows[:1], rows[:1], batch, Relief("cpu", lambda: None))
    assert [row.own_cache.get_seq_length() for row in rows[1:]] == [0, 79]


def test_a_text_that_somebody_waits_for_does_not_wait_for_the_background(llama):
    asked = [Request((*fakes.prompt(80), place), fakes.greedy(3), background=place < 2) for place in range(4)]
    rows = [Row(request, f"row {place}", print, ()) for place, request in enumerate(asked)]
    for row, read in zip(rows, (40, 0, 0, 20), strict=True):
        row.cache = DynamicCache()
        llama.prefill(row.ids[:read], row.cache) if read else None
    assert that_need_not_wait(rows, 16) == [rows[0], rows[3]]
    assert that_need_not_wait(rows[:2], 16) == [rows[0]]


async def test_a_text_whose_reader_leaves_lets_the_next_one_be_read(engine, llama, monkeypatch):
    monkeypatch.setattr(prompt_line, "SLICE_TOKENS", 16)
    prompt = fakes.prompt(80)
    runs = [engine.trace(Request(prompt, Settings(max_new_tokens=4, seed=seed))) for seed in range(3)]
    engine.stop(runs[0].trace_id)
    told = await asyncio.gather(*(fakes.collect(run) for run in runs[1:]))
    assert all(len([step for step in one if isinstance(step, Step)]) == 4 for one in told)


async def test_a_prompt_that_goes_on_from_what_a_running_text_has_read_is_read_from_there(engine, llama):
    prompt = fakes.prompt(40)
    llama.hold()
    first = asyncio.ensure_future(fakes.trace(engine, Request(prompt, fakes.greedy(12))))
    await llama.arrived()
    second = asyncio.ensure_future(fakes.trace(engine, Request((*prompt, 7, 8, 9), fakes.greedy(3))))
    while engine.rows() != (1, 1):
        await asyncio.sleep(0)
    llama.allow(100)
    (_, ours), _ = await asyncio.gather(second, first)
    assert [tokens for kind, tokens in llama.forwards if kind == "prefill"] == [39, 2]
    _, alone = await fakes.trace(engine, Request((*prompt, 7, 8, 9), fakes.greedy(3)))
    assert ours.token_ids == alone.token_ids
