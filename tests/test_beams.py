"""Tests that beam search finds the sequences and scores of `generate`, and that the tree shows how."""

import asyncio
from dataclasses import replace

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

from playground.decoding.settings import Settings
from playground.engine import continuing
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.strategies.beam_tree import BeamTree
from playground.strategies.beams import path, search
from playground.traces.store import TraceStore
from tests import fakes

KINDS = ("gpt2", "llama", "qwen2")


def beam(num_beams: int, **others) -> Settings:
    return Settings(strategy="beam", num_beams=num_beams, **{"max_new_tokens": 12} | others)


async def found(engine: Engine, prompt_ids, settings: Settings) -> BeamTree:
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        return [tree async for tree in search(engine, prompt_ids, settings)][-1]


def returned(tree: BeamTree):
    return [hypothesis for hypothesis in tree.hypotheses if hypothesis.returned]


def assert_equals_generate(hf, tree: BeamTree, **options) -> None:
    """Checks sequences, their order and their scores."""
    settings = tree.settings
    if settings.num_beams == 1:
        settings = replace(settings, strategy="greedy")
    ours = returned(tree)
    theirs = fakes.generate(
        hf, tree.prompt_ids, settings, num_return_sequences=settings.num_beams, output_scores=True, **options
    )
    sequences = theirs.sequences[:, len(tree.prompt_ids) :]
    assert len(ours) == len(sequences)
    for hypothesis, sequence in zip(ours, sequences.tolist(), strict=True):
        length = len(hypothesis.token_ids)
        assert list(hypothesis.token_ids) == sequence[:length]
        assert set(sequence[length:]) <= {fakes.EOS}, "and the rest is padding"
    if settings.num_beams > 1:
        scores = [hypothesis.score for hypothesis in ours]
        assert scores == pytest.approx(theirs.sequences_scores.tolist(), abs=1e-5, rel=1e-6)


@pytest.fixture(params=KINDS)
def any_engine(request, tiny_models, tokenizer):
    engine = Engine(fakes.PacedModel(tiny_models[request.param], tokenizer), TraceStore(50_000_000)).start()
    yield engine
    engine.close()


@pytest.mark.parametrize("early_stopping", [False, True], ids=["", "early"])
@pytest.mark.parametrize("length_penalty", [0, 1, 2])
async def test_sequences_and_scores_equal_generates(any_engine, length_penalty, early_stopping):
    """Sequences and scores equal those of `generate` for 1 to 8 beams, also from prompts that end early."""
    for num_beams in range(1, 9):
        settings = beam(num_beams, length_penalty=length_penalty, early_stopping=early_stopping)
        tree = await found(any_engine, fakes.prompt(3 + num_beams, num_beams), settings)
        assert_equals_generate(any_engine.model.hf, tree)


@pytest.mark.parametrize("extra", [{"no_repeat_ngram_size": 2}, {"repetition_penalty": 1.5, "length_penalty": -1}])
async def test_penalties_apply_to_log_probabilities_as_in_generate(any_engine, extra):
    for num_beams in (1, 3, 5):
        tree = await found(any_engine, fakes.prompt(9), beam(num_beams, max_new_tokens=20, **extra))
        assert_equals_generate(any_engine.model.hf, tree)


async def test_hypotheses_that_end_before_the_limit(tiny_models, tokenizer):
    """Most hypotheses end before the limit when many tokens end a text."""
    hf = fakes.tiny("llama")
    hf.generation_config.eos_token_id = list(range(1, 120, 2))
    engine = Engine(fakes.PacedModel(hf, tokenizer), TraceStore(10_000_000)).start()
    lengths = set()
    for early_stopping in (False, True):
        for num_beams in (1, 2, 4, 8):
            tree = await found(engine, fakes.prompt(7), beam(num_beams, early_stopping=early_stopping))
            assert_equals_generate(hf, tree)
            lengths |= {len(hypothesis.token_ids) for hypothesis in returned(tree)}
    engine.close()
    assert len(lengths) > 3


@pytest.mark.parametrize("least_saved", [1, continuing.LEAST_SAVED], ids=["kept once", "copied"])
@pytest.mark.parametrize("length", [1, 2, 70, 90])
async def test_prompts_of_any_length_up_to_the_window(any_engine, length, least_saved, monkeypatch):
    monkeypatch.setattr(continuing, "LEAST_SAVED", least_saved)
    tree = await found(any_engine, fakes.prompt(length), beam(3, max_new_tokens=6))
    assert_equals_generate(any_engine.model.hf, tree)


