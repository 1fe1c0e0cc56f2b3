"""Tests that a link to the Compare prompts tab is read, and that a broken one is refused and changes nothing."""

import json

import pytest

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.prompts.columns import parse_task, task_json
from playground.prompts.link import ALL_SHOTS, VERSION, PromptsLink, parse
from playground.prompts.tasks import TASKS

SETTINGS = {"strategy": "sample", "temperature": 0.7, "top_k": 40, "max_new_tokens": 9, "seed": 11}
STATE = {
    "version": VERSION,
    "model": "tiny",
    "task": task_json(TASKS[0]),
    "form": "turns",
    "columns": [{"shots": 0}, {"shots": 8}, {"shots": ALL_SHOTS}, {"free": "<b>${1}\n"}],
    "spelling": "space lower",
    "calibrates": True,
    "settings": SETTINGS,
}


def test_what_a_link_says_is_read():
    said = Settings(temperature=0.7, top_k=40, max_new_tokens=9, seed=11)
    expected = PromptsLink("tiny", TASKS[0], "turns", (0, 8, ALL_SHOTS, "<b>${1}\n"), "space lower", True, said)
    assert parse(json.loads(json.dumps(STATE))) == expected
    assert parse(STATE | {"spelling": None}).spelling is None
    languages = {"source": "deu_Latn", "target": ""}
    assert parse(STATE | {"languages": languages}).languages == languages
    assert parse(STATE).languages == {"source": "", "target": ""}, "a link of an earlier version has none"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": 1}, "its version is 1, and this playground reads version 2"),
        ({"version": None}, "its version is None"),
        ({"model": None}, "it has no model"),
        ({"form": "song"}, "form is 'song'"),
        ({"form": None}, "form is None"),
        ({"columns": []}, "1 to 4 columns"),
        ({"columns": [{"shots": 0}] * 5}, "1 to 4 columns"),
        ({"columns": "x"}, "1 to 4 columns"),
        ({"columns": [{"shots": 9}]}, "neither 0 to 8 shots nor a free prompt"),
        ({"columns": [{"shots": True}]}, "neither 0 to 8 shots"),
        ({"columns": [{"shots": -1}]}, "neither 0 to 8 shots"),
        ({"columns": [{"free": "x" * 50_001}]}, "neither 0 to 8 shots"),
        ({"columns": [None]}, "a column is None"),
        ({"spelling": "shouted"}, "spelling is 'shouted'"),
        ({"spelling": ["space"]}, "spelling is"),
        ({"languages": {"source": 5}}, "a language is 5 and not a code"),
        ({"languages": 7}, "a language is 7"),
        ({"calibrates": 1}, "calibrates is 1 and not true or false"),
        ({"task": None}, "This is not a task"),
        ({"task": task_json(TASKS[0]) | {"cue": 5}}, "The task's cue must be a text"),
        ({"settings": None}, "settings must be an object"),
        ({"settings": SETTINGS | {"warmth": 1}}, "'warmth' is not a setting"),
        ({"settings": SETTINGS | {"temperature": 0}}, "temperature is 0"),
        ({"settings": SETTINGS | {"seed": None}}, "seed must be a whole number"),
        ({"settings": SETTINGS | {"strategy": "beam"}}, "strategy is 'beam'"),
    ],
)
def test_nonsense_is_one_sentence(changes, sentence):
    with pytest.raises(PlaygroundError, match=sentence) as refusal:
        parse(STATE | changes)
    assert str(refusal.value).endswith("Nothing on the page was changed.")


@pytest.mark.parametrize("state", [None, "x", [], 5])
def test_what_is_no_link_cannot_be_read(state):
    with pytest.raises(PlaygroundError, match="cannot be read"):
        parse(state)


def test_a_task_of_a_link_is_the_one_that_was_packed():
    for task in TASKS:
        assert parse(STATE | {"task": json.loads(json.dumps(task_json(task)))}).task == parse_task(task_json(task))
