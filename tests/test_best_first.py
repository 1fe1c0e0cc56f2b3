"""Tests the search of the whole tree against all sequences, and what a budget leaves unproven."""

import copy
import math
from itertools import pairwise

import pytest
import torch

from playground.engine import continuing
from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.strategies import best_first
from playground.strategies.best_first import WholeTree, whole_tree
from playground.traces.store import TraceStore
from tests import fakes


def every_pair(hf, ids, eos) -> list[tuple[tuple[int, ...], float]]:
    """Returns all sequences of two tokens, or of one that ends, with log-probabilities, most probable first."""
    first = fakes.full_forward(hf, ids)[0][-1].double().log_softmax(-1)
    with torch.inference_mode():
        rows = torch.tensor([[*ids, token] for token in range(fakes.VOCABULARY)])
        second = hf(rows, use_cache=False).logits[:, -1].double().log_softmax(-1)
    found = [((token,), float(first[token])) for token in eos]
    for token in set(range(fakes.VOCABULARY)) - set(eos):
        both = first[token] + second[token]
        found += [((token, last), float(both[last])) for last in range(fakes.VOCABULARY)]
    return sorted(found, key=lambda one: -one[1])


async def last(*asked, **others) -> WholeTree:
    """Returns what a search knows at its end."""
    *_, tree = [tree async for tree in whole_tree(*asked, **others)]
    assert tree.done
    return tree


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize(("length", "least_saved"), [(1, continuing.LEAST_SAVED), (7, continuing.LEAST_SAVED), (7, 1)])
async def test_the_best_of_all_pairs_is_found_and_proven(
    tiny_models, tokenizer, kind, length, least_saved, monkeypatch
):
    monkeypatch.setattr(continuing, "LEAST_SAVED", least_saved)
    hf = copy.deepcopy(tiny_models[kind])
    hf.generation_config.eos_token_id = [3, 5, 250]
    engine = Engine(fakes.PacedModel(hf, tokenizer), TraceStore(10_000_000)).start()
    ids = fakes.prompt(length)
    found = await last(engine, ids, 2)
    engine.close()
    expected = every_pair(hf, ids, [3, 5, 250])[: best_first.FOUND]
    assert [one for one, _ in found.sequences] == [one for one, _ in expected]
    assert [value for _, value in found.sequences] == pytest.approx([value for _, value in expected], abs=1e-5)
    assert all(found.proven)
    assert found.expanded < 301


async def test_one_token_is_the_models_own_order(engine):
    ids = fakes.prompt(5)
    found = await last(engine, ids, 1)
    expected = fakes.full_forward(engine.model.hf, ids)[0][-1].topk(best_first.FOUND).indices.tolist()
    assert [one for (one,), _ in found.sequences] == expected
    assert found.expanded == 1


async def test_a_spent_budget_proves_nothing(engine):
    found = await last(engine, fakes.prompt(5), 3, budget=20)
    assert found.expanded == 20
    assert len(found.sequences) >= 1
    assert not all(found.proven)
    assert all(math.exp(value) <= 1 for _, value in found.sequences)


async def test_what_was_left_out_bounds_what_is_proven(engine, monkeypatch):
    monkeypatch.setattr(best_first, "CHILDREN", 2)
    found = await last(engine, fakes.prompt(5), 2)
    assert not all(found.proven)


@pytest.mark.parametrize(
    ("horizon", "budget", "sentence"),
    [(5, 10, "horizon is 5"), (0, 10, "horizon"), (2, 0, "budget"), ("2", 9, "horizon")],
)
async def test_out_of_range_is_refused(engine, horizon, budget, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await last(engine, fakes.prompt(5), horizon, budget)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
async def test_a_prompt_that_nearly_fills_the_window_is_refused(tiny_models, tokenizer, kind):
    engine = Engine(LanguageModel(tiny_models[kind], tokenizer, kind), TraceStore(1_000_000)).start()
    await last(engine, fakes.prompt(fakes.WINDOW - 2), 2, 3)
    with pytest.raises(PlaygroundError, match=f"With 2 more tokens the prompt would have {fakes.WINDOW + 1}, and"):
        await last(engine, fakes.prompt(fakes.WINDOW - 1), 2, 3)
    engine.close()


async def test_what_is_known_meanwhile_stays_true(engine):
    """A search may stop after any forward: its sequences only get better, and what is proven stays proven."""
    trees = [tree async for tree in whole_tree(engine, fakes.prompt(5), 2)]
    assert [tree.done for tree in trees] == [False] * (len(trees) - 1) + [True]
    for before, after in pairwise(trees):
        assert before.expanded <= after.expanded
        proven = sum(before.proven)
        assert after.sequences[:proven] == before.sequences[:proven]
        assert all(new >= old for (_, old), (_, new) in zip(before.sequences, after.sequences, strict=False))
