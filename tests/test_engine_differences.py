"""Tests that llama.cpp differs from our stages where `docs/engines.md` says so, and in the way it says.

Each test shows one row of that table on logits where the two definitions part.
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.errors import PlaygroundError
from tests.llama_cpp import Rows, byte_pairs

TABLE = Path(__file__).parents[1] / "docs" / "engines.md"
TOKENIZER = byte_pairs()
VOCABULARY = len(TOKENIZER)
FAR = -1000.0
"""A logit whose probability rounds to 0, so that llama.cpp does not list its token."""
TIED, EQUAL_6, HALVES, RATIOS, FALLING, WIDE = 10, 11, 12, 13, 14, 15
"""The tokens after which the rows below come."""
X, XY = TOKENIZER.convert_tokens_to_ids(["x", "xy"])


def few(*logits: float) -> np.ndarray:
    """Returns a row whose first tokens have these logits and all others no probability."""
    return np.array([*logits, *[FAR] * (VOCABULARY - len(logits))], np.float32)


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> Rows:
    by_token = {
        TIED: few(1, 1, 1, 1, 0),
        EQUAL_6: few(*[0] * 6),
        HALVES: few(*np.log([0.5, 0.25, 0.125, 0.125])),
        RATIOS: few(*np.log([1, 0.7, 0.6, 0.3, 0.1, 0.05, 0.02])),
        FALLING: few(3, 2.5, 2, 1.5, 1, 0.5, 0, -1, -2, -3),
        WIDE: (np.random.default_rng(0).normal(size=VOCABULARY) * 3).astype(np.float32),
    }
    return Rows(tmp_path_factory.mktemp("differences") / "rows.gguf", by_token, TOKENIZER, VOCABULARY)


def ours(rows: Rows, last: int, *before: int, **values: Any) -> dict[int, float]:
    """Returns the probabilities after our stages, in llama.cpp's order."""
    return rows.ours([*before, last], values)


# ties and rounding


def test_top_k_keeps_all_that_tie_with_the_last_and_llama_cpp_k_tokens(rows):
    assert set(ours(rows, TIED, top_k=2)) == {0, 1, 2, 3}
    assert len(rows.llama_cpp.after([TIED], top_k=2)) == 2


def test_top_p_keeps_the_same_number_of_tied_tokens_but_others(rows):
    assert set(ours(rows, TIED, top_p=0.4)) == {2, 3}
    assert set(rows.llama_cpp.after([TIED], top_p=0.4)) == {0, 1}


def test_top_p_sums_from_the_other_end_which_rounding_shows(rows):
    assert len(ours(rows, EQUAL_6, top_p=1 / 6)) == 2
    assert len(rows.llama_cpp.after([EQUAL_6], top_p=1 / 6)) == 1


def test_min_p_is_compared_among_logits_in_llama_cpp_which_rounding_shows(rows):
    assert set(ours(rows, RATIOS, min_p=0.05)) == {0, 1, 2, 3, 4}
    assert set(rows.llama_cpp.after([RATIOS], min_p=0.05)) == {0, 1, 2, 3, 4, 5}


def test_typical_stops_when_the_sum_reaches_p_and_llama_cpp_when_it_exceeds_it(rows):
    assert set(ours(rows, HALVES, top_k=4, typical_p=0.75)) == {0, 1}
    assert len(rows.llama_cpp.after([HALVES], top_k=4, typical_p=0.75)) == 3


def test_typical_keeps_all_that_tie_with_the_last_and_llama_cpp_does_not(rows):
    assert set(ours(rows, EQUAL_6, top_k=6, typical_p=0.4)) == set(range(6))
    assert len(rows.llama_cpp.after([EQUAL_6], top_k=6, typical_p=0.4)) == 3


def test_llama_cpps_typical_has_no_entropy_when_a_probability_is_0(rows):
    """0 · log 0 is not a number there. Without the tokens of probability 0 it keeps what transformers keeps."""
    kept = set(ours(rows, HALVES, typical_p=0.4))
    assert kept == {0, 1}
    assert set(rows.llama_cpp.after([HALVES], top_k=4, typical_p=0.4)) == kept
    assert set(rows.llama_cpp.after([HALVES], typical_p=0.4)) != kept


def test_llama_cpp_keeps_at_least_min_keep_tokens_in_three_cuts(rows):
    for cut in ({"top_p": 0.1}, {"min_p": 0.9}):
        assert len(rows.llama_cpp.after([FALLING], **cut)) == 1
        assert len(rows.llama_cpp.after([FALLING], **cut, min_keep=3)) == 3
    assert len(rows.llama_cpp.after([FALLING], top_k=1, min_keep=3)) == 1


# temperature


def test_temperature_0_is_greedy_in_llama_cpp(rows):
    with pytest.raises(PlaygroundError, match="temperature is 0, which is out of range"):
        ours(rows, FALLING, temperature=0)
    assert rows.llama_cpp.after([FALLING], temperature=0) == {0: 1.0}
    assert rows.llama_cpp.after([TIED], temperature=0) == {0: 1.0}  # the first of those that tie
    assert rows.llama_cpp.after([FALLING], temperature=-1) == {0: 1.0}


