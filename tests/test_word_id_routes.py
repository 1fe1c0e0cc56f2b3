"""Tests the route that tells the page which tokens the words of a setting have."""

import pytest

from playground.decoding.stages.dry import BREAKERS
from tests import fakes


def asked(client, **told):
    return client.post("/playground/word_ids.json", json=told)


def test_the_words_of_a_setting_become_ids(client, llama):
    words = llama.tokenizer.ids_within("the")
    answer = asked(client, model="tiny", setting="bad_words", value=["the"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["ids"][0] == words
    biases = asked(client, setting="logit_bias", value={"5": 1.5, "7": False}).json()["ids"]
    assert biases == [[5, 1.5], [7, None]]


def test_the_default_breakers_and_the_ends_are_told(client, llama):
    tails = asked(client, setting="dry_sequence_breakers", value=list(BREAKERS)).json()["ids"]
    newline = llama.tokenizer.ids_within("\n")[0]
    assert tails[str(newline)] == [[]]
    assert asked(client, setting="end_ids", value=None).json()["ids"] == [fakes.EOS]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"setting": "top_k", "value": 5}, "'top_k' is no setting with words. Give one of "),
        ({"setting": "logit_bias", "value": {"999999": 1}}, "names the token 999999, which tiny does not have"),
        ({"setting": "bad_words", "value": "the"}, "bad_words must be a list"),
        ({"setting": "bad_words"}, "The question has no value. Give one."),
        ({"value": []}, "The question has no setting"),
        ([], "The question must be an object"),
    ],
)
def test_what_has_no_words_is_refused(client, told, sentence):
    answer = client.post("/playground/word_ids.json", json=told)
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
