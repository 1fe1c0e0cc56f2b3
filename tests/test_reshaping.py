"""Tests `/reshape`: its probabilities are those of the stages in the order that is asked for, and bad input is told."""

import base64

import numpy as np
import pytest
import torch
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopPLogitsWarper

from playground.errors import PlaygroundError
from playground.web.reshaping import Asked, reshaped

LOGITS = np.log([0.5, 0.3, 0.15, 0.05]).astype(np.float32)
RANDOM = np.random.default_rng(5).normal(size=5000).astype(np.float32) * 3


def reshape(*values) -> dict:
    return reshaped(Asked.of(*values))


def told(answer) -> dict[int, float]:
    return {one["token_id"]: one["probability"] for one in answer["tokens"]}


@pytest.mark.parametrize("order", ["transformers", "llama.cpp", ["top_p", "temperature"], ["temperature", "top_p"]])
def test_probabilities_are_those_of_the_processors_in_this_order(order):
    answer = reshape(RANDOM.tolist(), [], {"temperature": 1.8, "top_p": 0.7}, order)
    warpers = [TemperatureLogitsWarper(1.8), TopPLogitsWarper(0.7)]
    is_first = order == "transformers" or next(iter(order)) == "temperature"
    scores = LogitsProcessorList(warpers if is_first else warpers[::-1])(None, torch.tensor(RANDOM)[None])[0]
    expected = scores.double().softmax(-1)
    found = told(answer)
    assert set(found) == set(torch.nonzero(expected)[:, 0].tolist())
    assert all(found[one] == pytest.approx(expected[one].item(), abs=1e-9) for one in found)
    assert answer["order"] == order
    assert [stage["name"] for stage in answer["stages"]] == (
        ["temperature", "top_p"] if is_first else ["top_p", "temperature"]
    )


def test_the_order_decides_what_a_cut_meets():
    """At temperature 2 the probabilities are 0.37, 0.29, 0.2 and 0.12, so top-p meets others before it than after."""
    settings = {"temperature": 2.0, "top_p": 0.75}
    assert [stage["kept"] for stage in reshape(LOGITS.tolist(), [], settings)["stages"]] == [4, 3]
    last = reshape(LOGITS.tolist(), [], settings, "llama.cpp")
    assert [(stage["name"], stage["kept"]) for stage in last["stages"]] == [("top_p", 2), ("temperature", 2)]
    assert last["stages"][0]["removed_mass"] == pytest.approx(0.2)
    assert told(last) == pytest.approx(
        {0: np.sqrt(5) / (np.sqrt(5) + np.sqrt(3)), 1: np.sqrt(3) / (np.sqrt(5) + np.sqrt(3))}
    )


def test_settings_may_hold_the_order_and_the_argument_goes_first():
    settings = {"temperature": 2.0, "top_p": 0.75, "order": "llama.cpp"}
    assert reshape(LOGITS.tolist(), [], settings) == reshape(LOGITS.tolist(), [], settings, "llama.cpp")
    assert reshape(LOGITS.tolist(), [], settings, "transformers")["stages"][0]["name"] == "temperature"


def test_a_row_may_come_as_base64():
    packed = base64.b64encode(RANDOM.astype("<f4").tobytes()).decode()
    assert reshape(packed, [3], {"top_k": 7}) == reshape(RANDOM.tolist(), [3], {"top_k": 7})


def test_of_equal_probabilities_the_higher_id_comes_first_and_what_is_impossible_is_left_out():
    answer = reshape([1.0, None, 1.0, 2.0], [], {})
    assert [one["token_id"] for one in answer["tokens"]] == [3, 2, 0]
    assert (answer["stages"], answer["order"]) == ([], "transformers")


def test_a_penalty_reads_the_ids():
    found = told(reshape([2.0, 1.0], [0], {"repetition_penalty": 4.0}))
    assert found == pytest.approx({1: 1 / (1 + np.exp(-0.5)), 0: 1 - 1 / (1 + np.exp(-0.5))})


@pytest.mark.parametrize(
    ("logits", "ids", "settings", "order", "sentence"),
    [
        ("x", [], {}, None, "logits is 'x', which is no base64"),
        ("AAAAAAA=", [], {}, None, "logits is 'AAAAAAA=', which is no base64"),
        ([], [], {}, None, "logits has 0 numbers"),
        (["1"], [], {}, None, "logits holds '1', which is no number"),
        ([True], [], {}, None, "logits holds True, which is no number"),
        ([float("nan")], [], {}, None, "logits holds NaN or plus infinity"),
        ([1e39], [], {}, None, "which float32 cannot hold"),
        ([10**400], [], {}, None, "which float32 cannot hold"),
        ([None, None], [], {}, None, "no token is left"),
        ([1.0], [1], {}, None, r"ids\[0\] is 1"),
        ([1.0], [0], {"top_k": -2}, None, "top_k is -2"),
        ([1.0], [0], {}, "vLLM", "order is 'vLLM'. Give one of transformers, llama.cpp, vllm, openai"),
        ([1.0], [0], {}, ["top_q"], "order holds 'top_q', which is no stage"),
        ([1.0], [0], {}, ["top_k", "top_k"], "order holds top_k twice"),
        ([1.0, 2.0], [0, 0, 1, 0], {"no_repeat_ngram_size": 1}, None, "No token is left after no_repeat_ngram_size"),
    ],
)
def test_bad_input_is_told(logits, ids, settings, order, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        reshape(logits, ids, settings, order)