def test_llama_cpp_moves_some_values_into_their_range(rows):
    with pytest.raises(PlaygroundError, match="top_p is 1.5, which is out of range"):
        ours(rows, FALLING, top_p=1.5)
    plain = rows.llama_cpp.after([FALLING])
    assert rows.llama_cpp.after([FALLING], top_p=1.5, top_k=-1, min_p=-2.0) == plain
    assert rows.llama_cpp.after([FALLING], min_p=7.0) == rows.llama_cpp.after([FALLING], min_p=1.0)


def test_dynamic_temperature_counts_what_top_n_sigma_removed_in_llama_cpp(rows):
    """The entropy is compared with the largest one of as many tokens. Top-k leaves no removed tokens in the list."""
    dynamic = {"top_n_sigma": 1.0, "dynatemp_range": 0.5}
    found = ours(rows, WIDE, **dynamic)
    assert rows.llama_cpp.after([WIDE], **dynamic, top_k=len(found)) == pytest.approx(found, abs=1e-6)
    assert max(rows.llama_cpp.after([WIDE], **dynamic).values()) > max(found.values()) + 0.1
    banned = {"logit_bias": {str(token_id): False for token_id in range(200)}, "dynatemp_range": 0.5}
    found = ours(rows, WIDE, **banned)
    assert max(rows.theirs([WIDE], banned).values()) > max(found.values()) + 0.001


# penalties


def test_llama_cpp_penalises_the_last_64_tokens_of_prompt_and_completion(rows):
    penalty = {"repetition_penalty": 2.0}
    theirs = {"repeat_penalty": 2.0}
    near, far = [3, *[900] * 62], [3, *[900] * 63]
    assert rows.llama_cpp.after([*near, FALLING], **theirs) == pytest.approx(ours(rows, FALLING, *near, **penalty))
    assert rows.llama_cpp.after([*far, FALLING], **theirs)[3] == pytest.approx(ours(rows, FALLING)[3])
    assert ours(rows, FALLING, *far, **penalty)[3] == pytest.approx(ours(rows, FALLING, *near, **penalty)[3])


def test_llama_cpp_counts_the_prompt_for_frequency_and_presence_too(rows):
    plain = rows.llama_cpp.after([3, 3, 3, 4, FALLING])
    for field, times in (("frequency_penalty", 3), ("presence_penalty", 1)):
        lowered = rows.llama_cpp.after([3, 3, 3, 4, FALLING], **{field: 0.5})
        assert math.log(plain[3] / lowered[3]) - math.log(plain[0] / lowered[0]) == pytest.approx(0.5 * times)


def test_llama_cpps_server_has_no_window_of_the_whole_text(rows):
    assert ours(rows, FALLING, 3, repetition_penalty=2, repeat_last_n=-1) != ours(rows, FALLING)
    with pytest.raises(RuntimeError, match="repeat_last_n.*Value must be between 0"):
        rows.llama_cpp.after([FALLING], repeat_penalty=2.0, repeat_last_n=-1)


def test_a_bias_of_a_text_is_added_to_each_of_its_tokens_in_llama_cpp(rows):
    plain = rows.llama_cpp.after([FALLING])
    both = rows.llama_cpp.after([FALLING], logit_bias=[["xyx", 3 - FAR]])
    assert both[XY] == pytest.approx(both[X]) == pytest.approx(both[0])
    assert X not in rows.llama_cpp.after([FALLING], logit_bias=[["xy", 3 - FAR]])
    assert 0 not in rows.llama_cpp.after([FALLING], logit_bias=[[0, False]])
    twice = rows.llama_cpp.after([FALLING], logit_bias=[[3, 1.0], [3, 1.0]])
    assert math.log(twice[3] / twice[0]) == pytest.approx(math.log(plain[3] / plain[0]) + 2)


def test_a_bias_above_100_is_refused_and_taken_by_llama_cpp(rows):
    with pytest.raises(PlaygroundError, match="Give a number from -100 to 100"):
        ours(rows, FALLING, logit_bias={"3": 101.0})
    assert rows.llama_cpp.after([FALLING], logit_bias=[[3, 101.0]])[3] == pytest.approx(1)


def test_dry_searches_the_last_64_tokens_in_llama_cpp(rows):
    ids = [5, 3, FALLING, 1, *[900, 901] * 40, 5, 3, FALLING]
    plain, penalty = rows.llama_cpp.after(ids), {"dry_multiplier": 2.0}
    assert ours(rows, ids[-1], *ids[:-1], **penalty)[1] < plain[1] / 10
    assert rows.llama_cpp.after(ids, **penalty) == plain
    assert rows.llama_cpp.after(ids, **penalty, dry_penalty_last_n=500)[1] < plain[1] / 10


