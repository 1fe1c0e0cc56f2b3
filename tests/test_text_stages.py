"""Tests the stages that read the text before the temperature: small examples, computed by hand."""

import math

import numpy as np
import pytest
import torch
from transformers import RepetitionPenaltyLogitsProcessor

from playground.decoding.stages.bad_words import BAD_WORDS, banned_ids
from playground.decoding.stages.dry import BREAKERS, DRY, tails_of
from playground.decoding.stages.encoder_repetition_penalty import ENCODER_REPETITION_PENALTY
from playground.decoding.stages.exponential_decay_length_penalty import EXPONENTIAL_DECAY_LENGTH_PENALTY
from playground.decoding.stages.frequency_penalty import FREQUENCY_PENALTY
from playground.decoding.stages.logit_bias import LOGIT_BIAS, biases_by_id
from playground.decoding.stages.min_new_tokens import MIN_NEW_TOKENS
from playground.decoding.stages.presence_penalty import PRESENCE_PENALTY
from playground.decoding.stages.repeats import followers, since_breaker
from playground.decoding.stages.repetition_penalty import REPETITION_PENALTY
from playground.decoding.stages.stage import Moment, Stage
from playground.errors import PlaygroundError
from tests.words import Words

INF = math.inf
LOGITS = [2.0, -1.0, 0.5, 0.0, -INF]


def scores_after(stage: Stage, values: dict, ids=(), logits=LOGITS, **moment) -> list[float]:
    """Returns the scores of one row after a stage, and checks that the row itself is as before."""
    scores = torch.tensor([logits])
    after = stage.make(values)(Moment(list(ids), **moment), scores)[0].tolist()
    assert scores[0].tolist() == logits
    return after


# logit bias


def test_a_bias_is_added_and_false_removes():
    assert scores_after(LOGIT_BIAS, {"logit_bias": ((0, -1.5), (1, 4.0), (2, None))}) == [0.5, 3.0, -INF, 0.0, -INF]


def test_each_token_of_a_text_gets_the_bias_and_biases_of_a_token_add_up():
    words = Words("ha", "a", "b", " b")
    biases = ((1, 0.5), ("ab", 2.0), ("haha", 1.0), (" b", -INF))
    assert dict(biases_by_id(biases, words)) == {0: 2.0, 1: 2.5, 2: 2.0, 3: None}


