"""Tests that a device's memory is shared out to the byte, and that what does not fit is made smaller or refused."""

import asyncio
import re
from dataclasses import replace

import pytest
import torch
from transformers import PreTrainedModel

from playground import command_line
from playground.attention.views import AttentionViews
from playground.engine import engine as engines
from playground.engine import prompt_line
from playground.engine.engine import Engine
from playground.engine.memory_plan import SEARCHES, Measured, MemoryPlan, make_plan, measured
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models import footprint as footprints
from playground.models.cache_layers import nbytes
from playground.models.fitting import Wanted, check_fits
from playground.models.footprint import LEAST_ROWS, LEAST_TEXT, TEXTS_IN_PARTS, Footprint, footprint
from playground.models.language_model import LanguageModel
from playground.prompts import labels
from playground.prompts.labels import Query, Scorer
from playground.strategies.beams import searched
from playground.strategies.best_first import MOST_TOKENS, TOGETHER, whole_tree
from playground.traces.store import TraceStore
from tests import fakes, published
from tests.hybrids import KINDS as HYBRIDS
from tests.hybrids import hybrid
from tests.test_beams import beam, returned

CACHES, TRACES = engines.CACHE_BYTES, 2 * 2**30
DEFAULT = Footprint(token=46_080, text=0, working=10_000, scores=36_864, row=64 * 49_152, forward=300_000_000)
"""SmolLM2-135M in float32: 30 layers × 2 × 3 heads × 64 × 4 bytes a token."""
TOKEN_BYTES = {
    "Llama-3.1-8B": 131_072,
    "Llama-2-7B": 524_288,
    "Qwen2.5-7B": 57_344,
    "Qwen3-8B": 147_456,
    "Gemma-3-4B": 139_264,
}
"""2 (keys and values) × layers × key heads × their width × 2 bytes."""


@pytest.fixture(scope="module")
def outlines() -> dict[str, PreTrainedModel]:
    return {name: published.without_weights(config) for name, config in published.CONFIGS.items()}


@pytest.fixture(scope="module")
def sizes(outlines) -> dict[str, Footprint]:
    return {name: footprint(outline) for name, outline in outlines.items()}


def wanted(name: str) -> Wanted:
    """Returns the published model in bfloat16."""
    parameters = published.PARAMETERS[name]
    return Wanted(name, "bfloat16", 2, parameters, 2 * parameters, packed_bytes=None, is_gguf=False)


def plan_on_card(name: str, size: Footprint, free: int) -> MemoryPlan:
    return make_plan(Measured(name, "cuda", size, free, shares_host_memory=False), Limits(), CACHES, TRACES)


def plan_on_cpu(free: int, size: Footprint = DEFAULT) -> MemoryPlan:
    return make_plan(Measured("default", "cpu", size, free, shares_host_memory=True), Limits(), CACHES, TRACES)


@pytest.mark.parametrize("name", published.CONFIGS)
def test_the_published_sizes_are_those_of_the_models(name, sizes, outlines):
    assert outlines[name].num_parameters() == published.PARAMETERS[name]
    assert sizes[name].token == TOKEN_BYTES[name]
    assert sizes[name].text == 0


@pytest.mark.parametrize("card", [24, 16, 8])
@pytest.mark.parametrize("name", published.CONFIGS)
def test_a_published_model_gets_a_plan_that_adds_up_or_a_sentence(name, card, sizes, outlines, monkeypatch):
    """The sizes of the cards are in GB, as they are sold."""
    size, total = sizes[name], card * 10**9
    monkeypatch.setattr("playground.models.fitting.free_bytes", lambda device: total)
    free = total - wanted(name).weights
    if free < size.least:
        with pytest.raises(PlaygroundError, match=rf"{name} takes \d+\.\d\d GiB in bfloat16 and at least .* free\. Ch"):
            check_fits(wanted(name), outlines[name], torch.device("cuda"))
        return
    check_fits(wanted(name), outlines[name], torch.device("cuda"))
    plan = plan_on_card(name, size, free)
    assert sum(plan.parts.values()) == free
    assert min(plan.parts.values()) >= 0
    assert_printed_adds_up(plan, free)
    assert_limits_fit(plan, size)


def assert_printed_adds_up(plan: MemoryPlan, free: int) -> None:
    numbers = [float(number) for number in re.findall(r"(\d+\.\d\d) GiB", plan.sentences[1])]
    assert numbers[0] == pytest.approx(free / 2**30, abs=0.005)
    assert sum(numbers[1:]) == pytest.approx(numbers[0], abs=0.005 * len(numbers))


