"""Tests the measures of a head on four tokens, computed by hand, and that slices do not change them."""

import math

import numpy as np
import pytest
import torch

from playground.attention.measures import MEASURES, Tally, Thumbnails, followers, rolled_out

CPU = torch.device("cpu")

# The tokens are a b a b: query 2 repeats token 0, and query 3 repeats token 1.
IDS = (7, 8, 7, 8)
WEIGHTS = torch.tensor(
    [
        [
            [1.0, 0.0, 0.0, 0.0],
            [0.5, 0.5, 0.0, 0.0],
            [0.25, 0.75, 0.0, 0.0],
            [0.25, 0.25, 0.25, 0.25],
        ]
    ]
)
BY_HAND = {
    "self": (0.5 + 0 + 0.25) / 3,
    "previous": (0.5 + 0.75 + 0.25) / 3,
    "first": (0.5 + 0.25 + 0.25) / 3,
    "induction": (0.75 + 0.25) / 2,  # query 2 on token 1, query 3 on token 2
    "entropy_bits": (1 + (0.25 * 2 + 0.75 * math.log2(4 / 3)) + 2) / 3,
}


def means(ids, weights, cuts=()) -> dict:
    tally = Tally(ids, layers=1, heads=len(weights), device=CPU)
    for start, stop in zip([0, *cuts], [*cuts, len(ids)], strict=True):
        tally.add(0, torch.as_tensor(weights[:, start:stop, :stop]))
    return tally.means()


@pytest.mark.parametrize("cuts", [(), (1,), (2,), (1, 2, 3)])
def test_four_tokens_by_hand(cuts):
    found = means(IDS, WEIGHTS, cuts)
    assert {name: found[name].item() for name in MEASURES} == pytest.approx(BY_HAND)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ((1, 2, 3), [[], [], []]),
        ((1, 2, 1), [[], [], [1]]),
        ((1, 2, 1, 3, 1), [[], [], [1], [], [1, 3]]),
        ((1, 1, 1), [[], [], [1]]),  # the successor of the token before is the query itself
    ],
)
def test_followers_are_after_earlier_occurrences(ids, expected):
    assert followers(ids) == expected


def test_no_repetition_means_no_induction():
    found = means((1, 2, 3, 4), WEIGHTS)
    assert found["induction"] is None
    assert found["self"] is not None


def test_one_token_has_no_measures():
    assert set(means((1,), torch.ones(1, 1, 1)).values()) == {None}


def test_the_induction_of_a_repeated_sequence_is_the_weight_one_period_back():
    """On n random tokens, twice, induction is the mean of a[i, i - n + 1] over the second half."""
    half = 20
    rng = np.random.default_rng(0)
    ids = [*rng.permutation(1000)[:half]] * 2
    weights = np.tril(rng.random((5, 2 * half, 2 * half))).astype(np.float32)
    weights /= weights.sum(-1, keepdims=True)
    rows = np.arange(half, 2 * half)
    np.testing.assert_allclose(
        means(ids, weights, (7, 30))["induction"][0], weights[:, rows, rows - half + 1].mean(-1), rtol=1e-5
    )


@pytest.mark.parametrize("cuts", [(), (1,), (2, 3)])
def test_a_thumbnail_has_the_largest_weight_of_each_block(cuts):
    thumbnails = Thumbnails(4, layers=1, heads=1, side=2, device=CPU)
    for start, stop in zip([0, *cuts], [*cuts, 4], strict=True):
        thumbnails.add(0, WEIGHTS[:, start:stop, :stop])
    assert thumbnails.cells.tolist() == [[[[1.0, 0.0], [0.75, 0.25]]]]


def test_a_short_text_has_its_own_weights_for_a_thumbnail():
    thumbnails = Thumbnails(4, layers=1, heads=1, side=32, device=CPU)
    thumbnails.add(0, WEIGHTS)
    assert thumbnails.cells.tolist() == WEIGHTS[None].tolist()


def test_uneven_blocks_follow_their_formula():
    tokens, side = 11, 4
    rng = np.random.default_rng(0)
    weights = np.tril(rng.random((2, tokens, tokens))).astype(np.float32)
    thumbnails = Thumbnails(tokens, layers=1, heads=2, side=side, device=CPU)
    for start in range(0, tokens, 3):
        stop = min(start + 3, tokens)
        thumbnails.add(0, torch.from_numpy(weights[:, start:stop, :stop]))
    edges = [block * tokens // side for block in range(side + 1)]
    for row in range(side):
        for column in range(side):
            block = weights[:, edges[row] : edges[row + 1], edges[column] : edges[column + 1]]
            np.testing.assert_array_equal(thumbnails.cells[0, :, row, column], block.max((1, 2)))


def test_two_layers_rolled_out_by_hand():
    """The heads' mean is [[1, 0], [.5, .5]], so A' = [[1, 0], [.25, .75]] and its square [[1, 0], [.4375, .5625]]."""
    heads = torch.tensor([[[1.0, 0], [1, 0]], [[1, 0], [0, 1]]])
    once = rolled_out(heads, None)
    assert once.tolist() == [[1, 0], [0.25, 0.75]]
    assert rolled_out(heads, once).tolist() == [[1, 0], [0.4375, 0.5625]]
    assert rolled_out(heads[:, 1:], once).tolist() == [[0.4375, 0.5625]], "a slice of queries is that part"


def test_rollout_makes_rows_sum_to_one_where_a_sink_took_a_share():
    heads = torch.tensor([[[0.5, 0.0], [0.25, 0.25]]])
    np.testing.assert_allclose(rolled_out(heads, None), [[1, 0], [1 / 6, 5 / 6]], rtol=1e-6)
