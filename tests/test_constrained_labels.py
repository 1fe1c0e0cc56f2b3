"""Tests what label words become under a constraint that allows nothing else, against masks drawn token by token."""

import numpy as np
import pytest

from playground.decoding.constraints.constraint import compiled
from playground.models.word_ids import words_of
from playground.prompts.constrained import beginnings, constrained, total_variation
from playground.prompts.label_words import label_words
from playground.prompts.labels import Scorer, encode_labels

HAND = {(1,): 0.4, (2,): 0.1, (1, 3): 0.02, (1, 4): 0.06}


def test_a_mask_rescales_at_every_token():
    """Of the first tokens 0.4 / 0.5 and 0.1 / 0.5 are kept, then 0.02 / 0.08 and 0.06 / 0.08."""
    labels = [(2,), (1, 3), (1, 4)]
    assert set(beginnings(labels)) == set(HAND)
    assert constrained(labels, HAND) == pytest.approx([0.2, 0.2, 0.6])
    assert total_variation([0.1 / 0.18, 0.02 / 0.18, 0.06 / 0.18], [0.2, 0.2, 0.6]) == pytest.approx(0.1 / 0.18 - 0.2)


def test_labels_without_probability_stay_at_zero():
    assert constrained([(1,), (2,)], {(1,): 0.0, (2,): 0.0}) == [0.0, 0.0]


def by_masks(model, prompt: str, labels: list[str]) -> list[float]:
    """Returns each label's probability under the constraint: a softmax of what its mask keeps, token by token."""
    one = compiled(("choices", tuple(labels)), words_of(model))
    found = []
    for ids in encode_labels(model, labels):
        share = 1.0
        for place in range(len(ids)):
            logits = model.read([*model.tokenizer.encode(prompt), *ids[:place]], model.new_cache())[-1].double().numpy()
            kept = np.where(one.mask(ids[:place]), logits, -np.inf)
            weights = np.exp(kept - kept.max())
            share *= weights[ids[place]] / weights.sum()
        found.append(share)
    return found


async def answer(engine, prompt: str, labels: list[str]) -> dict:
    prompts = [{"text": prompt, "templated": False, "content_free": None}]
    [found] = await label_words(Scorer(engine), {"labels": labels, "spellings": ["bare"], "prompts": prompts})
    return found["bare"]


@pytest.mark.parametrize("labels", [["On", "An", "in the"], ["tin", "ton", "x"], ["a", "b", "c"]])
async def test_the_labels_are_those_of_the_choice_constraint(engine, labels):
    found = await answer(engine, "the tin:", labels)
    assert found["constrained"] == pytest.approx(by_masks(engine.model, "the tin:", labels), abs=1e-6)
    assert sum(found["constrained"]) == pytest.approx(1)
    assert found["variation"] == pytest.approx(total_variation(found["prefers"], found["constrained"]))


async def test_choices_of_one_token_are_the_label_probabilities_rescaled(engine):
    found = await answer(engine, "the tin:", ["a", "b", "c"])
    assert found["constrained"] == pytest.approx(found["prefers"], rel=1e-12)
    assert found["variation"] == pytest.approx(0, abs=1e-12)
