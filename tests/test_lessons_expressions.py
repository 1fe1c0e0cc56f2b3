"""Tests that an expression becomes a tree or a sentence, whatever it is, and that Python never evaluates it."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from playground.errors import PlaygroundError
from playground.lessons.expressions import MOST_CHARACTERS, MOST_DEPTH, MOST_NODES, Scope, read
from playground.lessons.measures import BY_NAME, MEASURES, SETTING_KINDS
from playground.lessons.trees import Call, Operation, evaluate, plain, written

DECODE = Scope("decode")
REVEAL = Scope("decode", in_reveal=True)


def tree(source: str, scope: Scope = REVEAL):
    return read(source, scope).tree


def refusal(source: str, scope: Scope = DECODE) -> str:
    with pytest.raises(PlaygroundError) as refused:
        read(source, scope)
    return str(refused.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("entropy() < 1", {"op": "<", "of": [{"call": "entropy", "of": []}, 1]}),
        ('probability(" stars")', {"call": "probability", "of": [" stars"]}),
        ("-kept() + 2.5", {"op": "+", "of": [{"op": "neg", "of": [{"call": "kept", "of": []}]}, 2.5]}),
        ("not True", {"op": "not", "of": [True]}),
        ("True and False and True", {"op": "and", "of": [True, False, True]}),
        ("1 < 2 <= 3", {"op": "and", "of": [{"op": "<", "of": [1, 2]}, {"op": "<=", "of": [2, 3]}]}),
        ('setting("top_k") == 5', {"op": "==", "of": [{"call": "setting", "of": ["top_k"]}, 5]}),
        ("before(kept())", {"call": "before", "of": [{"call": "kept", "of": []}]}),
        ("rank(chosen())", {"call": "rank", "of": [{"call": "chosen", "of": []}]}),
        ('"a\\n" == text()', {"op": "==", "of": ["a\n", {"call": "text", "of": []}]}),
        ("kept()\n  > 1  # a comment", {"op": ">", "of": [{"call": "kept", "of": []}, 1]}),
        ("(((1)))", 1),
    ],
)
def test_an_expression_is_a_tree_of_plain_json(source, told):
    assert plain(tree(source)) == told
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("source", "kind", "unit"),
    [
        ('probability(" a")', "number", "percent"),
        ('before(raw_probability(" a"))', "number", "percent"),
        ('probability(" a") - before(probability(" a"))', "number", "percent"),
        ('probability(" a") * 2', "number", "number"),
        ('probability(" a") - entropy()', "number", "number"),
        ("surprise()", "number", "bits"),
        ("-entropy()", "number", "bits"),
        ("kept()", "number", "count"),
        ('pieces("ab") + tokens()', "number", "count"),
        ('logit(" a")', "number", "number"),
        ("most_likely()", "text", "text"),
        ('setting("temperature")', "number", "number"),
        ('setting("strategy")', "text", "text"),
        ('setting("early_stopping")', "truth", "text"),
        ("3", "number", "number"),
        ("kept() > 1", "truth", "text"),
    ],
)
def test_an_expression_has_a_kind_and_a_unit(source, kind, unit):
    found = read(source, REVEAL)
    assert (found.kind, found.unit) == (kind, unit)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "An expression is empty."),
        ("kept( > 1", "is not an expression: invalid syntax"),
        ("kept() = 1", "is not an expression"),
        ("kept", "kept is a measure. Write it with parentheses: kept()."),
        ("rank", 'rank is a measure. Write it with parentheses: rank(" stars").'),
        ("stars", "'stars' is not known. Write a text in quotes."),
        ("kept(1)", "kept() takes nothing, and 1 are given. Write kept()."),
        ("rank()", 'rank() takes one value, and 0 are given. Write rank(" stars").'),
        ("rank(1)", "'1' gives a number, where a text belongs."),
        ("rank(token='a')", 'rank() takes its values without names. Write rank(" stars").'),
        ("rank(*'a')", "rank() takes its values without names."),
        ("chance()", "'chance' is not a measure. The measures are probability, raw_probability,"),
        ("'a' + 'b'", "gives a text, where a number belongs."),
        ("True + 1", "'True' gives true or false, where a number belongs."),
        ("kept() and True", "'kept()' gives a number, where true or false belongs."),
        ("kept() == 'a'", "so they cannot be compared."),
        ("'a' < 'b'", "< compares numbers, and \"'a'\" is none."),
        ("kept() in 3", "'kept() in 3' may not stand in an expression."),
        ("kept() is 3", "'kept() is 3' may not stand in an expression."),
        ("2 ** 3", "'2 ** 3' may not stand in an expression. Use numbers, texts in quotes, True, False"),
        ("2 // 3", "may not stand in an expression"),
        ("+3", "may not stand in an expression"),
        ("1 if True else 2", "may not stand in an expression"),
        ("None", "None may not stand in an expression"),
        ("b'a'", "may not stand in an expression"),
        ("1j", "may not stand in an expression"),
        ("...", "may not stand in an expression"),
        ("f'{kept()}'", "may not stand in an expression"),
        ("[1]", "may not stand in an expression"),
        ("{1: 2}", "may not stand in an expression"),
        ("(1, 2)", "may not stand in an expression"),
        ("1), (2", "may not stand in an expression"),
        ("lambda: 1", "may not stand in an expression"),
        ("(x := 1)", "may not stand in an expression"),
        ("[x for x in text()]", "may not stand in an expression"),
        ("text().upper()", "may not stand in an expression"),
        ("text()[0]", "may not stand in an expression"),
        ("kept.__class__", "may not stand in an expression"),
        ("__import__('os')", "'__import__' is not a measure."),
        ("await kept()", "may not stand in an expression"),
        ("1e999", "holds the number inf."),
        ("1" * 400, "holds the number"),
        ("'\\ud800'", "half of a surrogate pair"),
        ("'" + "a" * 201 + "'", "A text in an expression has 201 characters. Give at most 200."),
        ("1+" * 300 + "1", "An expression has 601 characters. Write at most 500."),
        ("1+" * 60 + "1", f"An expression is nested more than {MOST_DEPTH} deep."),
        ("-" * 490 + "1", f"An expression is nested more than {MOST_DEPTH} deep."),
        ("(" * 249 + ")" * 249, "is not an expression"),
        ("lambda: " + "-" * 480 + "1", "may not stand in an expression"),
        (" and ".join(["1<2"] * 35), f"An expression has more than {MOST_NODES} parts."),
        ("a\0b", "is not an expression"),
        ("before(kept())", "before() has a meaning in a reveal only"),
        ("setting()", 'setting() takes one value, and 0 are given. Write setting("temperature").'),
        ("setting(text())", 'setting() takes a name in quotes. Write setting("temperature").'),
        ("setting('heat')", "'heat' is not a setting."),
        ("setting('stop_strings')", "setting('stop_strings') is not a single number or text"),
    ],
)
def test_what_is_no_expression_is_a_sentence(source, sentence):
    assert sentence in refusal(source)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("before()", "before() takes one value, and 0 are given."),
        ("before(before(kept()))", "before() stands within another before()."),
    ],
)
def test_before_takes_one_expression_without_another_before(source, sentence):
    assert sentence in refusal(source, REVEAL)


def test_measures_of_a_view_have_no_meaning_in_another_view():
    other = Scope("inside/why")
    for measure in MEASURES:
        if measure.view is not None:
            assert f"is a measure of the view {measure.view}" in refusal(measure.written, other)
            assert read(measure.written, Scope(measure.view)).kind == measure.gives
    assert read('pieces("a") + setting("top_k")', other).kind == "number"


def test_every_setting_that_can_be_read_has_a_kind():
    assert {"temperature", "top_k", "strategy", "seed", "early_stopping"} <= SETTING_KINDS.keys()
    assert not {"stop_strings", "logit_bias", "regex", "order"} & SETTING_KINDS.keys()


texts = st.text(st.characters(codec="utf-8"), max_size=5)
leaves = st.one_of(
    st.integers(0, 1000),
    st.floats(0.001, 1e6),
    st.sampled_from([Call(name, ()) for name in ("kept", "entropy", "tokens")]),
    texts.map(lambda text: Call("probability", (text,))),
)
numbers = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda op, a, b: Operation(op, (a, b)), st.sampled_from("+-*/"), inner, inner),
        inner.map(lambda one: Operation("neg", (one,))),
    ),
    max_leaves=6,
)
comparisons = st.builds(
    lambda op, a, b: Operation(op, (a, b)), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers, numbers
)
truths = st.recursive(
    comparisons | st.booleans(),
    lambda inner: st.one_of(
        st.builds(
            lambda op, of: Operation(op, tuple(of)),
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        inner.map(lambda one: Operation("not", (one,))),
    ),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(numbers | truths)
def test_what_is_written_is_read_as_the_same_tree(made):
    assume(len(written(made)) <= MOST_CHARACTERS)
    assert read(written(made), DECODE).tree == made


@settings(max_examples=200, deadline=None)
@given(numbers | truths)
def test_a_tree_has_the_value_that_python_gives_what_is_written(made):
    table = {
        "kept": lambda: 7,
        "entropy": lambda: 1.5,
        "tokens": lambda: 40,
        "probability": lambda token: len(token) / 5,
    }
    try:
        value = evaluate(made, lambda call: table[call.name](*call.of))
    except PlaygroundError:
        with pytest.raises(ZeroDivisionError):  # the numbers are too near to 1 for an infinite value
            eval(written(made), {"__builtins__": {}}, table)
        return
    assert value == eval(written(made), {"__builtins__": {}}, table)


PIECES = [
    *BY_NAME,
    "before",
    "(",
    ")",
    "'a'",
    '"',
    "'",
    "1",
    "0.5",
    " ",
    "<",
    "==",
    "+",
    "-",
    "not ",
    " and ",
    ",",
    "\\",
]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_no_input_makes_anything_but_a_tree_or_a_sentence(source):
    try:
        found = read(source, REVEAL)
    except PlaygroundError:
        return
    assert found.kind in ("number", "text", "truth")
    json.dumps(plain(found.tree), allow_nan=False)


def test_nothing_in_an_expression_runs(monkeypatch):
    def told(*_):
        raise AssertionError("Python evaluated an expression")

    monkeypatch.setattr("builtins.eval", told)
    monkeypatch.setattr("builtins.exec", told)
    for source in ("__import__('os').system('x')", "().__class__.__bases__", "exec('1')", "kept() > 1"):
        try:
            read(source, DECODE)
        except PlaygroundError:
            continue
        assert source == "kept() > 1"


def test_whole_numbers_that_javascript_cannot_count_to_become_floats():
    big = tree("1000000000000000 * 1000000000000000 * 3")
    assert evaluate(big, lambda call: 0) == pytest.approx(3e30)
    with pytest.raises(PlaygroundError, match="is not a finite number"):
        evaluate(Operation("*", (1e300, 1e300)), lambda call: 0)
    with pytest.raises(PlaygroundError, match=r"1 / kept\(\) divides by zero"):
        evaluate(tree("1 / kept()"), lambda call: 0)
