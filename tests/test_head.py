"""Tests the messages with the most probable tokens of a row."""

import base64
import math

import numpy as np
import pytest
import torch

from playground.decoding.measures import RawFacts
from playground.decoding.settings import Settings
from playground.traces.trace import Step, Trace
from playground.web.messages.head import WORDS, best_first, head_message, opening_message


def numbers(text: str, kind: str) -> list[float]:
    return np.frombuffer(base64.b64decode(text), kind).tolist()


def test_the_best_tokens_come_first_and_of_equal_ones_the_higher_id():
    row = np.array([1.0, 3.0, 2.0, 3.0, -np.inf, 2.0], np.float32)
    assert best_first(row, 6).tolist() == [3, 1, 5, 2, 0, 4]
    told = head_message(row, Settings(temperature=0.5), 3)
    assert numbers(told["ids"], "<u4") == [3, 1, 5]
    assert numbers(told["logits"], "<f4") == [3.0, 3.0, 2.0]
    assert told["rest"] == pytest.approx(math.log(math.exp(2) + math.exp(1)))
    assert told["temperature"] == 0.5
    assert told["scaled_rest"] == pytest.approx(math.log(math.exp(4) + math.exp(2)))
    assert (told["size"], told["ruled_out"]) == (6, 1)


def test_a_small_row_is_there_as_a_whole():
    told = head_message(np.array([0.5, -1.5], np.float32), Settings())
    assert numbers(told["ids"], "<u4") == [0, 1]
    assert (told["rest"], told["ruled_out"]) == (None, 0)


def test_all_that_is_left_may_be_ruled_out():
    assert head_message(np.array([1.0, -np.inf], np.float32), Settings(), 1)["rest"] is None


def test_the_opening_has_the_words_of_the_text_and_of_its_first_candidates():
    logits = torch.arange(3.0 * WORDS)
    step = Step(0, logits, 4, None, 0.5, 3, None, 0.1, False, None, RawFacts(0.4, 1.2, 3))
    trace = Trace("tiny", (1, 2), Settings(), (step,), "length")
    told = opening_message(trace, [f"<{token}>" for token in range(3 * WORDS)])
    assert set(told["words"]) == {str(token) for token in (1, 2, 4, *range(2 * WORDS, 3 * WORDS))}
    assert told["words"]["4"] == "<4>"
    assert told["head"] == head_message(logits.numpy(), trace.settings)
