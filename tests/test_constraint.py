"""Tests constraints on their own: which tokens may follow a text, and which constraints are refused."""

import random

import numpy as np
import pytest

from playground.decoding.constraints.constraint import KEPT_TEXTS, Constraint, compiled, made
from playground.decoding.constraints.written import checked, the_one
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.word_ids import WordIds, words_of
from tests import fakes

PERSON = (
    '{"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"], "additionalProperties": false}'
)


@pytest.fixture(scope="module")
def model(tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models["llama"], tokenizer, "tiny")


@pytest.fixture(scope="module")
def words(model) -> WordIds:
    return words_of(model)


def constraint(words: WordIds, kind, value) -> Constraint:
    """Returns a new constraint, which has read no text."""
    return made((kind, checked(kind, value)), words)


def allowed(model: LanguageModel, one: Constraint, text: str = "") -> set[str]:
    """Returns the tokens that may follow a text, as texts."""
    ids = model.tokenizer.encode(text, templated=True) if text else ()
    return {model.tokenizer.decode([token_id]) for token_id in np.nonzero(one.mask(ids))[0]}


def walk(one: Constraint, seed: int, most: int = 60) -> list[int]:
    """Returns a random text under a constraint, up to its end token."""
    chance, ids = random.Random(seed), []
    while len(ids) < most and (not ids or ids[-1] != fakes.EOS):
        ids.append(chance.choice(np.nonzero(one.mask(ids))[0].tolist()))
    return ids


@pytest.mark.parametrize(
    ("kind", "value", "text", "follows"),
    [
        ("regex", "ab|ac", "", {"a"}),
        ("regex", "ab|ac", "a", {"b", "c"}),
        ("regex", "ab|ac", "ab", {"</s>"}),
        ("regex", "a+", "", {"a"}),
        ("regex", "a+", "a", {"a", "</s>"}),
        ("regex", "the|ten", "", {"t"}),
        ("regex", " the| to", "", {" ", " t", " the"}),
        ("regex", " the", "", {" the"}),  # where one text alone can follow, it has the tokenizer's own tokens
        ("regex", "é|ê", "", {"\ufffd"}),
        ("choices", ["the", "on"], "", {"t", "on"}),  # "o" and "n" make no choice as the tokenizer writes it
        ("choices", ["the", "on"], "on", {"</s>"}),
        ("choices", ["a", "ab"], "a", {"b", "</s>"}),
        ("json_schema", PERSON, "", {"{"}),
        ("json_schema", PERSON, '{"age":1}', {"</s>"}),
        ("json_schema", PERSON, '{"age":', {*"-0123456789 \n"}),
        ("json_schema", '{"enum": ["x", 1]}', "", {'"', "1"}),
        ("json_schema", {"const": 1}, "1", {"</s>"}),
        ("grammar", 'start: "a" x\nx: "b" | "c"', "a", {"b", "c"}),
        ("grammar", 'root ::= "a" x\nx ::= "b" | "c"', "a", {"b", "c"}),
        ("grammar", "start: /[0-9]/ start | /x/", "12", {*"0123456789x"}),
    ],
)
def test_which_tokens_may_follow(model, words, kind, value, text, follows):
    assert allowed(model, constraint(words, kind, value), text) == follows


def test_no_token_follows_a_text_that_breaks_the_constraint(model, words):
    one = constraint(words, "regex", "ab|ac")
    for text in ("b", "ad", "abc"):
        assert allowed(model, one, text) == set()
    assert allowed(model, one, "a") == {"b", "c"}, "what was asked before changes nothing"


def test_ids_without_a_token_and_special_tokens_never_follow_as_text(model, words):
    one = constraint(words, "regex", r"(.|\n)*")
    mask = one.mask(())
    assert mask.shape == (fakes.VOCABULARY,)
    known = len(model.tokenizer.hf)
    assert not mask[known:].any()
    assert not mask[fakes.BOS]
    assert mask[fakes.EOS]
    assert mask[model.tokenizer.encode(" the", templated=True)[0]]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("regex", "[a-c]{2,5}(the)+"),
        ("choices", ["in the", "on a", "the"]),
        ("json_schema", PERSON),
        ("grammar", 'start: "(" start ")" | "x"'),
    ],
)
def test_the_mask_depends_on_nothing_but_the_text(words, kind, value):
    grown = constraint(words, kind, value)
    for seed in range(5):
        ids = walk(grown, seed)
        for length in random.Random(seed).sample(range(len(ids)), len(ids)):
            fresh = constraint(words, kind, value)
            np.testing.assert_array_equal(grown.mask(ids[:length]), fresh.mask(ids[:length]))


def test_a_text_ends_exactly_where_it_meets_the_constraint(model, words):
    one = constraint(words, "choices", ["in the", "on a", "the"])
    texts = {model.tokenizer.decode(walk(one, seed)).removesuffix("</s>") for seed in range(40)}
    assert texts == {"in the", "on a", "the"}


def test_forgotten_texts_are_read_again(words):
    one = constraint(words, "regex", "[a-f]*")
    letters = np.nonzero(one.mask(()))[0][1:].tolist()
    texts = [tuple(random.Random(seed).choices(letters, k=4)) for seed in range(KEPT_TEXTS + 50)]
    before = [one.packed(ids) for ids in texts]
    assert [one.packed(ids) for ids in texts] == before


