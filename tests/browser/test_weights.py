"""The arithmetic of attention's pictures, by hand: heads together, the first token left out, scales, two texts aligned.

weights.js imports nothing, so that a browser runs it without a server.
"""

import math
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).parents[2] / "assets" / "attention" / "weights.js"
CALL = """async ([source, name, values]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);
  const plain = (value) => (isList(value) ? Array.from(value, plain) : value);
  return plain((await import(url))[name](...values));
}"""


@pytest.fixture(scope="module")
def call(chromium):
    """`call("name", *values)`: what weights.js answers, typed arrays as lists."""
    page = chromium.new_page()
    yield lambda name, *values: page.evaluate(CALL, [SOURCE.read_text(), name, list(values)])
    page.close()


@pytest.mark.parametrize(("how", "expected"), [("mean", [0.5, 0.25, 0.25]), ("max", [0.75, 0.5, 0.5])])
def test_heads_are_taken_together_key_by_key(call, how, expected):
    assert call("together", [[0.75, 0.0, 0.5], [0.25, 0.5, 0.0]], how) == expected


def test_without_the_first_token_the_rest_has_the_sum_of_all(call):
    first, *rest = call("withoutFirst", [0.6, 0.3, 0.1])
    assert math.isnan(first)
    assert rest == pytest.approx([0.75, 0.25])


def test_a_maximum_over_heads_keeps_its_sum_too(call):
    assert sum(call("withoutFirst", [0.9, 0.5, 0.1])[1:]) == pytest.approx(1.5)


@pytest.mark.parametrize("row", [[1], [1, 0, 0], [0, 0]])
def test_where_nothing_is_left_the_rest_is_nothing(call, row):
    first, *rest = call("withoutFirst", row)
    assert math.isnan(first)
    assert rest == [0] * (len(row) - 1)


@pytest.mark.parametrize(("row", "bits"), [([1, 0], 0), ([0.5, 0.5], 1), ([0.25] * 4, 2)])
def test_entropy_is_in_bits(call, row, bits):
    assert call("entropyBits", row) == bits


@pytest.mark.parametrize(
    ("weight", "is_log", "expected"),
    [
        (0, False, 0),
        (0.1, False, 0.25),
        (0.4, False, 1),
        (0, True, 0),
        (0.4e-5, True, 0),
        (0.4e-4, True, 0),
        (0.004, True, 0.5),
        (0.4, True, 1),
    ],
)
def test_a_weight_has_its_place_on_the_scale(call, weight, is_log, expected):
    assert call("place", weight, 0.4, is_log) == pytest.approx(expected)


def test_a_scale_without_a_top_has_everything_at_its_start(call):
    assert call("place", 0, 0, False) == call("place", 0, 0, True) == 0


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ([1, 2, 3], [1, 2, 3], [[0, 0], [1, 1], [2, 2]]),
        ([1, 2, 3], [1, 9, 3], [[0, 0], [1, 1], [2, 2]]),  # one word for one
        ([1, 2, 3], [1, 8, 9, 3], [[0, 0], [2, 3]]),  # one for two: those have no partner
        ([1, 1], [1, 1, 1], [[0, 0], [1, 1]]),
        ([1], [2], [[0, 0]]),
        ([1, 2], [3], []),
    ],
)
def test_texts_are_aligned_from_both_ends(call, a, b, pairs):
    assert call("align", a, b) == pairs


def test_a_difference_is_the_second_less_the_first_where_they_align(call):
    a = [[1], [0.5, 0.5], [0.25, 0.25, 0.5]]
    b = [[1], [0.75, 0.25], [0, 0, 1], [0, 0, 0.5, 0.5]]
    assert call("difference", a, b, [[0, 0], [2, 3]]) == [[0], [-0.25, 0]]
