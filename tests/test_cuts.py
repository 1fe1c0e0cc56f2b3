"""Tests the stages that transformers does not have, on rows worked by hand, in Python and in the page's JavaScript."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from playground.decoding import draws
from playground.decoding.chance import uniform
from playground.decoding.processors import batch_stages, stages
from playground.decoding.settings import Settings
from playground.decoding.stages import BY_NAME, mirostat, warper
from playground.decoding.stages.stage import Moment
from playground.decoding.stages.xtc import STREAM
from tests import fakes
from tests.javascript.test_distribution import Case, kept, reshape
from tests.stage_values import PLAIN

INF = math.inf


@dataclass(frozen=True, eq=False)
class Example:
    """A row, settings, and the ids that they keep."""

    logits: np.ndarray
    settings: dict[str, Any]
    kept: list[int]
    surprises: tuple[float, ...] = field(default=())

    @property
    def case(self) -> Case:
        ids = [0] * (1 + len(self.surprises))
        return Case(self.logits, ids, PLAIN | {"strategy": "sample"} | self.settings, 1, self.surprises)

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.settings.items())


def row(*logits: float) -> np.ndarray:
    return np.array(logits, np.float32)


def of(*probabilities: float) -> np.ndarray:
    return np.log(np.array(probabilities, np.float32))


FIVE = of(0.4, 0.3, 0.15, 0.1, 0.05)
STEPS = row(4, 2, 0, -2, -4)
"""Mean 0 and standard deviation √8 = 2.83."""
DUEL = row(-INF, 1.5, -INF, 1.5)
LONE = row(-INF, 3, -INF)
EQUAL = row(0, 0, 0, 0)


def acting(threshold: float) -> dict[str, float]:
    """Returns the settings of an XTC that acts at each step."""
    return {"xtc_probability": 1.0, "xtc_threshold": threshold}


def steered(version: int, tau: float) -> dict[str, float]:
    """Returns the settings of a Mirostat whose limit begins with 2 `tau`."""
    return {"mirostat": version, "mirostat_tau": tau}


EXAMPLES = [
    # top-nσ: 4 - 0.70 · 2.83 = 2.02, 4 - 0.71 · 2.83 = 1.99, 4 - 1.42 · 2.83 = -0.02
    Example(STEPS, {"top_n_sigma": 0}, [0, 1, 2, 3, 4]),
    Example(STEPS, {"top_n_sigma": -1}, [0, 1, 2, 3, 4]),
    Example(STEPS, {"top_n_sigma": 0.001}, [0]),
    Example(STEPS, {"top_n_sigma": 0.7}, [0]),
    Example(STEPS, {"top_n_sigma": 0.71}, [0, 1]),
    Example(STEPS, {"top_n_sigma": 1.42}, [0, 1, 2]),
    Example(STEPS, {"top_n_sigma": 100}, [0, 1, 2, 3, 4]),
    # Of what top-k left, 4 and 2, the standard deviation is 1. A removed token counts as none.
    Example(STEPS, {"top_k": 2, "top_n_sigma": 1.9, "order": ["top_k", "top_n_sigma"]}, [0]),
    Example(STEPS, {"top_k": 2, "top_n_sigma": 2, "order": ["top_k", "top_n_sigma"]}, [0, 1]),
    Example(row(4, -INF, 2, -INF), {"top_n_sigma": 1.9}, [0]),
    # The stage divides by what it measures, so a temperature before it changes nothing.
    Example(STEPS, {"top_n_sigma": 0.71, "temperature": 0.1, "order": ["temperature", "top_n_sigma"]}, [0, 1]),
    # top-a: 0.16 a is 0.032, 0.08, 0.144, 0.16
    Example(FIVE, {"top_a": 0}, [0, 1, 2, 3, 4]),
    Example(FIVE, {"top_a": 0.2}, [0, 1, 2, 3, 4]),
    Example(FIVE, {"top_a": 0.5}, [0, 1, 2, 3]),
    Example(FIVE, {"top_a": 0.9}, [0, 1, 2]),
    Example(FIVE, {"top_a": 1}, [0, 1]),
    # tail-free: the second differences .05, .10, 0, 0, .05 hold .25, .75, .75, .75 and 1 of their sum
    Example(FIVE, {"tfs_z": 1}, [0, 1, 2, 3, 4]),
    Example(FIVE, {"tfs_z": 0}, [0]),
    Example(FIVE, {"tfs_z": 0.24}, [0]),
    Example(FIVE, {"tfs_z": 0.26}, [0, 1]),
    Example(FIVE, {"tfs_z": 0.74}, [0, 1]),
    Example(FIVE, {"tfs_z": 0.76}, [0, 1, 2, 3, 4]),
    Example(of(0.7, 0.3), {"tfs_z": 0.24}, [0]),  # .1 and .3: the first holds a quarter
    Example(of(0.7, 0.3), {"tfs_z": 0.26}, [0, 1]),
    Example(EQUAL, {"tfs_z": 0.4}, [1, 2, 3]),  # flat up to its end, where .25 and .25 hold a half each
    Example(EQUAL, {"tfs_z": 0.5}, [0, 1, 2, 3]),
    # XTC: of the tokens at the threshold or above the least probable one stays, with all below
    Example(FIVE, acting(0), [4]),
    Example(FIVE, acting(0.09), [3, 4]),
    Example(FIVE, acting(0.2), [1, 2, 3, 4]),
    Example(FIVE, acting(0.35), [0, 1, 2, 3, 4]),
    Example(FIVE, acting(0.5), [0, 1, 2, 3, 4]),
    Example(of(0.5, 0.5), acting(0.5), [0]),
    Example(of(0.5, 0.5), acting(0.51), [0, 1]),
    Example(FIVE, acting(0.09) | {"xtc_probability": 0}, [0, 1, 2, 3, 4]),
    Example(of(0.1, 0.2, 0.5, 0.2), acting(0.15), [0, 1]),  # of equal ones the lower id comes last
    # Mirostat 2: at least 2^-mu probable, so 1/2, 1/4 and 1/8
    Example(FIVE, steered(0, 0.5), [0, 1, 2, 3, 4]),
    Example(FIVE, steered(2, 0), [0]),
    Example(FIVE, steered(2, 0.5), [0]),
    Example(FIVE, steered(2, 1), [0, 1]),
    Example(FIVE, steered(2, 1.5), [0, 1, 2]),
    Example(FIVE, steered(2, 100), [0, 1, 2, 3, 4]),
    # mu is 2 - 0.1 · (11 - 1) = 1, then 1 - 0.1 · (0 - 1) · 10 = 2
    Example(FIVE, steered(2, 1), [0], (11.0,)),
    Example(FIVE, steered(2, 1), [0, 1], (11.0, *[0.0] * 10)),
    Example(FIVE, steered(2, 1) | {"mirostat_eta": 0}, [0, 1], (11.0,)),
    Example(FIVE, steered(2, 1), [0], (1000.0,)),  # mu is below 0, and the best token stays
    Example(FIVE, steered(1, 0), [0]),
    Example(FIVE, steered(1, 100), [0, 1, 2, 3, 4]),
    # Zipf's law with exponent 2: logits -2 ln i. (2^mu / (1 - 1/5))^(1/2) is 2.24, 3.16
    Example(-2 * np.log(np.arange(1, 6)), steered(1, 1), [0, 1]),
    Example(-2 * np.log(np.arange(1, 6)), steered(1, 1.5), [0, 1, 2]),
    # and with exponent 1, where the formula is its limit 2^mu / ln 5: 2.49, 4.97
    Example(-np.log(np.arange(1, 6)), steered(1, 1), [0, 1]),
    Example(-np.log(np.arange(1, 6)), steered(1, 1.5), [0, 1, 2, 3]),
]
DEGENERATE = [
    {"top_n_sigma": 0.5},
    {"top_a": 1},
    {"tfs_z": 0.6},
    {"smoothing_factor": 2, "smoothing_curve": 4},
    {"temperature": 0.5, "dynatemp_range": 2},
    steered(1, 0.1),
    steered(2, 0.1),
    acting(0.6),
]
EXAMPLES += [Example(LONE, settings, [1]) for settings in [*DEGENERATE, acting(0)]]
EXAMPLES += [Example(DUEL, settings, [1, 3]) for settings in DEGENERATE]
EXAMPLES += [Example(DUEL, acting(0.4), [1])]


def after(example: Example) -> torch.Tensor:
    """Returns the scores that the stages leave, (vocab,)."""
    case = example.case
    return stages(torch.tensor(case.logits), case.moment, Settings.from_dict(case.settings))[-1].logits


@pytest.mark.parametrize("looks", [True, False], ids=["looking is free", "looking waits"])
def test_stages_keep_these_tokens(looks, monkeypatch):
    for module in (draws, mirostat, warper):
        monkeypatch.setattr(module, "looks_are_free", lambda _: looks)
    for example in EXAMPLES:
        assert torch.nonzero(after(example) > -INF)[:, 0].tolist() == example.kept, str(example)


def test_the_page_keeps_the_same_tokens():
    answers = reshape([example.case for example in EXAMPLES])
    for example, answer in zip(EXAMPLES, answers, strict=True):
        assert kept(answer) == example.kept, str(example)


RESHAPED = [
    # Four tokens of the same probability have all the entropy there is: T is 0.5 + 0.4. Two of four have half of it.
    (row(1, 1, 1, 1), {"temperature": 0.5, "dynatemp_range": 0.4}, [1 / 0.9] * 4),
    (row(9, 9, -999, -999), {"temperature": 1, "dynatemp_range": 0.5}, [9, 9, -999, -999]),
    (row(9, 9, -999, -999), {"temperature": 1, "dynatemp_range": 0.5, "dynatemp_exponent": 2}, [12, 12, -1332, -1332]),
    (row(9, 9, -999, -999), {"temperature": 1, "dynatemp_range": 0.5, "dynatemp_exponent": 0}, [6, 6, -666, -666]),
    (row(9, 9, -INF, -INF), {"temperature": 1, "dynatemp_range": 0.5}, [6, 6, -INF, -INF]),
    (row(9, -INF), {"temperature": 2, "dynatemp_range": 0.5}, [9, -INF]),
    # The range reaches below 0, where it ends, and the entropy is 0: T is as near 0 as float32 allows.
    (row(0, -999), {"temperature": 1, "dynatemp_range": 3}, [0, -999e12]),
    # d is 0, -1, -3. At curve 1 only its square counts, at 3 only the cube, at 2 half of each.
    (row(5, 4, 2, -INF), {"smoothing_factor": 0.5}, [5, 4.5, 0.5, -INF]),
    (row(5, 4, 2, -INF), {"smoothing_factor": 0.5, "smoothing_curve": 3}, [5, 4.5, -8.5, -INF]),
    (row(5, 4, 2, -INF), {"smoothing_factor": 0.5, "smoothing_curve": 2}, [5, 4.5, -4, -INF]),
    # 5 - 2 · 0.25 · (-1 + 2 · 0.5) = 5: the second ties with the first. Half as far below it overtakes the first.
    (row(5, 4.5), {"smoothing_factor": 2, "smoothing_curve": 5}, [5, 5]),
    (row(5, 4.75), {"smoothing_factor": 2, "smoothing_curve": 5}, [5, 5 + 2 * 0.0625 * 0.5]),
]


def test_reshaping_stages_give_these_scores():
    for logits, settings, expected in RESHAPED:
        example = Example(logits, settings, [])
        assert after(example).tolist() == pytest.approx(expected, rel=1e-6), str(example)


def test_the_page_gives_the_same_probabilities():
    answers = reshape([Example(logits, settings, []).case for logits, settings, _ in RESHAPED])
    for (_, settings, expected), answer in zip(RESHAPED, answers, strict=True):
        weights = np.exp(np.array(expected) - max(expected))
        assert answer.probability == pytest.approx(weights / weights.sum(), abs=1e-6), settings


# chance and state


def test_xtc_acts_as_often_as_its_probability_says_and_by_its_own_number():
    settings = Settings(xtc_probability=0.3, xtc_threshold=0.09)
    acted = []
    for seed in range(2000):
        moment = Moment([0, 1, 2], 1, seed=seed)
        left = stages(torch.tensor(FIVE), moment, settings)[-1].kept
        acted.append(left == 2)
        assert acted[-1] == (uniform(seed, 2, STREAM) < 0.3)
    assert 0.26 < np.mean(acted) < 0.34  # four standard deviations


def test_each_row_of_a_batch_has_its_own_chance_and_surprises():
    settings = Settings(xtc_probability=0.5, xtc_threshold=0.09, mirostat=2, mirostat_tau=1.5)
    moments = [Moment([0] * (1 + n), 1, seed=n, surprises=[3.0 * n] * n) for n in range(12)]
    *_, together = batch_stages(torch.tensor(FIVE).expand(12, 5), moments, settings)
    alone = [stages(torch.tensor(FIVE), moment, settings)[-1].logits for moment in moments]
    assert torch.equal(together.scores, torch.stack(alone))
    assert len({tuple(one.tolist()) for one in alone}) > 2


def llama_cpp_k(logits: np.ndarray, mu: float) -> float:
    """Returns how many tokens Mirostat 1 keeps, by the formula of llama.cpp's `llama_sampler_mirostat_apply`."""
    best = np.sort(logits.astype(np.float64))[::-1][:100]
    steps = np.log(np.arange(2, len(best) + 1) / np.arange(1, len(best)))
    exponent = (steps * (best[:-1] - best[1:])).sum() / (steps**2).sum()
    excess = exponent - 1
    return max((excess * 2**mu / (1 - len(logits) ** -excess)) ** (1 / exponent), 1)