async def test_the_window_ends_a_search(engine):
    tree = await found(engine, fakes.prompt(fakes.WINDOW - 2), beam(3))
    assert {len(hypothesis.token_ids) for hypothesis in returned(tree)} <= {1, 2}


@pytest.mark.model
@pytest.mark.parametrize(
    ("num_beams", "length_penalty", "early_stopping"),
    [
        pytest.param(num_beams, *ending, marks=[] if (num_beams, *ending) == (3, 1, True) else pytest.mark.long)
        for num_beams in (1, 2, 3, 4, 8)
        for ending in [(0, False), (1, True), (2, False)]
    ],
)
async def test_the_default_model_finds_what_generate_finds(default_model, num_beams, length_penalty, early_stopping):
    engine = Engine(default_model, TraceStore(10_000_000)).start()
    ids = default_model.tokenizer.encode("The capital of France is")
    try:
        settings = beam(num_beams, length_penalty=length_penalty, early_stopping=early_stopping, max_new_tokens=10)
        assert_equals_generate(default_model.hf, await found(engine, ids, settings))
    finally:
        engine.close()


# the tree


class Recorder(LogitsProcessor):
    """Records the search of `generate`: every running beam and its log-probabilities."""

    def __init__(self):
        self.steps = []

    def __call__(self, input_ids, scores):
        self.steps.append((input_ids.clone(), scores.clone()))
        return scores


async def test_the_beams_of_every_step_are_those_of_generate(any_engine):
    settings, prompt = beam(4, max_new_tokens=8), fakes.prompt(6)
    tree = await found(any_engine, prompt, settings)
    recorder = Recorder()
    fakes.generate(any_engine.model.hf, prompt, settings, logits_processor=LogitsProcessorList([recorder]))
    for depth, (ids, log_probs) in enumerate(recorder.steps):
        kept = {tree.token_ids(n): n for n, node in enumerate(tree.nodes) if (node.depth, node.fate) == (depth, "kept")}
        assert set(kept) == {tuple(row[6:].tolist()) for row in ids} if depth else set(kept) == {()}
        for row, values in zip(ids, log_probs, strict=True):
            told = tree.next_tokens[kept[tuple(row[6:].tolist())]]
            best = values.topk(len(told))
            assert [value for _, value in told] == pytest.approx(best.values.tolist(), abs=1e-5)


async def test_a_node_adds_its_token_to_its_parent(engine):
    tree = await found(engine, fakes.prompt(6), beam(4))
    for place, node in enumerate(tree.nodes[1:], start=1):
        parent = tree.nodes[node.parent]
        assert node.parent < place
        assert node.depth == parent.depth + 1
        assert parent.fate == "kept"
        assert node.cumulative == pytest.approx(parent.cumulative + node.log_prob, abs=1e-5)
        assert (node.token_id, pytest.approx(node.log_prob, abs=1e-6)) in tree.next_tokens[node.parent]
    for depth in range(1, 12):
        level = [node for node in tree.nodes if node.depth == depth]
        kept = [node.cumulative for node in level if node.fate == "kept"]
        dropped = [node.cumulative for node in level if node.fate == "dropped"]
        assert len(kept) == 4
        assert min(kept) >= max(dropped)


async def test_a_score_is_the_sum_over_the_length_penalised(engine):
    tree = await found(engine, fakes.prompt(6), beam(3, length_penalty=2))
    for hypothesis in tree.hypotheses:
        node = tree.nodes[hypothesis.node]
        assert node.fate == "finished"
        assert hypothesis.score == pytest.approx(node.cumulative / node.depth**2)
    scores = [hypothesis.score for hypothesis in returned(tree)]
    assert scores == sorted(scores, reverse=True)
    assert tree.done


async def test_the_tree_grows_with_every_step(engine):
    trees = [tree async for tree in search(engine, fakes.prompt(6), beam(3, max_new_tokens=5))]
    assert [max(node.depth for node in tree.nodes) for tree in trees] == [1, 2, 3, 4, 5]
    assert [tree.done for tree in trees] == [False] * 4 + [True]


