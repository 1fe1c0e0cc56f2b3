"""Tests which settings the sidebar holds: those of its controls, and the further ones of the chain."""

import gradio as gr
import pytest

from playground.decoding.settings import PRESETS, Settings
from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.web.panels import sidebar
from tests.javascript import node

FURTHER = {"order": "llama.cpp", "presence_penalty": 0.5, "bad_words": ["a", " b"]}


@pytest.fixture(scope="module")
def built():
    with gr.Blocks(analytics_enabled=False):
        return sidebar.build(["none"], Limits(), None, "the", {})


def values(built, **further) -> dict:
    held = built.holding(Settings(temperature=0.7, max_new_tokens=9, seed=3))
    return held | {built.further: further}


def test_the_settings_are_those_of_the_controls_and_the_further_ones(built):
    settings = built.settings(values(built, **FURTHER))
    assert (settings.temperature, settings.max_new_tokens, settings.seed) == (0.7, 9, 3)
    assert (settings.order, settings.presence_penalty, settings.bad_words) == ("llama.cpp", 0.5, ("a", " b"))
    assert built.further_of(settings) == FURTHER
    assert built.settings(built.holding(settings)) == settings


def test_settings_at_their_start_are_not_held(built):
    assert built.further_of(Settings(temperature=0.3, top_k=7, num_beams=3)) == {}


@pytest.mark.parametrize("name", PRESETS)
def test_python_and_the_page_agree_on_what_of_a_preset_the_sidebar_has_no_control_for(built, name):
    preset = PRESETS[name]
    [further] = node.call("common/further_settings.js", "furtherOf", [preset.to_dict()])
    assert further == built.further_of(preset)
    held = built.holding(preset)
    assert built.settings(held) == preset


def test_the_sidebar_holds_the_handful_that_a_beginner_needs(built):
    assert list(built.controls) == ["strategy", "temperature", "top_k", "top_p", "max_new_tokens", "seed"]


def test_a_control_comes_before_a_further_setting_of_its_name(built):
    assert built.settings(values(built, temperature=2)).temperature == 0.7


@pytest.mark.parametrize(
    ("further", "sentence"),
    [
        ({"orders": "llama.cpp"}, "'orders' is not a setting"),
        ({"order": "lama"}, "order is 'lama'"),
        ({"presence_penalty": "much"}, "presence_penalty must be a number"),
    ],
)
def test_a_further_setting_is_checked_like_any_other(built, further, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        built.settings(values(built, **further))


@pytest.mark.parametrize("further", [None, "order", ["order"], 3])
def test_further_settings_that_are_no_object_are_refused(built, further):
    with pytest.raises(PlaygroundError, match="The further settings must be an object"):
        built.settings(values(built) | {built.further: further})
