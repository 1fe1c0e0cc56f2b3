"""Tests that a draw follows the shown distribution and depends only on the seed and the step."""

import math
import random

import pytest
import torch

from playground.decoding.processors import PREFIX_TOKENS, draw, pick_greedy, stages, uniform
from playground.decoding.settings import Settings
from tests.fakes import from_probabilities, kept_ids

INF = math.inf


@pytest.mark.parametrize(
    ("probabilities", "u", "token_id"),
    [
        ((0.1, 0.6, 0.3), 0.0, 1),
        ((0.1, 0.6, 0.3), 0.59, 1),
        ((0.1, 0.6, 0.3), 0.61, 2),
        ((0.1, 0.6, 0.3), 0.89, 2),
        ((0.1, 0.6, 0.3), 0.91, 0),
        ((0.1, 0.6, 0.3), 1 - 2**-53, 0),
        ((0.5, 0.5), 0.49, 1),  # among ties the higher id comes first
        ((0.5, 0.5), 0.5, 0),
        ((0.25, 0.25, 0.25, 0.25), 0.3, 2),
        ((0.25, 0.25, 0.25, 0.25), 0.8, 0),
        ((0.0, 0.7, 0.0, 0.3), 1 - 2**-53, 3),  # a removed token is never drawn
        ((0.0, 0.0, 1.0), 0.0, 2),
    ],
)
def test_a_draw_walks_from_the_most_probable_token(probabilities, u, token_id):
    choice = draw(from_probabilities(*probabilities), u)
    assert choice.token_id == token_id
    assert choice.probability == pytest.approx(probabilities[token_id])
    assert choice.kept == sum(p > 0 for p in probabilities)


@pytest.mark.parametrize("levels", [4, 100_000], ids=["tied", "distinct"])
def test_sorting_a_prefix_draws_what_sorting_all_would(levels):
    generator = torch.Generator().manual_seed(5)
    scores = torch.randint(levels, (6 * PREFIX_TOKENS,), generator=generator) / levels * 8
    ids = sorted(range(len(scores)), key=lambda token_id: (-float(scores[token_id]), -token_id))
    cumulative = scores[ids].double().softmax(-1).cumsum(0)
    inside = total = 0
    for u in [*torch.rand(60, generator=generator).tolist(), 0.0, 1 - 2**-53]:
        place = min(int((cumulative <= u).sum()), len(ids) - 1)
        assert draw(scores, u).token_id == ids[place]
        inside, total = inside + (place < PREFIX_TOKENS), total + 1
    assert 0 < inside < total, "both ways are taken"


def test_draws_do_not_overflow_on_large_scores():
    assert draw(torch.tensor([1e38, -1e38, 1e38]), 0.7).token_id == 0


def chi_square(counts: list[int], probabilities: list[float]) -> float:
    draws = sum(counts)
    return sum((n - draws * p) ** 2 / (draws * p) for n, p in zip(counts, probabilities, strict=True))


def test_draws_follow_the_displayed_distribution():
    """The draws fit: chi-square with 4 degrees exceeds 18.5 once in a thousand, and the seeds are fixed."""
    scores = stages(from_probabilities(0.3, 0.2, 0.15, 0.15, 0.12, 0.08), [0], Settings(top_k=5, temperature=1.4))
    probabilities = scores[-1].logits.double().softmax(-1)[:5].tolist()
    counts = [0] * 5
    for seed in range(6000):
        counts[draw(scores[-1].logits, uniform(seed, 3)).token_id] += 1
    assert chi_square(counts, probabilities) < 18.5


@pytest.mark.parametrize("along", ["seeds", "steps"])
def test_uniform_is_uniform(along):
    """The numbers are uniform: chi-square with 19 degrees of freedom exceeds 43.8 once in a thousand."""
    numbers = [uniform(n, 0) if along == "seeds" else uniform(7, n) for n in range(20_000)]
    assert all(0 <= number < 1 for number in numbers)
    counts = [0] * 20
    for number in numbers:
        counts[int(number * 20)] += 1
    assert chi_square(counts, [1 / 20] * 20) < 43.8


def test_uniform_depends_on_seed_and_step_alone():
    first = [[uniform(seed, step) for step in range(50)] for seed in (0, 1, 2**32 - 1)]
    torch.manual_seed(1)
    random.seed(1)
    assert first == [[uniform(seed, step) for step in range(50)] for seed in (0, 1, 2**32 - 1)]
    assert len({number for numbers in first for number in numbers}) == 150


@pytest.mark.parametrize(
    ("seed", "step", "number"),
    [(0, 0, 0.011546754286331562), (7, 3, 0.43900223090044976), (2**32 - 1, 511, 0.5780038491367238)],
)
def test_a_seed_gives_the_same_numbers_in_every_version(seed, step, number):
    """These numbers must not change, because a text is generated again from its seed."""
    assert uniform(seed, step) == number


@pytest.mark.parametrize(("scores", "token_id"), [([1.0, 3.0, 2.0], 1), ([1.0, 3.0, 3.0], 1), ([-INF, -5.0, -INF], 1)])
def test_greedy_takes_the_lower_id_of_a_tie_as_generate_does(scores, token_id):
    scores = torch.tensor(scores)
    choice = pick_greedy(scores)
    assert choice.token_id == token_id
    assert choice.probability == pytest.approx(float(scores.softmax(-1)[token_id]))
    assert choice.kept == len(kept_ids(scores))
