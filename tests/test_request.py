"""Tests the limits of a request: each has its sentence, and a request just inside it is accepted."""

from dataclasses import replace

import pytest

from playground.decoding.settings import Settings
from playground.engine.request import Limits, Request, check, check_text, checked_id, checked_ids, checked_text
from playground.errors import PlaygroundError
from tests import fakes

LIMITS = Limits(prompt_tokens=50, new_tokens=20)
FITTED = replace(LIMITS, fitted=frozenset({"prompt_tokens", "new_tokens"}))
"""The limits of a server whose memory has no room for more."""


@pytest.mark.parametrize(
    "request_",
    [
        Request(fakes.prompt(50), fakes.greedy(20)),
        Request(fakes.prompt(50), Settings(max_new_tokens=1), completion_ids=fakes.prompt(20)),
        Request(fakes.prompt(1), fakes.greedy(1), max_steps=1),
    ],
)
def test_what_is_within_the_limits_is_taken(llama, request_):
    check(request_, llama, LIMITS)


@pytest.mark.parametrize(
    ("request_", "limits", "sentence"),
    [
        (
            Request(fakes.prompt(3), Settings(strategy="beam", num_beams=2)),
            LIMITS,
            "strategy is 'beam', which gives a tree and not a trace. Choose greedy or sample.",
        ),
        (
            Request(fakes.prompt(3), fakes.greedy(2001)),
            Limits(new_tokens=2000),
            "max_new_tokens is 2,001, and this server generates at most 2,000 at once. "
            "Ask for fewer, or start the server with a higher --max-new-tokens.",
        ),
        (
            Request(fakes.prompt(51), fakes.greedy(20)),
            LIMITS,
            "The prompt has 51 tokens, and this server takes at most 50. "
            "Shorten the prompt, or start the server with a higher --max-prompt-tokens.",
        ),
        (
            Request(fakes.prompt(51), fakes.greedy(20)),
            FITTED,
            "The prompt has 51 tokens, and this server takes at most 50. Shorten the prompt, or start the server with "
            "a smaller model, or with a smaller --max-new-tokens, because the memory has no room for longer texts.",
        ),
        (
            Request(fakes.prompt(5), fakes.greedy(21)),
            FITTED,
            "max_new_tokens is 21, and this server generates at most 20 at once. Ask for fewer, or start the server "
            "with a smaller model, or with a smaller --max-prompt-tokens, because the memory has no room for longer "
            "texts.",
        ),
        (
            Request(fakes.prompt(fakes.WINDOW + 3), fakes.greedy(1)),
            LIMITS,
            "The prompt has 99 tokens, and tiny has a window of 96, which must also hold the new ones. "
            "Shorten the prompt by at least 4 tokens.",
        ),
        (
            Request(fakes.prompt(50), fakes.greedy(20), completion_ids=fakes.prompt(46)),
            LIMITS,
            "The text fills tiny's window of 96 tokens. Press Generate to begin again from the prompt.",
        ),
    ],
)
def test_what_is_over_a_limit_is_refused_with_this_sentence(llama, request_, limits, sentence):
    with pytest.raises(PlaygroundError) as refusal:
        check(request_, llama, limits)
    assert str(refusal.value) == sentence


def test_a_text_of_two_tokens_can_be_scored(llama):
    check_text("ab", fakes.prompt(2), llama, LIMITS)


@pytest.mark.parametrize(
    ("text", "length", "sentence"),
    [
        ("", 1, "There is no text to score. Write or paste one into the Prompt field."),
        ("a", 1, "The text 'a' is a single token, so no token before it predicts it."),
        ("long", 51, "The prompt has 51 tokens, and this server takes at most 50."),
    ],
)
def test_a_text_that_cannot_be_scored_is_refused_with_this_sentence(llama, text, length, sentence):
    with pytest.raises(PlaygroundError) as refusal:
        check_text(text, fakes.prompt(length), llama, LIMITS)
    assert str(refusal.value).startswith(sentence)


def test_a_text_is_bounded_in_characters_before_it_is_tokenised():
    assert checked_text("The prompt", "x" * 1600, LIMITS) == "x" * 1600
    with pytest.raises(PlaygroundError) as refusal:
        checked_text("The prompt", "x" * 1601, LIMITS)
    assert refusal.value.status == 413
    assert str(refusal.value) == (
        "The prompt has 1,601 characters, and this server reads at most 1,600: 32 for each of the 50 tokens that a "
        "prompt may have. Shorten it, or start the server with a higher --max-prompt-tokens."
    )


@pytest.mark.parametrize(("length", "new_tokens", "status"), [(51, 1, 413), (fakes.WINDOW, 1, 422), (3, 21, 422)])
def test_what_is_too_much_for_the_server_or_the_model_has_its_status(llama, length, new_tokens, status):
    with pytest.raises(PlaygroundError) as refusal:
        check(Request(fakes.prompt(length), fakes.greedy(new_tokens)), llama, LIMITS)
    assert refusal.value.status == status


@pytest.mark.parametrize("token_id", [-1, fakes.VOCABULARY, 10**9, 1.5, "7", True, None, [7]])
def test_what_is_no_token_is_refused(llama, token_id):
    with pytest.raises(PlaygroundError, match="is no token of tiny. Give a whole number from 0 to 299"):
        checked_id(token_id, llama)


def test_ids_are_no_more_than_the_window_holds(llama):
    assert checked_ids([7] * fakes.WINDOW, llama) == (7,) * fakes.WINDOW
    with pytest.raises(PlaygroundError, match="There are 97 tokens, and tiny has a window of 96"):
        checked_ids([7] * 97, llama)
