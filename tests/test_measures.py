"""Tests each measure on distributions whose numbers can be checked by hand."""

import math

import numpy as np
import pytest

from playground.decoding.measures import (
    distinct_share,
    loop,
    most_probable,
    nucleus_size,
    rank,
    raw_measures,
    repeated_ngram_share,
    repeats,
    text_score,
)


@pytest.mark.parametrize(
    ("probabilities", "entropy_bits"),
    [
        ([0.5, 0.25, 0.25], 1.5),  # half of 1 bit, and two quarters of 2 bits
        ([0.25] * 4, 2.0),
        ([0.9, 0.1], 0.9 * math.log2(1 / 0.9) + 0.1 * math.log2(10)),
    ],
)
def test_probability_and_entropy_by_hand(probabilities, entropy_bits):
    logits = np.log(np.array(probabilities, np.float32)) + 3  # a shift does not change the softmax
    for token_id, probability in enumerate(probabilities):
        measures = raw_measures(logits, token_id)
        assert measures.probability == pytest.approx(probability, abs=1e-7)
        assert measures.entropy_bits == pytest.approx(entropy_bits, abs=1e-6)


def test_a_token_the_model_rules_out_has_no_share():
    logits = np.array([0, 0, -np.inf], np.float32)
    assert raw_measures(logits, 0) == pytest.approx((0.5, 1.0, math.log(0.5)))
    assert raw_measures(logits, 2).probability == pytest.approx(0, abs=1e-80)


def test_measures_of_a_whole_vocabulary_equal_float64():
    logits = np.random.default_rng(0).normal(0, 4, 49_152).astype(np.float32)
    wide = logits.astype(np.float64)
    shares = np.exp(wide - wide.max()) / np.exp(wide - wide.max()).sum()
    measures = raw_measures(logits, int(logits.argmax()))
    assert [type(number) for number in measures] == [float] * 3  # NumPy's types would not reach the page as numbers
    assert measures.probability == pytest.approx(shares.max(), abs=1e-7)
    assert measures.entropy_bits == pytest.approx(-(shares * np.log2(shares)).sum(), abs=1e-5)


def test_of_equal_logits_the_higher_id_ranks_first():
    logits = np.array([1, 5, 3, 5, 0], np.float32)
    assert [rank(logits, token_id) for token_id in range(5)] == [4, 2, 3, 1, 5]
    assert most_probable(logits, 3) == [3, 1, 2]
    assert most_probable(logits, 99) == [3, 1, 2, 0, 4]


def test_a_log_probability_is_exact_where_the_probability_is_no_number():
    logits = np.array([0, -1000], np.float32)
    assert raw_measures(logits, 1).logprob_nats == -1000
    assert raw_measures(np.array([0, -np.inf], np.float32), 1).logprob_nats == -math.inf


def test_a_text_score_by_hand():
    assert text_score([math.log(0.5), math.log(0.125)]) == pytest.approx((-4 * math.log(2), -2 * math.log(2), 4))
    assert text_score([-2000.0]).perplexity == math.inf


@pytest.mark.parametrize(
    ("ids", "repeated", "share"),
    [
        ([], [], 0),
        ([1, 2], [], 0),
        ([1, 2, 3, 4], [], 0),
        ([1, 2, 3, 1, 2, 3], [5], 1 / 4),  # 123 231 312 123
        ([1, 2, 3, 4, 1, 2, 3, 4], [6, 7], 2 / 6),
        ([1, 1, 1, 1], [3], 1 / 2),  # the two places overlap
        ([3, 1, 2, 3, 2, 1, 1, 2, 3], [8], 1 / 7),
    ],
)
def test_a_repeated_ngram_stood_before(ids, repeated, share):
    """`repeated` are the places where a token completes a group of three that occurred before."""
    assert [place for place in range(len(ids)) if repeats(ids[: place + 1])] == repeated
    assert repeated_ngram_share(ids) == pytest.approx(share)


def test_ids_are_not_found_across_the_bytes_of_others():
    assert not repeats([256, 256, 256, 256, 1, 1, 1])  # the bytes of 1 are in those of 256, shifted by one
    assert repeats([49_151, 256, 65_536, 1, 49_151, 256, 65_536])


def test_the_share_of_repeated_ngrams_counts_where_they_end():
    ids = np.random.default_rng(0).integers(0, 4, 200).tolist()
    for size in (2, 3, 5):
        found = sum(repeats(ids[: place + 1], size) for place in range(len(ids)))
        assert repeated_ngram_share(ids, size) == pytest.approx(found / (len(ids) - size + 1))


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], None),
        ([1, 2, 3] * 2 + [1, 2], None),  # only twice and a bit
        ([1, 2, 3] * 3, (3, 0)),
        ([9, 8, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1], (3, 2)),  # a fourth time that has begun still loops
        ([3, 1, 2, 3, 1, 2, 3, 1, 2, 3], (3, 0)),  # from the first token of the period, wherever it is cut
        ([1, 2, 3] * 3 + [4], None),  # the loop has ended
        ([5, 6] + [7] * 7, None),  # three times, but only seven tokens
        ([5, 6] + [7] * 8, (1, 2)),
        ([1, 2] * 4, (2, 0)),  # period 2, not 4
        ([1, 1, 2] * 3, (3, 0)),
    ],
)
def test_a_loop_is_an_end_that_repeats_three_times(ids, expected):
    assert loop(ids) == expected


@pytest.mark.parametrize(
    ("probabilities", "mass", "size"),
    [
        ((0.5, 0.2, 0.2, 0.1), 0.9, 3),
        ((0.1, 0.2, 0.2, 0.5), 0.45, 1),
        ((0.25, 0.25, 0.25, 0.25), 0.6, 3),
        ((1.0, 0.0, 0.0, 0.0), 0.9, 1),
    ],
)
def test_the_nucleus_is_the_fewest_tokens_that_hold_the_mass(probabilities, mass, size):
    with np.errstate(divide="ignore"):
        assert nucleus_size(np.log(np.array(probabilities, np.float32)), mass) == size


@pytest.mark.parametrize("spread", [0.01, 1, 5])
def test_a_large_nucleus_is_counted_exactly_too(spread):
    """Of 5,000 tokens with almost equal probabilities, 2,048 do not reach the mass, and the count is still exact."""
    logits = np.random.default_rng(0).normal(0, spread, 5000).astype(np.float32)
    probabilities = np.sort(np.exp(logits.astype(np.float64)))[::-1]
    cumulative = probabilities.cumsum() / probabilities.sum()
    assert nucleus_size(logits) == int((cumulative < 0.9).sum()) + 1


@pytest.mark.parametrize(
    ("texts", "size", "share"),
    [
        (["abab"], 1, 2 / 4),
        (["abab"], 2, 2 / 3),  # ab ba ab
        (["abab"], 3, 1.0),
        (["abab", "abcd"], 2, 4 / 6),  # ab ba ab, ab bc cd
        (["abc", "abc", "abc"], 2, 2 / 6),
        (["ab", "c"], 2, 1.0),
        (["a"], 2, None),
        ([], 1, None),
    ],
)
def test_distinct_n_over_one_text_and_over_several(texts, size, share):
    assert distinct_share(texts, size) == share
