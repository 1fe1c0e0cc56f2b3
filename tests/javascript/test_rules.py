"""Tests that the page accepts the values that Python accepts, and shows the distribution Python samples from."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from playground.decoding.processors import stages
from playground.decoding.rules import Rule
from playground.decoding.settings import RULES, Settings
from playground.decoding.stages import BY_SETTING, STAGES
from playground.errors import PlaygroundError
from tests.javascript import node
from tests.javascript.test_distribution import Case, at_threshold, reshape
from tests.stage_values import NUMBERS, OFF, PLAIN, around_the_ends
from tests.words import Numbered, word_value

DRAWN = [name for name, rule in RULES.items() if isinstance(rule, Rule) and name not in ("max_new_tokens", "seed")]
"""The numbers among the settings that change the page's picture."""
WORDS = {
    name: word_value(name, np.random.default_rng(1), 60)
    for name in OFF
    if name not in NUMBERS and BY_SETTING[name].kind not in ("constraint", "watermark")
}
"""Values of the other settings of stages, except constraints, whose masks come from a server."""
ROWS = [3 * np.random.default_rng(seed).normal(size=60).astype(np.float32) for seed in range(3)]
IDS = [5, 9, 7, 5, 9]


def is_accepted(name: str, value: float) -> bool:
    try:
        Settings(**{name: value})
    except PlaygroundError:
        return False
    return True


def test_the_pages_stages_are_those_of_python_in_their_order():
    numbers = {name: RULES[name] for name in NUMBERS if RULES[name].off}
    inside = {name: (rule.low + rule.high) / 2 if rule.high == 1 else rule.high for name, rule in numbers.items()}
    inside |= WORDS
    on = stages(torch.tensor(ROWS[0]), IDS, Settings(**inside), vocabulary=Numbered(60))
    answer = reshape([Case(ROWS[0], IDS, inside)])[0]
    assert [stage["name"] for stage in answer.stages if not stage["off"]] == [stage.name for stage in on[1:]]


def test_a_stage_is_off_by_default():
    told = {field.name: field.default for field in fields(Settings)}
    assert {stage.setting: stage.default for stage in STAGES} == {
        stage.setting: told[stage.setting] for stage in STAGES
    }


@pytest.mark.parametrize("name", DRAWN)
def test_python_and_the_page_accept_the_same_values(name):
    values = around_the_ends(name)
    told = node.call("distribution/settings.js", "usable", *([{name: value}] for value in values))
    assert [value for value, usable in zip(values, told, strict=True) if usable] == [
        value for value in values if is_accepted(name, value)
    ]


@pytest.mark.parametrize("strategy", ["sample", "greedy", "beam"])
def test_at_the_ends_of_every_range_the_page_draws_what_python_samples_from(strategy):
    """The page has the same stages on, the same tokens left and the same probabilities."""
    changes = [(name, value) for name in NUMBERS for value in around_the_ends(name) if is_accepted(name, value)]
    asked = [(row, {"strategy": strategy, name: value}) for name, value in changes for row in ROWS]
    cases = [Case(row, IDS, PLAIN | settings) for row, settings in asked]
    borderline = 0
    for (row, settings), case, answer in zip(asked, cases, reshape(cases), strict=True):
        _, *on = found = stages(torch.tensor(row), IDS, Settings(**settings), vocabulary=Numbered(60, [0, 59]))
        assert [stage["name"] for stage in answer.stages if not stage["off"]] == [stage.name for stage in on], settings
        expected = found[-1].logits.double().softmax(-1).numpy()
        different = (answer.removed_by < 0) != np.isfinite(found[-1].logits.numpy())
        if different.any():
            assert at_threshold(on[-1].name, case, row)[different].all(), settings
            borderline += 1
            continue
        assert answer.probability == pytest.approx(expected, abs=1e-6), settings
    assert borderline <= len(asked) / 50