def assert_limits_fit(plan: MemoryPlan, size: Footprint) -> None:
    """Checks that what the limits allow at most takes no more than its share, and that one longest text always fits."""
    limits, parts = plan.limits, plan.parts
    longest = limits.prompt_tokens + limits.new_tokens
    assert size.reserve(longest) <= parts["computing"]
    assert limits.rows * size.row <= parts["choosing tokens"]
    batch = min(limits.batch_tokens, limits.rows * longest)
    assert batch * (size.running_step if batch > longest else size.step) + limits.rows * size.text <= parts["texts"]
    assert SEARCHES * limits.search_tokens * size.step <= parts["beam searches"]
    forward = max(limits.tree_tokens, limits.label_tokens)
    assert forward * size.step <= parts["label words and whole trees"]
    assert plan.cache_bytes == parts["kept prefixes"]
    assert plan.trace_bytes == parts["logits of recorded steps"] + parts["attention of recorded steps"]
    assert plan.attention_bytes == parts["attention of recorded steps"] == plan.trace_bytes // 2
    assert limits.look_bytes == parts["positions computed again"]
    assert limits.map_bytes == parts.get("attention maps", Limits().map_bytes)
    assert limits.batch_tokens >= longest
    assert min(limits.search_tokens, limits.tree_tokens, limits.label_tokens) >= longest + limits.text_tokens
    assert parts["single texts"] >= size.of_text(longest)


def test_which_models_fit_on_which_card(sizes):
    fits = {
        (name, card): card * 10**9 - wanted(name).weights >= sizes[name].least
        for name in published.CONFIGS
        for card in (24, 16, 8)
    }
    assert all(fits[name, 24] for name in published.CONFIGS)
    assert [name for name in published.CONFIGS if fits[name, 16]] == ["Llama-2-7B", "Qwen2.5-7B", "Gemma-3-4B"]
    assert not any(fits[name, 8] for name in published.CONFIGS)


def test_less_memory_is_said_limit_by_limit(sizes):
    size = sizes["Llama-2-7B"]
    plan = plan_on_card("Llama-2-7B", size, 16 * 10**9 - wanted("Llama-2-7B").weights)
    told = "\n".join(plan.sentences)
    assert re.search(r"^Room for \d+ texts? of [\d,]+ tokens at the same time\.", told)
    assert (
        f"At most {plan.limits.batch_tokens:,} tokens of all running texts together are in memory, not 65,536" in told
    )
    assert f"At most {plan.limits.prompt_tokens:,} tokens may be in a prompt (--max-prompt-tokens), not 2,048" in told
    assert "MiB are for kept prefixes (--cache-memory), not 512" in told
    assert f"At most {plan.trace_bytes // 2**20} MiB are for recorded steps (--trace-memory), not 2,048" in told


def test_places_become_fewer_before_a_model_is_refused(sizes):
    """A model that has room for eight rows and no more runs, and each gigabyte gives it more places."""
    size, places = sizes["Qwen2.5-7B"], []
    assert size.least < size.reserve(LEAST_TEXT) + 64 * size.row + TEXTS_IN_PARTS * size.of_text(LEAST_TEXT)
    for beyond in (0, 2 * 10**9, 4 * 10**9, 10**10):
        plan = plan_on_card("Qwen2.5-7B", size, size.least + beyond)
        told = any(f"At most {plan.limits.rows} texts run at the same time (--max-rows)" in it for it in plan.sentences)
        assert told == (plan.limits.rows < 64)
        places.append(plan.limits.rows)
    assert places[0] == LEAST_ROWS
    assert places[-1] == 64
    assert places == sorted(set(places))
    few = Measured("Qwen2.5-7B", "cuda", size, size.least, shares_host_memory=False)
    assert make_plan(few, Limits(rows=2), CACHES, TRACES).limits.rows == 2


def test_what_a_refusal_names_helps_where_the_memory_is_the_bound(sizes):
    """A higher option changes nothing there. What the texts share, and a smaller model, do."""
    size, free = sizes["Llama-2-7B"], 16 * 10**9 - wanted("Llama-2-7B").weights

    def planned(name: str = "Llama-2-7B", **limits: int) -> Limits:
        return make_plan(
            Measured(name, "cuda", sizes[name], free, shares_host_memory=False), Limits(**limits), CACHES, TRACES
        ).limits

    first = plan_on_card("Llama-2-7B", size, free).limits
    assert first.fitted == {"prompt_tokens", "new_tokens"}
    assert planned(prompt_tokens=4096).prompt_tokens <= first.prompt_tokens
    assert planned(new_tokens=1024).new_tokens <= first.new_tokens
    assert planned(new_tokens=32).prompt_tokens > first.prompt_tokens
    assert planned(prompt_tokens=64).new_tokens > first.new_tokens
    assert planned("Qwen2.5-7B").prompt_tokens > first.prompt_tokens
    assert planned(prompt_tokens=64, new_tokens=64).fitted == set()


