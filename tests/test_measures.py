"""Each measure on distributions whose numbers can be checked by hand."""

import math

import numpy as np
import pytest

from playground.measures import most_probable, rank, raw_measures


@pytest.mark.parametrize(
    ("probabilities", "entropy_bits"),
    [
        ([0.5, 0.25, 0.25], 1.5),  # a half of 1 bit and two quarters of 2 bits
        ([0.25] * 4, 2.0),
        ([0.9, 0.1], 0.9 * math.log2(1 / 0.9) + 0.1 * math.log2(10)),
    ],
)
def test_probability_and_entropy_by_hand(probabilities, entropy_bits):
    logits = np.log(np.array(probabilities, np.float32)) + 3  # softmax takes no notice of a shift
    for token_id, probability in enumerate(probabilities):
        measures = raw_measures(logits, token_id)
        assert measures.probability == pytest.approx(probability, abs=1e-7)
        assert measures.entropy_bits == pytest.approx(entropy_bits, abs=1e-6)


def test_a_token_the_model_rules_out_has_no_share():
    logits = np.array([0, 0, -np.inf], np.float32)
    assert raw_measures(logits, 0) == pytest.approx((0.5, 1.0))
    assert raw_measures(logits, 2).probability == pytest.approx(0, abs=1e-80)


def test_measures_of_a_whole_vocabulary_equal_float64():
    logits = np.random.default_rng(0).normal(0, 4, 49_152).astype(np.float32)
    wide = logits.astype(np.float64)
    shares = np.exp(wide - wide.max()) / np.exp(wide - wide.max()).sum()
    measures = raw_measures(logits, int(logits.argmax()))
    assert [type(number) for number in measures] == [float, float]  # NumPy's own would not reach the page as numbers
    assert measures.probability == pytest.approx(shares.max(), abs=1e-7)
    assert measures.entropy_bits == pytest.approx(-(shares * np.log2(shares)).sum(), abs=1e-5)


def test_of_equal_logits_the_higher_id_ranks_first():
    logits = np.array([1, 5, 3, 5, 0], np.float32)
    assert [rank(logits, token_id) for token_id in range(5)] == [4, 2, 3, 1, 5]
    assert most_probable(logits, 3) == [3, 1, 2]
    assert most_probable(logits, 99) == [3, 1, 2, 0, 4]