@pytest.mark.parametrize(
    ("token", "sentence"),
    [(3, "logit_bias names the token 3, which tiny does not have. Its tokens are numbered 0 to 2."), ("ä", "'ä'")],
)
def test_a_bias_of_an_unknown_token_is_refused(token, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        biases_by_id(((token, 1.0),), Words("a", "b", "c"))


def test_a_token_without_a_logit_is_refused():
    with pytest.raises(PlaygroundError, match="names the token 2, which tiny does not have"):
        biases_by_id((("c", 1.0),), Words("a", "b", "c", size=2))


# banned words


def test_one_token_is_banned_always_and_the_last_of_several_after_the_others():
    banned = {"bad_words": ((3,), (0, 1, 2))}
    assert scores_after(BAD_WORDS, banned, [0]) == [2.0, -1.0, 0.5, -INF, -INF]
    assert scores_after(BAD_WORDS, banned, [0, 1]) == [2.0, -1.0, -INF, -INF, -INF]
    assert scores_after(BAD_WORDS, banned, [1, 0]) == [2.0, -1.0, 0.5, -INF, -INF]
    assert scores_after(BAD_WORDS, banned, [1]) == [2.0, -1.0, 0.5, -INF, -INF]


def test_a_word_is_banned_at_the_start_and_after_a_space():
    words = Words("damn", " damn", " ", "it", "<end>", end_ids=[4])
    assert banned_ids(("damn", " it", "<end>"), words) == ((0,), (1,), (2, 3), (2, 4))


def test_words_of_which_none_is_left_change_nothing():
    assert scores_after(BAD_WORDS, {"bad_words": ()}, [0]) == LOGITS


# the end of the text


def test_the_end_is_removed_until_enough_tokens_are_written():
    values = {"min_new_tokens": 2, "end_ids": (1, 3)}
    assert scores_after(MIN_NEW_TOKENS, values, [7, 7, 0], prompt_length=2) == [2.0, -INF, 0.5, -INF, -INF]
    assert scores_after(MIN_NEW_TOKENS, values, [7, 7, 0, 0], prompt_length=2) == LOGITS
    assert scores_after(MIN_NEW_TOKENS, values | {"end_ids": ()}, [7], prompt_length=1) == LOGITS


def test_the_end_becomes_more_probable_with_each_token_after_the_start():
    """One token beyond the start: 2 + 2·(1.5 − 1) = 3, −1 + 1·0.5 = −0.5. Two tokens beyond: 1.5² − 1 = 1.25."""
    values = {"exponential_decay_length_penalty": (1, 1.5), "end_ids": (0, 1, 4)}
    assert scores_after(EXPONENTIAL_DECAY_LENGTH_PENALTY, values, [9, 9], prompt_length=1) == LOGITS
    assert scores_after(EXPONENTIAL_DECAY_LENGTH_PENALTY, values, [9] * 3, prompt_length=1) == [3, -0.5, 0.5, 0, -INF]
    assert scores_after(EXPONENTIAL_DECAY_LENGTH_PENALTY, values, [9] * 4, prompt_length=1) == [4.5, 0.25, 0.5, 0, -INF]


def test_the_end_of_a_very_long_text_keeps_a_finite_score():
    """transformers' own class computes 1.5 ** 99,998, which is an OverflowError."""
    values = {"exponential_decay_length_penalty": (1, 1.5), "end_ids": (0,)}
    after = scores_after(EXPONENTIAL_DECAY_LENGTH_PENALTY, values, [9] * 100_000, prompt_length=1)
    assert 1e30 < after[0] < INF


# repetition


def test_tokens_of_the_prompt_are_favoured_and_those_of_the_completion_are_not():
    values = {"encoder_repetition_penalty": 2.0}
    after = scores_after(ENCODER_REPETITION_PENALTY, values, [0, 1, 99, 2], prompt_length=3)
    assert after == [4.0, -0.5, 0.5, 0.0, -INF]


def test_of_an_encoder_the_tokens_that_it_read_are_favoured():
    values = {"encoder_repetition_penalty": 0.5}
    after = scores_after(ENCODER_REPETITION_PENALTY, values, [0, 1], prompt_length=1, source_ids=(2, 2, 1))
    assert after == [2.0, -2.0, 0.25, 0.0, -INF]


IDS = [0, 1, 0, 99, 2, 0, 4]


@pytest.mark.parametrize(
    ("window", "frequency", "presence"),
    [
        (-1, [0.5, -1.5, 0.0, 0.0, -INF], [1.5, -1.5, 0.0, 0.0, -INF]),
        (4, [1.5, -1.0, 0.0, 0.0, -INF], [1.5, -1.0, 0.0, 0.0, -INF]),
        (5, [1.0, -1.0, 0.0, 0.0, -INF], [1.5, -1.0, 0.0, 0.0, -INF]),
        (100, [0.5, -1.5, 0.0, 0.0, -INF], [1.5, -1.5, 0.0, 0.0, -INF]),
    ],
)
def test_frequency_counts_and_presence_does_not(window, frequency, presence):
    """The token 0 stands three times in the whole text, twice among the last five, and once among the last four."""
    values = {"frequency_penalty": 0.5, "presence_penalty": 0.5, "repeat_last_n": window}
    assert scores_after(FREQUENCY_PENALTY, values, IDS) == frequency
    assert scores_after(PRESENCE_PENALTY, values, IDS) == presence


def test_the_repetition_penalty_looks_at_its_window():
    values = {"repetition_penalty": 2.0, "repeat_last_n": 3}
    assert scores_after(REPETITION_PENALTY, values, IDS) == [1.0, -1.0, 0.25, 0.0, -INF]


def test_over_the_whole_text_the_repetition_penalty_is_that_of_transformers():
    theirs = RepetitionPenaltyLogitsProcessor(1.3)(torch.tensor([IDS]), torch.tensor([LOGITS]))[0].tolist()
    assert scores_after(REPETITION_PENALTY, {"repetition_penalty": 1.3, "repeat_last_n": -1}, IDS) == theirs


@pytest.mark.parametrize("stage", [REPETITION_PENALTY, FREQUENCY_PENALTY, PRESENCE_PENALTY])
def test_a_window_of_no_tokens_switches_a_penalty_off(stage):
    assert not stage.is_on({stage.setting: 1.5, "repeat_last_n": 0})
    assert stage.is_on({stage.setting: 1.5, "repeat_last_n": 1})


# DRY

A, B, C, Y, Z = range(5)
DRY_OFF = {
    "dry_multiplier": 1.0,
    "dry_base": 2.0,
    "dry_allowed_length": 2,
    "dry_penalty_last_n": -1,
    "dry_sequence_breakers": {},
}


def dry(ids, **values) -> list[float]:
    return scores_after(DRY, DRY_OFF | values, ids, [0.0] * 5)


def test_the_example_of_llama_cpps_source():
    """After `a b c c b c y a b c`, a `c` would repeat four tokens, `y` three, and `b` two."""
    text = [A, B, C, C, B, C, Y, A, B, C]
    assert followers(text) == {C: 3, B: 1, Y: 2}
    assert dry(text) == [0, 0, -2, -1, 0]
    assert dry(text, dry_allowed_length=1, dry_multiplier=0.5) == [0, -0.5, -2, -1, 0]


def test_repetitions_may_overlap():
    """Of the text `a a a a`, the last three tokens stood one token before."""
    assert dry([A, A, A, A]) == [-2, 0, 0, 0, 0]


def test_a_repetition_before_the_window_is_not_seen():
    text = [A, B, Y, Z, A, B]
    assert dry(text) == [0, 0, 0, -1, 0]
    assert dry(text, dry_penalty_last_n=5) == [0, 0, 0, 0, 0]


def test_no_repetition_reaches_beyond_a_breaker():
    text = [A, B, C, Y, Z, A, B, C]
    assert dry(text) == [0, 0, 0, -2, 0]
    assert dry(text, dry_sequence_breakers={A: ((),)}) == [0, 0, 0, -1, 0]
    assert dry(text, dry_sequence_breakers={B: ((),)}) == [0, 0, 0, 0, 0]


def test_a_breaker_itself_is_never_penalised():
    text = [A, B, C, Y, A, B, C]
    assert dry(text, dry_sequence_breakers={Y: ((),)}) == [0, 0, 0, 0, 0]
    assert dry(text, dry_sequence_breakers={Y: ((Z,),)}) == [0, 0, 0, -2, 0]


def test_a_breaker_of_several_tokens_breaks_only_as_a_whole():
    assert since_breaker([A, B, C, Y], {A: ((B,), ())}, 4) == 2
    assert since_breaker([A, C, C, Y], {A: ((B,),)}, 4) == 4
    assert since_breaker([A, B], {B: ((C,),)}, 2) == 2
    assert since_breaker([A, B, C, Y], {A: ((),)}, 2) == 2


def test_a_breaker_is_found_in_every_token_that_holds_or_begins_it():
    words = Words("a:", " :", "\n", "x#", "#", "##", "###b", "y")
    assert tails_of((":",), words) == {0: ((),), 1: ((),)}
    assert tails_of(("\n",), words) == {2: ((),)}
    assert tails_of(("###",), words) == {3: ((5,),), 4: ((5,),), 5: ((5,), (4,)), 6: ((),)}


def test_a_breaker_of_bytes_is_looked_for_as_the_tokenizer_writes_it():
    class Bytes(Words):
        def ids_of(self, text):
            assert text == "—"
            return [1, 2]

    assert tails_of(("—",), Bytes("a", "\udce2\udc80", "\udc94")) == {1: ((2,),)}


def test_a_huge_penalty_stays_a_number_or_removes_the_token():
    """1.75 to the power of 158 is float32's largest finite one. Times 100 it is infinite, as in llama.cpp."""
    assert dry([A] * 2000, dry_base=1.75)[A] < -1e38
    assert dry([A] * 2000, dry_base=1.75, dry_multiplier=100.0)[A] == -INF
    assert dry([A] * 2000, dry_base=1.0)[A] == -1


def test_the_default_breakers_are_those_of_llama_cpp():
    assert BREAKERS == ("\n", ":", '"', "*")


def by_definition(ids: list[int], breakers: dict, allowed: int) -> list[float]:
    """Returns what DRY leaves of five logits of 0, from a look at every two places of the text."""
    limit = len(ids)
    for place in reversed(range(len(ids))):
        tails = [tail for tail in breakers.get(ids[place], ()) if tuple(ids[place + 1 :][: len(tail)]) == tail]
        if tails:
            limit = len(ids) - place - 1 - max(map(len, tails))
            break
    longest = [0] * 5
    for stop in range(1, len(ids)):
        same = 0
        while same < min(stop, limit) and ids[stop - 1 - same] == ids[-1 - same]:
            same += 1
        if ids[stop] < 5:
            longest[ids[stop]] = max(longest[ids[stop]], same)
    lowered = [2.0 ** (length - allowed) if length >= allowed else 0 for length in longest]
    return [0 if () in breakers.get(token_id, ()) else -by for token_id, by in enumerate(lowered)]


def test_dry_finds_what_a_look_at_every_two_places_finds():
    rng = np.random.default_rng(1)
    for _ in range(2_000):
        kinds = int(rng.integers(1, 7))
        ids = rng.integers(0, kinds, rng.integers(1, 30)).tolist()
        tails = [tuple(rng.integers(0, kinds, rng.integers(0, 3)).tolist()) for _ in range(3)]
        breakers = {int(rng.integers(0, kinds)): (tail,) for tail in tails if rng.random() < 0.2}
        allowed = int(rng.integers(1, 4))
        expected = by_definition(ids, breakers, allowed)
        assert dry(ids, dry_sequence_breakers=breakers, dry_allowed_length=allowed) == expected, (ids, breakers)