@pytest.mark.parametrize("free", [0, 10**8])
def test_no_room_for_a_few_hundred_tokens_is_a_sentence(free, sizes):
    with pytest.raises(PlaygroundError, match=r"Llama-2-7B is loaded, and cuda has .* free. To write texts of 512 tok"):
        plan_on_card("Llama-2-7B", sizes["Llama-2-7B"], free)


@pytest.mark.parametrize("name", published.CONFIGS)
def test_every_amount_of_memory_gives_a_plan_that_fits(name, sizes):
    """What passes the check before loading has a plan after it."""
    size = sizes[name]
    rooms = []
    for free in [size.least, size.least + 1, *(size.least + part * 10**9 // 2 for part in range(1, 200))]:
        plan = plan_on_card(name, size, free)
        assert sum(plan.parts.values()) == free
        assert_limits_fit(plan, size)
        rooms.append(plan.limits.batch_tokens)
    assert rooms == sorted(rooms)
    assert plan.limits == Limits()
    assert plan.sentences[2:] == ("Attention maps take at most 96 MiB of the host's memory (--attention-memory).",)


@pytest.mark.parametrize("name", published.CONFIGS)
@pytest.mark.parametrize("beyond", [0, 10**8, 10**9, 4 * 10**9, 10**11])
def test_attention_has_its_share_where_the_device_has_the_host_s_memory(name, beyond, sizes):
    """There the maps take of what is shared out. On a card they do not, and a sentence says where they are."""
    size, free = sizes[name], sizes[name].least + beyond
    plan = plan_on_cpu(free, size)
    assert sum(plan.parts.values()) == free
    assert_limits_fit(plan, size)
    assert_printed_adds_up(plan, free)
    assert f"{plan.parts['attention maps'] / 2**30:.2f} GiB for attention maps" in plan.sentences[1]
    assert f"{plan.attention_bytes / 2**30:.2f} GiB for attention of recorded steps" in plan.sentences[1]
    told = f"At most {plan.limits.map_bytes // 2**20} MiB are for attention maps (--attention-memory), not 96"
    assert any(told in one for one in plan.sentences) == (plan.limits.map_bytes < Limits().map_bytes)
    on_card = plan_on_card(name, size, free)
    assert "attention maps" not in on_card.parts
    assert "Attention maps take at most 96 MiB of the host's memory (--attention-memory)." in on_card.sentences


def test_the_default_model_on_an_ordinary_cpu_keeps_its_limits():
    plan = plan_on_cpu(10_600_000_000)
    assert (plan.limits, plan.cache_bytes, plan.trace_bytes) == (Limits(), CACHES, TRACES)
    assert plan.sentences[0] == "Room for 32 texts of 2,048 tokens at the same time."
    assert len(plan.sentences) == 2


def test_recorded_steps_share_the_memory_of_a_cpu():
    plan = plan_on_cpu(2 * 10**9)
    assert sum(plan.parts.values()) == 2 * 10**9
    assert 100 * 2**20 < plan.trace_bytes < TRACES
    assert any("MiB are for recorded steps (--trace-memory), not 2,048" in one for one in plan.sentences)
    assert_limits_fit(plan, DEFAULT)


@pytest.mark.parametrize("beyond", [0, 1, 10**6, 10**8, 10**9])
def test_a_cpu_with_little_memory_divides_it_all(beyond):
    free = DEFAULT.least + beyond
    plan = plan_on_cpu(free)
    assert sum(plan.parts.values()) == free
    assert min(plan.parts.values()) >= 0
    assert plan.trace_bytes >= beyond // 8
    assert_limits_fit(plan, DEFAULT)


@pytest.mark.parametrize("kind", [*fakes.KINDS, *HYBRIDS])
@pytest.mark.parametrize("length", [30, 61])
def test_a_text_takes_what_was_measured(kind, length, tokenizer):
    hf = fakes.tiny(kind) if kind in fakes.KINDS else hybrid(kind)
    model = LanguageModel(hf, tokenizer, kind)
    size, cache = measured(model).footprint, model.new_cache()
    model.prefill(fakes.prompt(length), cache)
    assert length * size.token + size.text == nbytes(cache)
    assert bool(size.text) == model.has_states


@pytest.mark.parametrize("kind", ["llama", "gemma3", *HYBRIDS])
def test_the_meta_device_gives_the_same_numbers(kind):
    hf = (fakes.tiny(kind) if kind in fakes.KINDS else hybrid(kind)).to(torch.bfloat16)
    assert footprint(published.without_weights(hf.config)) == footprint(hf)


def test_a_model_with_states_plans_for_those_of_each_row():
    size = Footprint(token=4096, text=50 * 2**20, working=1024, scores=10_000, row=10**6, forward=10**9)
    plan = plan_on_card("hybrid", size, 4 * 10**9)
    assert_limits_fit(plan, size)
    assert plan.limits.rows < 64
    assert plan.limits.text_tokens == 10_240
    assert any("texts run at the same time (--max-rows), not 64" in one for one in plan.sentences)


def test_no_forward_reads_more_than_the_reserve_is_for():
    slices = [prompt_line.SLICE_TOKENS, labels.SLICE_TOKENS, TOGETHER * (MOST_TOKENS + 1)]
    assert max(slices) <= footprints.FORWARD_TOKENS


def test_the_tree_has_room_for_all_prefixes_of_a_long_prompt():
    assert Limits().tree_tokens == TOGETHER * (Limits().prompt_tokens + MOST_TOKENS)


# small plans


@pytest.fixture
def small(llama):
    """An engine whose searches and labels have room for little more than one text."""
    limits = Limits(search_tokens=100, tree_tokens=70, label_tokens=70)
    engine = Engine(llama, TraceStore(50_000_000), limits).start()
    yield engine
    engine.close()


async def tree_of(engine: Engine, prompt):
    return [tree async for tree in whole_tree(engine, prompt, 2)][-1]


async def test_a_tree_with_little_room_continues_fewer_prefixes_and_finds_the_same(engine, small, llama, monkeypatch):
    prompt, rows, extend = fakes.prompt(20), [], llama.extend
    monkeypatch.setattr(llama, "extend", lambda ids, cache: rows.append(len(ids)) or extend(ids, cache))
    whole = await tree_of(engine, prompt)
    assert max(rows) == TOGETHER
    rows.clear()
    found = await tree_of(small, prompt)
    assert max(rows) == 70 // (20 + 2)
    assert [ids for ids, _ in found.sequences] == [ids for ids, _ in whole.sequences]
    assert [value for _, value in found.sequences] == pytest.approx([value for _, value in whole.sequences], abs=1e-5)


async def test_a_search_that_fits_is_the_same_and_another_is_refused_with_the_numbers(engine, small):
    prompt = fakes.prompt(20)
    settings = beam(3, max_new_tokens=10)
    assert returned(await searched(small, prompt, settings)) == returned(await searched(engine, prompt, settings))
    with pytest.raises(PlaygroundError, match=r"4 beams of 30 tokens.* are 120 tokens in memory, .* may hold 100\."):
        await searched(small, prompt, beam(4, max_new_tokens=10))
    small.limits = replace(small.limits, text_tokens=5)
    with pytest.raises(PlaygroundError, match=r"are 105 tokens in memory with 5 for the states of each, and"):
        await searched(small, prompt, settings)


async def test_labels_with_little_room_take_smaller_slices_and_are_the_same(engine, small, llama, monkeypatch):
    queries = [Query(fakes.prompt(20) + fakes.prompt(3, seed=seed), ((7,), (8, 9), (8, 10, 11))) for seed in range(6)]
    rows, go_on = [], llama.go_on
    monkeypatch.setattr(llama, "go_on", lambda ids, *rest: rows.append(len(ids)) or go_on(ids, *rest))
    whole = await Scorer(engine).log_probabilities(queries)
    most = max(rows)
    rows.clear()
    found = await Scorer(small).log_probabilities(queries)
    assert max(rows) == 70 // (20 + 3 + 2) < most
    for ours, theirs in zip(found, whole, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


async def test_texts_of_a_small_plan_wait_and_are_the_same(llama, monkeypatch, capsys):
    size = footprint(llama.hf)
    monkeypatch.setattr("playground.models.loading.load_any", lambda *_: llama)
    free = size.least_for(8, 60) + size.of_text(60)
    monkeypatch.setattr("playground.engine.memory_plan.free_bytes", lambda device: free)
    options = ["--max-prompt-tokens", "40", "--max-new-tokens", "20", "--attention-memory", "3"]
    engines = command_line.start(command_line.arguments(options))
    engine = engines.running()[0]
    try:
        assert 0 < engine.limits.map_bytes < 3 * 2**20
        assert AttentionViews(engine).shelf.max_bytes == engine.limits.map_bytes
        assert f"At most {engine.limits.batch_tokens} tokens of all running texts" in capsys.readouterr().out
        assert 60 <= engine.limits.batch_tokens < 120
        requests = [Request(fakes.prompt(20, seed), fakes.greedy(20)) for seed in range(5)]
        traces = await asyncio.gather(*(fakes.trace(engine, request) for request in requests))
        for request, (_, trace) in zip(requests, traces, strict=True):
            expected = fakes.generate(llama.hf, request.prompt_ids, request.settings).sequences[0, 20:].tolist()
            assert list(trace.token_ids) == expected
    finally:
        engines.close()
