"""Tests that a link restores what it was made from, and that a broken link is refused with one sentence."""

from dataclasses import asdict
from urllib.parse import quote

import pytest

from playground.conversation import Message
from playground.decoding.settings import Settings
from playground.decoding.stages import STAGES
from playground.errors import PlaygroundError
from playground.traces.link import MOST_CHARACTERS, Link, parse
from tests.javascript import node

EARLIER, FIELDS = '[{"role": "system", "content": "S&"}]', '{"enable_thinking": "false"}'


@pytest.mark.parametrize(
    ("fragment", "link"),
    [
        ("#v=1&model=tiny&prompt=the", Link("tiny", "the", False, Settings())),
        ("v=1&model=tiny&prompt=", Link("tiny", "", False, Settings())),
        ("#v=1&model=tiny&prompt=a&forced=5,0,7", Link("tiny", "a", False, Settings(), 0, (5, 0, 7))),
        (
            "#v=1&model=a%2Fb&prompt=one+two%0A%F0%9F%A6%9C%26&chat=1&step=4&strategy=greedy&seed=7&max_new_tokens=9",
            Link("a/b", "one two\n🦜&", True, Settings(strategy="greedy", seed=7, max_new_tokens=9), 3),
        ),
        (
            "#v=1&model=m&prompt=x&strategy=beam&num_beams=4&length_penalty=0.5&forced=7,8",
            Link("m", "x", False, Settings(strategy="beam", num_beams=4, length_penalty=0.5), 0, (7, 8)),
        ),
        (
            f"#v=1&model=m&prompt=x&chat=1&earlier={quote(EARLIER)}&fields={quote(FIELDS)}",
            Link("m", "x", True, Settings(), 0, (), (Message("system", "S&"),), {"enable_thinking": "false"}),
        ),
        (
            "#v=1&model=m&prompt=x&source_language=fra_Latn&target_language=eng_Latn",
            Link("m", "x", False, Settings(), languages={"source": "fra_Latn", "target": "eng_Latn"}),
        ),
        (
            "#v=1&model=m&prompt=x&temperature=0.7&top_k=40&top_p=1e-1",
            Link("m", "x", False, Settings(temperature=0.7, top_k=40, top_p=0.1)),
        ),
    ],
)
def test_what_a_link_says_is_read(fragment, link):
    assert parse(fragment) == link


GOOD = "v=1&model=m&prompt=x"


@pytest.mark.parametrize(
    ("fragment", "sentence"),
    [
        ("#", "version is None"),
        ("#nonsense", "cannot be read"),
        ("#v=1&model=m&prompt=%FF", "cannot be read"),
        (f"#v=2&{GOOD[4:]}", "version is '2'"),
        ("#a=b", "version is None"),
        ("#v=1&prompt=x", "no model"),
        ("#v=1&model=m", "no prompt"),
        (f"#{GOOD}&seed=1&seed=2", "twice"),
        (f"#{GOOD}&step=0", "step is 0"),
        (f"#{GOOD}&step=1.5", "step is 1.5"),
        (f"#{GOOD}&step=9999999999", "step is 9999999999"),
        (f"#{GOOD}&step=x", "step is 'x' and not a number"),
        (f"#{GOOD}&chat=yes", "chat is 'yes'"),
        (f"#{GOOD}&forced=1,x", "forced is '1,x' and not a list"),
        (f"#{GOOD}&forced=-1", "forced is '-1'"),
        (f"#{GOOD}&chat=2", "chat is 2"),
        (f"#{GOOD}&earlier=%5B", "earlier or fields is not JSON"),
        (f"#{GOOD}&earlier=%5B3%5D", "Message 1 must be an object .* Nothing on the page was changed"),
        (f"#{GOOD}&fields=%5B%5D", "The fields must be an object .* Nothing on the page was changed"),
        (f"#{GOOD}&temperature=0", "temperature is 0"),
        (f"#{GOOD}&temperature=NaN", "temperature must be a number"),
        (f"#{GOOD}&temperature=hot", "temperature is 'hot'"),
        (f"#{GOOD}&temperature={'[' * 5000}", "temperature is"),
        (f"#{GOOD}&seed=-1", "seed is -1"),
        (f"#{GOOD}&strategy=luck", "strategy is 'luck'"),
        (f"#{GOOD}&warmth=1", "'warmth' is not a setting"),
        (f"#{GOOD}&early_stopping=true", "early_stopping"),
        (f"#{GOOD}&{quote('<script>')}=1", "is not a setting"),
        (GOOD + "x" * MOST_CHARACTERS, "longer than"),
        (None, "longer than"),
    ],
)
def test_nonsense_is_one_sentence(fragment, sentence):
    with pytest.raises(PlaygroundError, match=sentence) as refusal:
        parse(fragment)
    assert str(refusal.value).endswith("Nothing on the page was changed.")


def test_the_link_of_an_example_holds_its_prompt_settings_and_step():
    examples = [stage.example for stage in STAGES if stage.example]
    calls = [[asdict(example), "tiny", 512] for example in examples]
    for example, fragment in zip(examples, node.call("decode/link.js", "fragmentOfExample", *calls), strict=True):
        assert parse(fragment) == Link(
            "tiny", example.prompt, False, Settings.from_dict(example.settings), example.step
        ), fragment
    (fragment,) = node.call("decode/link.js", "fragmentOfExample", [asdict(examples[0]), "tiny", 7])
    assert parse(fragment).settings.max_new_tokens == 7  # no more than this server writes
