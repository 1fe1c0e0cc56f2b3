"""Tests that the page's random numbers are those of the sampler, number for number."""

import numpy as np

from playground.decoding.chance import uniform
from playground.decoding.settings import MAX_SEED
from tests.javascript import node


def test_numbers_equal_those_of_the_sampler():
    """Compares 6,000 numbers without a tolerance: random ones, and all that the ends of the ranges make together."""
    rng = np.random.default_rng(1)
    ends = [[0, 1, 2, MAX_SEED - 1, MAX_SEED], [0, 1, 511, 2**31, 2**32, 2**53 - 1], [0, 1, 2, 2**20]]
    cases = [[seed, step, stream] for seed in ends[0] for step in ends[1] for stream in ends[2]]
    seeds, steps = rng.integers(0, MAX_SEED + 1, 6_000), rng.integers(0, 2 ** rng.integers(1, 53, 6_000))
    cases += np.stack([seeds, steps, rng.integers(4, size=6_000)], axis=1).tolist()
    assert node.call("distribution/chance.js", "uniform", *cases) == [uniform(*case) for case in cases]


def test_without_a_stream_the_number_is_that_of_the_draw():
    assert node.call("distribution/chance.js", "uniform", [7, 3]) == [uniform(7, 3)] == [uniform(7, 3, 0)]