def test_mirostat_1_keeps_as_many_tokens_as_llama_cpp():
    rng = np.random.default_rng(5)
    counts = set()
    for _ in range(200):
        logits = (rng.normal(size=500) * rng.uniform(0.3, 4)).astype(np.float32)
        tau = rng.uniform(0.5, 4.5)
        k = min(llama_cpp_k(logits, 2 * tau), 500)
        found = after(Example(logits, steered(1, tau), [])).isfinite().sum().item()
        counts.add(found)
        assert found == int(k) or abs(k - round(k)) < 1e-6, (k, found)
    assert len(counts) > 40


def test_mirostat_steers_the_surprise_of_a_text_to_its_target():
    """The mean surprise of 400 draws of one wide distribution, of 7 bits, comes close to 3 bits."""
    logits = torch.tensor(np.random.default_rng(1).normal(size=300) * 1.2, dtype=torch.float32)
    for version in (1, 2):
        settings, surprises = Settings(**steered(version, 3.0)), []
        for step in range(400):
            moment = Moment([0] * (1 + step), 1, surprises=surprises)
            scores = stages(logits, moment, settings)[-1].logits
            token = fakes.draw(scores, uniform(9, step))
            surprises.append(-math.log2(token.probability))
        assert np.mean(surprises[50:]) == pytest.approx(3, abs=0.2), version


@pytest.mark.parametrize(
    "name", ["top_n_sigma", "smoothing_factor", "top_a", "tfs_z", "xtc", "mirostat", "temperature"]
)
def test_a_stage_does_not_change_its_input(name):
    values = PLAIN | {"dynatemp_range": 0.5, "mirostat": 1, "top_a": 0.3, "tfs_z": 0.5, "top_n_sigma": 1}
    scores = torch.randn(1, 50, generator=torch.Generator().manual_seed(1))
    before = scores.clone()
    BY_NAME[name].make(values | acting(0.01) | {"smoothing_factor": 1})(Moment([0]), scores)
    assert torch.equal(scores, before)
