"""Tests that a link to Compare models is read and followed, and that a broken one is refused and changes nothing."""

from types import SimpleNamespace

import pytest

from playground.conversation import Message
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.sharing.written import Written
from playground.web.panels.models_link import VERSION, ModelsLink, parse, read
from playground.web.panels.sidebar import Sidebar
from tests.shelf import shelf, tiny_language_models

TURNS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
WRITTEN = {"prompt": "the tin", "chat": True, "earlier": TURNS, "fields": {"enable_thinking": "false"}}
SETTINGS = {"strategy": "sample", "temperature": 0.7, "max_new_tokens": 9, "seed": 11, "stop_strings": ["\n\n"]}
CONTENT = {"version": VERSION, "models": ["first", "second"], "written": WRITTEN, "settings": SETTINGS}


class Filled(SimpleNamespace):
    """The sidebar, as far as a link fills it."""

    holding, further_of = Sidebar.holding, Sidebar.further_of


CONTROLS = {"strategy": "strategy", "temperature": "heat", "max_new_tokens": "length", "seed": "seed"}
SIDEBAR = Filled(prompt="prompt", chat="chat", conversation="conversation", controls=CONTROLS, further="further")


@pytest.fixture
def engines(tiny_models):
    made = shelf(tiny_language_models(tiny_models))
    yield made
    made.close()


def test_what_a_link_says_is_read():
    turns = tuple(Message(turn["role"], turn["content"]) for turn in TURNS)
    written = Written("the tin", True, turns, {"enable_thinking": "false"})
    settings = Settings(temperature=0.7, max_new_tokens=9, seed=11, stop_strings=("\n\n",))
    assert parse(CONTENT) == ModelsLink(("first", "second"), written, settings)


def test_the_sidebar_gets_the_prompt_and_the_settings():
    around = {"earlier": TURNS, "fields": {"enable_thinking": "false"}}
    assert parse(CONTENT).values(SIDEBAR) == {
        "prompt": "the tin",
        "chat": True,
        "conversation": around,
        "strategy": "sample",
        "heat": 0.7,
        "length": 9,
        "seed": 11,
        "further": {},
    }
    plain = parse(CONTENT | {"written": WRITTEN | {"chat": False}})
    assert "conversation" not in plain.values(SIDEBAR)
    other = parse(CONTENT | {"settings": SETTINGS | {"order": "llama.cpp", "top_k": 3}})
    assert other.values(SIDEBAR)["further"] == {"top_k": 3, "order": "llama.cpp"}  # all that has no control


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": 2}, "its version is 2, and this playground reads version 1"),
        ({"models": ["first"]}, "2 to 4 different models"),
        ({"models": ["first", "first"]}, "2 to 4 different models"),
        ({"models": list("abcde")}, "has 5 values"),
        ({"models": [1, 2]}, "must be a text"),
        ({"models": None}, "must be a list"),
        ({"written": None}, "The link's prompt"),
        ({"written": WRITTEN | {"prompt": 7}}, "must be a text"),
        ({"written": WRITTEN | {"prompt": "x" * 100_001}}, "100,001 characters"),
        ({"written": WRITTEN | {"chat": 1}}, "chat"),
        ({"written": WRITTEN | {"earlier": [{"role": "king", "content": ""}]}}, "king"),
        ({"written": WRITTEN | {"fields": {"a": 1}}}, "The field a"),
        ({"settings": None}, "settings must be an object"),
        ({"settings": SETTINGS | {"warmth": 1}}, "'warmth' is not a setting"),
        ({"settings": SETTINGS | {"strategy": "beam"}}, "strategy is 'beam'"),
    ],
)
def test_nonsense_is_one_sentence(changes, sentence):
    with pytest.raises(PlaygroundError, match=sentence) as refusal:
        parse(CONTENT | changes)
    assert str(refusal.value).startswith("This link cannot be followed")
    assert str(refusal.value).endswith("Nothing on the page was changed.")


@pytest.mark.parametrize("content", [None, "x", [], 5])
def test_what_is_no_link_cannot_be_read(content):
    with pytest.raises(PlaygroundError, match="cannot be read"):
        parse(content)


def test_a_model_that_is_not_offered_is_named_and_the_others_are_kept(engines):
    assert read(CONTENT, engines) == {"models": ["first", "second"], "missing": ""}
    found = read(CONTENT | {"models": ["second", "another/model", "first"]}, engines)
    assert found["models"] == ["second", "first"]
    assert found["missing"].startswith("The link also names 'another/model', which this server does not offer.")