def test_the_packed_bits_are_those_of_the_mask(words):
    one = constraint(words, "regex", "[a-f]*")
    packed = one.packed(())
    assert len(packed) == (fakes.VOCABULARY + 7) // 8
    bits = [packed[token_id // 8] >> token_id % 8 & 1 for token_id in range(fakes.VOCABULARY)]
    assert bits == one.mask(()).astype(int).tolist()


def test_a_constraint_is_compiled_once_for_a_model(words, model):
    other = WordIds(model.tokenizer, model.vocabulary_size, model.eos_token_ids)
    assert compiled(("regex", "ab"), words) is compiled(("regex", "ab"), words)
    assert compiled(("regex", "ab"), words) is not compiled(("regex", "ab"), other)


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("regex", "", "The regular expression is empty. Write one, or give null for no constraint."),
        (
            "regex",
            "ab{3",
            "The regular expression 'ab{3' has an error at character 3: unclosed counted repetition. Correct it.",
        ),
        ("regex", "a/(", "The regular expression 'a/(' has an error at character 3: unclosed group. Correct it."),
        ("regex", r"\bx", r"The regular expression '\\bx' has an error: lookarounds not supported yet. Correct it."),
        ("regex", 5, "regex must be a text, but is 5. Give a text."),
        ("regex", "a" * 10_001, "regex has 10,001 characters. Give at most 10,000."),
        ("json_schema", " ", "The JSON schema is empty. Write one, or give null for no constraint."),
        (
            "json_schema",
            '{\n "a",}',
            "The JSON schema is not JSON: line 2, column 5: Expecting ':' delimiter. Correct it.",
        ),
        ("json_schema", "5", "The JSON schema is 5, which is no object. Write an object, such as {} for any JSON."),
        ("json_schema", '{"a":' * 200 + "1" + "}" * 200, "The JSON schema is nested too deep. Make it flatter."),
        (
            "json_schema",
            {"minimum": float("nan")},
            "The JSON schema is not JSON: expected value at line 1 column 13. Correct it.",
        ),
        ("json_schema", {"type": "foo"}, "The JSON schema cannot be followed: Invalid type: foo. Correct it."),
        ("json_schema", {"not": {}}, 'The JSON schema cannot be followed: Unimplemented keys: ["not"]. Correct it.'),
        (
            "json_schema",
            {"type": "string", "pattern": "("},
            "The JSON schema cannot be followed: a regular expression in it is wrong: unclosed group. Correct it.",
        ),
        ("grammar", "start: 'a", "The grammar has an error at line 1, column 8: lexer error. Correct it."),
        (
            "grammar",
            'start: x\nx: "a"\n  | foo',
            'The grammar has an error at line 2, column 4: unknown name: "foo". Correct it.',
        ),
        ("grammar", 'strt: "a"', "The grammar has an error: no start rule found. Correct it."),
        (
            "grammar",
            "start: /(/",
            "The grammar has an error at line 1, column 8: a regular expression in it is wrong: unclosed group. "
            "Correct it.",
        ),
        ("grammar", 'root ::= "a"\n  | )', "The grammar has an error at line 2, column 3: Expected name. Correct it."),
        (
            "grammar",
            'root ::= x\nx ::= "a" | foo',
            'The grammar has an error at line 2, column 13: unknown name: "foo". Correct it.',
        ),
        ("grammar", 'x ::= "a"', "The grammar has an error: No 'root' rule found. Correct it."),
        ("grammar", "root ::= " + "(" * 2000, "The grammar is nested too deep. Make it flatter."),
        ("choices", [], "The list of choices is empty. Give at least one, or null for no constraint."),
        ("choices", ["a", ""], "Choice 2 is empty. Write a text, or remove it."),
        ("choices", ["a", "a"], "choices holds 'a' twice. Remove one."),
        ("choices", "abc", "choices must be a list of texts, but is 'abc'. Give a list."),
        ("choices", [5], "Choice 1 must be a text, but is 5. Give a text."),
        ("choices", list(map(str, range(101))), "choices holds 101 texts. Give at most 100."),
    ],
)
def test_a_wrong_constraint_is_refused_in_a_sentence(kind, value, sentence):
    with pytest.raises(PlaygroundError) as refused:
        checked(kind, value)
    assert str(refused.value) == sentence


def test_a_text_has_one_constraint():
    off = dict.fromkeys(("choices", "regex", "json_schema", "grammar"))
    assert the_one(off) is None
    assert the_one(off | {"regex": "a"}) == "regex"
    with pytest.raises(PlaygroundError, match="^choices and regex are given together, but a text has one constraint"):
        the_one(off | {"regex": "a", "choices": ("a",)})


def test_a_constraint_that_no_text_meets_is_refused(words):
    with pytest.raises(PlaygroundError, match="^The grammar 'start: start' leaves no token at the first"):
        constraint(words, "grammar", "start: start")


def test_a_model_without_an_end_token_takes_no_constraint(model):
    endless = WordIds(model.tokenizer, model.vocabulary_size, ())
    with pytest.raises(PlaygroundError, match="^tiny has no end token, so that a text could not end") as refused:
        constraint(endless, "regex", "ab")
    assert refused.value.status == 422
