"""The page takes the values that Python takes, and draws from each of them what Python samples from."""

import math
from dataclasses import fields

import numpy as np
import pytest
import torch

from playground.decoding.processors import stages
from playground.decoding.settings import RULES, SAMPLING_ONLY, STRATEGIES, Rule, Settings
from playground.errors import PlaygroundError
from tests.javascript import node
from tests.javascript.test_distribution import OFF, Case, reshape

DRAWN = [name for name in RULES if name not in ("max_new_tokens", "seed")]
"""The settings that the page makes a picture of."""
ROWS = [3 * np.random.default_rng(seed).normal(size=60).astype(np.float32) for seed in range(3)]
IDS = [5, 9, 7, 5, 9]


def around_the_ends(name: str) -> list[float]:
    """Both ends of a setting's range and their neighbours to each side, the nearest ones and some farther off."""
    rule = RULES[name]
    steps = (1,) if rule.whole else (1e-6, 1e-3)
    values = [end + sign * step for end in (rule.low, rule.high) for step in (0, *steps) for sign in (-1, 1)]
    if not rule.whole:
        values += [math.nextafter(end, to) for end in (rule.low, rule.high) for to in (-math.inf, math.inf)]
    return sorted({*values, 0, 1, 2.5, 1e4, 1e9})


def is_accepted(name: str, value: float) -> bool:
    try:
        Settings(**{name: value})
    except PlaygroundError:
        return False
    return True


@pytest.fixture(scope="module")
def page() -> dict:
    """What the page's module says."""
    return node.exported("distribution/rules.js")


def as_the_page_says(rule: Rule) -> dict:
    told = {"low": rule.low, "high": rule.high, "openLow": rule.open_low, "whole": rule.whole, "off": list(rule.off)}
    return {name: value for name, value in told.items() if value is not False and value != []}


def test_the_pages_rules_are_those_of_python(page):
    assert page["RULES"] == {name: as_the_page_says(RULES[name]) for name in DRAWN}
    assert page["STRATEGIES"] == list(STRATEGIES)
    assert set(page["PENALTIES"]) == {name for name, rule in RULES.items() if rule.off} - set(SAMPLING_ONLY)


def test_the_pages_stages_are_those_of_python_in_their_order(page):
    inside = {
        name: (rule.low + rule.high) / 2 if rule.high == 1 else rule.high for name, rule in RULES.items() if rule.off
    }
    on = stages(torch.tensor(ROWS[0]), IDS, Settings(**inside))
    assert [name for name, rule in page["RULES"].items() if "off" in rule] == [stage.name for stage in on[1:]]


def test_a_stage_is_off_by_default():
    told = {field.name: field.default for field in fields(Settings)}
    assert {name: rule.off[0] for name, rule in RULES.items() if rule.off} == {name: told[name] for name in OFF}


@pytest.mark.parametrize("name", DRAWN)
def test_python_and_the_page_accept_the_same_values(name):
    values = around_the_ends(name)
    told = node.call("distribution/settings.js", "usable", *([{name: value}] for value in values))
    assert [value for value, usable in zip(values, told, strict=True) if usable] == [
        value for value in values if is_accepted(name, value)
    ]


@pytest.mark.parametrize("strategy", ["sample", "greedy", "beam"])
def test_at_the_ends_of_every_range_the_page_draws_what_python_samples_from(strategy):
    """The stages that are on, the tokens they leave and the probabilities of these."""
    changes = [(name, value) for name in OFF for value in around_the_ends(name) if is_accepted(name, value)]
    asked = [(row, {"strategy": strategy, name: value}) for name, value in changes for row in ROWS]
    answers = reshape([Case(row, IDS, OFF | settings) for row, settings in asked])
    for (row, settings), answer in zip(asked, answers, strict=True):
        _, *on = found = stages(torch.tensor(row), IDS, Settings(**settings))
        assert [stage["name"] for stage in answer.stages if not stage["off"]] == [stage.name for stage in on], settings
        expected = found[-1].logits.double().softmax(-1).numpy()
        assert np.array_equal(answer.removed_by < 0, np.isfinite(found[-1].logits.numpy())), settings
        assert answer.probability == pytest.approx(expected, abs=1e-6), settings