async def test_a_stop_string_ends_a_beam(engine):
    plain = await found(engine, fakes.prompt(6), beam(3))
    word = engine.model.tokenizer.decode(returned(plain)[0].token_ids[:3])[-1]
    tree = await found(engine, fakes.prompt(6), beam(3, stop_strings=(word,)))
    ended = [engine.model.tokenizer.decode(h.token_ids) for h in tree.hypotheses if len(h.token_ids) < 12]
    assert ended
    assert all(
        word in text and word not in text[:-2] for text in ended if fakes.EOS not in engine.model.tokenizer.encode(text)
    )


# beside others


async def test_a_search_and_a_text_take_turns(engine, llama):
    """The text advances between two steps of the search, and both results are as when each runs alone."""
    llama.eos_token_ids = frozenset()
    prompt, request = fakes.prompt(6), Request(fakes.prompt(9), fakes.greedy(30))
    alone = (await found(engine, prompt, beam(5, max_new_tokens=10)), (await fakes.trace(engine, request))[1])
    start = len(llama.forwards)
    tree, (_, trace) = await asyncio.gather(
        found(engine, prompt, beam(5, max_new_tokens=10)), fakes.trace(engine, request)
    )
    assert returned(tree) == returned(alone[0])
    assert trace.token_ids == alone[1].token_ids
    kinds = "".join(kind[0] for kind, _ in llama.forwards[start:])
    assert kinds.count("e") == 10
    assert "ee" not in kinds[kinds.index("s") :].rstrip("e"), "never two steps of the search while a text waits"


async def test_three_searches_share_two_places(engine):
    trees = await asyncio.gather(*(found(engine, fakes.prompt(6, seed), beam(3)) for seed in range(3)))
    for seed, tree in enumerate(trees):
        assert returned(tree) == returned(await found(engine, fakes.prompt(6, seed), beam(3)))


async def test_a_search_given_up_leaves_its_place(engine):
    for _ in range(3):
        trees = search(engine, fakes.prompt(6), beam(3))
        await anext(trees)
        await trees.aclose()
    assert returned(await found(engine, fakes.prompt(6), beam(3)))


@pytest.mark.parametrize(
    ("length", "settings", "sentence"),
    [
        (6, beam(8, max_new_tokens=20), "8 beams of 26 tokens, prompt included, are 208 tokens in memory.*fewer beams"),
        (96, beam(2), "window of 96"),
        (6, beam(2, max_new_tokens=513), "max_new_tokens is 513"),
    ],
)
async def test_what_is_too_much_is_refused(engine, length, settings, sentence):
    engine.limits = replace(engine.limits, search_tokens=200)
    with pytest.raises(PlaygroundError, match=sentence):
        await anext(search(engine, fakes.prompt(length), settings))


async def test_a_prompt_that_is_kept_once_counts_once(engine, monkeypatch):
    monkeypatch.setattr(continuing, "LEAST_SAVED", 1)
    prompt, engine.limits = fakes.prompt(70), replace(engine.limits, search_tokens=70 + 4 * 12)
    assert_equals_generate(engine.model.hf, await found(engine, prompt, beam(4)))
    with pytest.raises(PlaygroundError, match="4 beams of 83 tokens, prompt included, are 122 tokens in memory"):
        await found(engine, prompt, beam(4, max_new_tokens=13))


async def test_settings_that_leave_no_token_are_told(engine, llama):
    llama.spoil = lambda ids, seen: seen._replace(
        logits=torch.full_like(seen.logits, -torch.inf).index_fill(1, torch.tensor([7]), 0.0)
    )
    with pytest.raises(PlaygroundError, match="remove every token"):
        await found(engine, (5, 7), beam(1, no_repeat_ngram_size=1))


# another way


async def test_a_path_has_the_score_a_beam_would_have(engine):
    """The greedy text is the one that a search with one beam finds."""
    settings = Settings(strategy="greedy", max_new_tokens=10, length_penalty=2)
    greedy = await path(engine, fakes.prompt(6), settings, "greedy")
    tree = await found(engine, fakes.prompt(6), beam(1, max_new_tokens=10, length_penalty=2))
    [best] = returned(tree)
    assert greedy.token_ids == best.token_ids
    assert greedy.score == pytest.approx(best.score, abs=1e-5)
    assert sum(greedy.log_probs) / 10**2 == pytest.approx(greedy.score)
