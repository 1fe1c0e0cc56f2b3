"""Tests that each check accepts valid values and refuses others with a sentence that names the value."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import values
from playground.errors import PlaygroundError
from playground.values import LONGEST_SHOWN, Values, shown


@pytest.mark.parametrize(
    ("check", "sentence", "status"),
    [
        (lambda: values.whole("n", 5, 0, 4), "n is 5, which is out of range. Give one from 0 to 4.", 400),
        (lambda: values.whole("n", True, 0, 4), "n must be a whole number, but is True. Give one from 0 to 4.", 400),
        (lambda: values.whole("n", 1.0, 0, 4), "n must be a whole number, but is 1.0. Give one from 0 to 4.", 400),
        (lambda: values.whole_in("n", "1_0"), "n must be a whole number, but is '1_0'. Give one such as 0 or 12.", 400),
        (lambda: values.whole_in("n", "9" * 5000), f"n must be a whole number, but is '{'9' * 56}...", 400),
        (lambda: values.boolean("b", 1), "b is 1. Give true or false.", 400),
        (lambda: values.text("t", None, 3), "t must be a text, but is None. Give a text.", 400),
        (lambda: values.text("t", "four", 3), "t has 4 characters. Give at most 3.", 413),
        (lambda: values.text("t", "a\ud800", 3), "t holds U+D800 at character 2, half of a surrogate pair", 400),
        (lambda: values.choice("c", "d", ("a", "b")), "c is 'd'. Choose one of a, b.", 400),
        (lambda: values.choice("c", [], ("a", "b")), "c is []. Choose one of a, b.", 400),
        (lambda: values.items("l", "ab", 3), "l must be a list, but is 'ab'. Give a list.", 400),
        (lambda: values.items("l", [1] * 4, 3), "l has 4 values. Give at most 3.", 413),
        (lambda: values.texts("l", ["a", 2], 3, 3), "l, number 2, must be a text, but is 2. Give a text.", 400),
        (lambda: values.mapping("m", []), "m must be an object of names and values, but is [].", 400),
        (lambda: values.trace_id("id", "../x"), "id is '../x', which is not the id of a text.", 400),
        (lambda: values.trace_id("id", "x" * 65), f"id is '{'x' * 56}..., which is not the id of a text.", 400),
        (lambda: Values("The fork", None), "The fork must be an object of names and values, but is None.", 400),
        (lambda: Values("The fork", {}).whole("index", 0, 1), "The fork has no index. Give one.", 400),
    ],
)
def test_what_is_refused_and_how(check, sentence, status):
    with pytest.raises(PlaygroundError) as refusal:
        check()
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.status == status


def test_what_is_taken():
    given_ = Values("The fork", {"n": 4, "b": False, "t": "é", "l": [1], "id": "a-_9", "none": None, "m": {"x": 1}})
    assert (given_.whole("n", 0, 4), given_.boolean("b"), given_.text("t", 1)) == (4, False, "é")
    assert (given_.items("l", 1), given_.trace_id("id"), given_.mapping("m")) == ([1], "a-_9", {"x": 1})
    assert ("n" in given_, "none" in given_, "nowhere" in given_) == (True, False, False)
    assert [values.whole_in("n", text) for text in ("0", "-12", "007")] == [0, -12, 7]


@settings(deadline=None, derandomize=True, database=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_can_be_shown_in_a_sentence(value):
    assert 0 < len(shown(value)) <= LONGEST_SHOWN
    shown(value).encode()


def test_a_value_that_is_nested_deeply_can_be_shown():
    value: list = []
    for _ in range(100_000):
        value = [value]
    assert shown(value) == "[[[[...]]]]"