def test_llama_cpps_server_wants_a_breaker_for_dry_and_a_base_of_1(rows):
    ids, penalty = [5, 3, FALLING, 1, 5, 3, FALLING], {"dry_multiplier": 2.0}
    assert 1 in ours(rows, ids[-1], *ids[:-1], **penalty, dry_sequence_breakers=[])
    with pytest.raises(RuntimeError, match="dry_sequence_breakers must be a non-empty array"):
        rows.llama_cpp.after(ids, **penalty, dry_sequence_breakers=[])
    with pytest.raises(PlaygroundError, match="Give dry_base a value from 1"):
        ours(rows, ids[-1], *ids[:-1], **penalty, dry_base=0.5)
    default = rows.llama_cpp.after(ids, **penalty)
    assert rows.llama_cpp.after(ids, **penalty, dry_base=0.5) == default
    assert rows.llama_cpp.after(ids, **penalty, dry_base=1.0) != default


# XTC, Mirostat, and the whole chain


def test_xtc_with_a_threshold_above_a_half_does_nothing_in_llama_cpp(rows):
    assert min(rows.llama_cpp.after([HALVES], xtc_probability=1, xtc_threshold=0.25)) == 1
    assert 0 in rows.llama_cpp.after([HALVES], xtc_probability=1, xtc_threshold=0.51)


@pytest.mark.parametrize("version", [1, 2])
def test_mirostat_replaces_the_chain_of_llama_cpp_except_bias_and_temperature(rows, version):
    """In llama.cpp's order it does so here as well. In another order it is a stage like others."""
    mirostat = {"mirostat": version, "mirostat_tau": 3.0}
    cuts = {"top_k": 2, "top_p": 0.1, "min_p": 0.9, "typical_p": 0.2, "top_n_sigma": 0.1}
    others = mirostat | cuts | {"repetition_penalty": 3.0, "presence_penalty": 2.0}
    alone = rows.theirs([WIDE], mirostat)
    best = next(iter(alone))
    assert rows.theirs([best, WIDE], others) == alone
    assert rows.ours([best, WIDE], others) == pytest.approx(alone, abs=1e-6)
    assert rows.ours([WIDE], mirostat | {"top_k": 2}, "transformers").keys() < alone.keys()
    assert rows.theirs([WIDE], mirostat | {"temperature": 0.5}) != alone
    assert rows.theirs([WIDE], mirostat | {"logit_bias": {str(best): False}}) != alone


def test_a_dynamic_temperature_is_plain_beside_mirostat_in_llama_cpp(rows):
    mirostat = {"mirostat": 2, "mirostat_tau": 3.0, "temperature": 0.8}
    alone = rows.theirs([WIDE], mirostat)
    assert rows.theirs([WIDE], mirostat | {"dynatemp_range": 0.5}) == alone
    assert rows.ours([WIDE], mirostat) == pytest.approx(alone, abs=1e-6)
    assert rows.ours([WIDE], mirostat | {"dynatemp_range": 0.5}) != pytest.approx(alone, abs=1e-3)


def test_mirostat_1_keeps_all_that_tie_with_the_last_and_llama_cpp_k_tokens(rows):
    assert set(ours(rows, TIED, mirostat=1, mirostat_tau=1.0)) == {0, 1, 2, 3}
    assert len(rows.llama_cpp.after([TIED], mirostat=1, mirostat_tau=1.0)) == 1


def test_what_top_n_sigma_removes_stays_in_llama_cpps_list_and_spoils_typical(rows):
    """Its tokens have the logit -inf, and then typical meets probabilities of 0. So it is with a banned token."""
    banned = {"logit_bias": {"0": False}, "typical_p": 0.5}
    assert rows.theirs([WIDE], banned).keys() != ours(rows, WIDE, **banned).keys()
    assert rows.theirs([WIDE], banned | {"top_k": VOCABULARY - 1}) == pytest.approx(
        ours(rows, WIDE, **banned), abs=1e-6
    )
    fields = {"top_n_sigma": 1.5, "typical_p": 0.5}
    left, expected = len(ours(rows, WIDE, top_n_sigma=1.5)), ours(rows, WIDE, **fields)
    assert rows.llama_cpp.after([WIDE], **fields, top_k=left) == pytest.approx(expected, abs=1e-6)
    assert rows.llama_cpp.after([WIDE], **fields).keys() != expected.keys()
    assert rows.llama_cpp.after([WIDE], **fields, top_k=left + 1).keys() != expected.keys()


def test_a_grammar_is_applied_only_when_the_draw_breaks_it(rows):
    """llama.cpp draws first, and removes what the grammar forbids only if the drawn token is forbidden."""
    fields = {"grammar": 'root ::= "a" | "d"', "top_k": 2}
    by_draw = {}
    for seed in range(20):
        ((drawn, kept),) = rows.llama_cpp.text([FALLING], 1, **fields, seed=seed)
        by_draw.setdefault(frozenset(kept), set()).add(drawn)
    assert by_draw == {frozenset({0, 1}): {0}, frozenset({0, 3}): {0, 3}}


def test_the_table_names_every_test_of_this_file():
    named = set(re.findall(r"`(test_\w+)`", TABLE.read_text(encoding="utf-8")))
    here = {name for name in globals() if name.startswith("test_")} - {"test_the_table_names_every_test_of_this_file"}
    assert named == here
