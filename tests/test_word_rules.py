"""Tests the values of settings that are no numbers: what is accepted, what is refused, and how JSON has it."""

import json
import math

import pytest

from playground.decoding.rules import Rule
from playground.decoding.word_rules import BiasesRule, PairRule, TextRule, TextsRule
from playground.errors import PlaygroundError

TEXT, SCHEMA = TextRule(10), TextRule(200, takes_object=True)
TEXTS, BIASES = TextsRule(3, 5), BiasesRule(most=3, longest=5)
PAIR = PairRule((("start", Rule(0, 100, whole=True)), ("factor", Rule(0.01, 100))))


@pytest.mark.parametrize(
    ("rule", "value", "checked"),
    [
        (TEXT, "", ""),
        (TEXT, "[a-z]+", "[a-z]+"),
        (SCHEMA, {"type": "string", "enum": ["é"]}, '{"type": "string", "enum": ["é"]}'),
        (SCHEMA, '{"type": "string"}', '{"type": "string"}'),
        (TEXTS, [], ()),
        (TEXTS, ["b", "a", "b"], ("b", "a")),
        (BIASES, {}, ()),
        (BIASES, [], ()),
        (BIASES, {"15": 1, " a": False, "-5": -2.5}, ((15, 1.0), (" a", -math.inf), ("-5", -2.5))),
        (BIASES, {15: 100, "a": -math.inf}, ((15, 100.0), ("a", -math.inf))),
        (BIASES, [[15, -1.5], ["15", 2]], ((15, -1.5), ("15", 2.0))),
        (PAIR, None, None),
        (PAIR, [5, 1.5], (5, 1.5)),
        (PAIR, (5.0, 2), (5, 2.0)),
    ],
)
def test_a_value_is_hashable_and_comes_back_from_its_json(rule, value, checked):
    found = rule.check("it", value)
    assert found == checked
    hash(found)
    sent = json.loads(json.dumps(rule.plain(found)))
    assert rule.check("it", sent) == checked


@pytest.mark.parametrize("rule", [TEXT, SCHEMA, TEXTS, BIASES, PAIR])
def test_the_value_that_is_off_is_one_that_is_accepted(rule):
    assert rule.check("it", rule.plain(rule.off[0])) == rule.off[0]


@pytest.mark.parametrize(
    ("rule", "value", "sentence"),
    [
        (TEXT, 5, "it must be a text, but is 5. Give a text."),
        (TEXT, "a" * 11, "it has 11 characters. Give at most 10."),
        (TEXT, "\ud800", "half of a surrogate pair"),
        (TEXT, {"a": 1}, "it must be a text"),
        (SCHEMA, {"a": {1}}, "it cannot be written as JSON"),
        (SCHEMA, {"a": math.nan}, "it cannot be written as JSON"),
        (TEXTS, "abc", "it must be a list"),
        (TEXTS, ["a"] * 4, "it has 4 values. Give at most 3."),
        (TEXTS, ["a", ""], "it, number 2, is an empty text. Write a text or remove it."),
        (TEXTS, ["a", 2], "it, number 2, must be a text"),
        (TEXTS, ["abcdef"], "it, number 1, has 6 characters. Give at most 5."),
        (BIASES, 5, 'Give one such as {"15": -1.5, " hello": 2}.'),
        (BIASES, "15", "it must be an object of tokens and biases"),
        (BIASES, dict.fromkeys("abcd", 1), "it has 4 values. Give at most 3."),
        (BIASES, {"": 1}, "it names an empty text, which has no token"),
        (BIASES, {"abcdef": 1}, "A text of it has 6 characters"),
        (BIASES, {"a": 101}, "The it of 'a' is 101. Give a number from -100 to 100, or false"),
        (BIASES, {"a": math.nan}, "The it of 'a' is nan"),
        (BIASES, {"a": math.inf}, "The it of 'a' is inf"),
        (BIASES, {"a": True}, "The it of 'a' is True"),
        (BIASES, {"a": None}, "The it of 'a' is None"),
        (BIASES, {"a": "2"}, "The it of 'a' is '2'"),
        (BIASES, {"15": 1, 15: 2}, "it names 15 twice. Give it one bias."),
        (BIASES, [[-1, 2]], "it names the token -1. The ids of tokens begin at 0."),
        (BIASES, [[1.5, 2]], "it names 1.5. Give a token's id or a text."),
        (BIASES, [[True, 2]], "it names True"),
        (BIASES, [15], "it holds 15. Give pairs of a token and its bias, such as [15, -1.5]."),
        (PAIR, 5, "it must be a list of its start and its factor, but is 5. Give both, or null."),
        (PAIR, [5], "it must be a list of its start and its factor"),
        (PAIR, [5, 0], "it's factor is 0, which is out of range"),
        (PAIR, [1.5, 2], "it's start must be a whole number"),
    ],
)
def test_other_values_are_refused_in_a_sentence(rule, value, sentence):
    with pytest.raises(PlaygroundError) as refused:
        rule.check("it", value)
    assert sentence in str(refused.value)
