"""Tests that BertViz's page contains all it needs, sends no requests, and reads no token as markup."""

import json
import re

import numpy as np
import pytest

from playground.errors import PlaygroundError
from playground.places import CHECKOUT
from playground.web.messages import bertviz_page as bertviz_module
from playground.web.messages.bertviz_page import REQUIREMENTS, bertviz_page

HOSTILE = ["</script><script>alert(1)</script>", "<!--", "{{7*7}}", "${1}", "\\", '"', "\u2028", "a<b"]


def page(tokens, last=64, layer=3, head=None) -> str:
    weights = np.tril(np.full((2, len(tokens), len(tokens)), 0.123456, np.float32))
    return bertviz_page(weights, tokens, layer, head, last)


def params(html: str) -> dict:
    [found] = re.findall(r"const params = (\{.*\}); //", html)
    return json.loads(found)


def test_the_data_is_one_layer_to_four_decimals():
    told = params(page(["a", "b"], head=1))
    assert told["include_layers"] == [3]
    assert told["layer"] == 3
    assert told["heads"] == [1]
    [view] = told["attention"]
    assert view["attn"] == [[[[0.1235, 0.0], [0.1235, 0.1235]]] * 2]
    assert view["left_text"] == view["right_text"] == ["a", "b"]


def test_no_token_is_markup_and_each_is_told_as_it_is():
    html = page(HOSTILE)
    assert html.count("</script>") == 4  # d3, jQuery, the stand-in, the view
    assert "alert(1)</" not in html
    [line] = [line for line in html.splitlines() if "const params" in line]
    assert "<" not in line
    assert params(html)["attention"][0]["left_text"] == HOSTILE


def test_the_data_is_there_once():
    html = page(["unmistakable", "b"])
    assert html.count("unmistakable") == 2  # left and right


def test_nothing_is_loaded_from_elsewhere():
    html = page(["a"])
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", html)


def test_a_long_text_is_cut_at_its_beginning_and_says_so():
    html = page([str(number) for number in range(10)], last=4)
    assert "It shows the last 4 of 10 tokens" in html
    [view] = params(html)["attention"]
    assert view["left_text"] == ["6", "7", "8", "9"]
    assert np.shape(view["attn"]) == (1, 2, 4, 4)
    assert "It shows the last" not in page(["a", "b"])


@pytest.mark.parametrize("last", [0, -1, 129])
def test_a_cut_out_of_range_is_refused(last):
    with pytest.raises(PlaygroundError, match=f"last is {last}. BertViz's view shows 1 to 128 tokens"):
        page(["a"], last=last)


def test_a_missing_package_is_named_with_the_command_that_installs_it():
    with pytest.raises(
        PlaygroundError, match="needs the package none-such. Install it with 'pip install --no-deps bert"
    ):
        bertviz_module._file("none-such", "file.js")
    listed = (CHECKOUT / "requirements-javascript.txt").read_text("utf-8").splitlines()
    assert [line for line in listed if not line.startswith("#")] == REQUIREMENTS.split()
