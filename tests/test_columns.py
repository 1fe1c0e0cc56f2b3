"""Tests that columns have the prompts of `build`, that label words have spellings, and that wrong tasks are refused."""

import json

import pytest

from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.prompts.columns import Columns, parse_task, task_json
from playground.prompts.label_words import label_words
from playground.prompts.labels import Query, Scorer, encode_labels
from playground.prompts.tasks import TASKS

TASK = {
    "name": "t",
    "instruction": "in",
    "input_cue": "",
    "cue": ":",
    "stop": "",
    "input": "the",
    "labels": ["On", "A"],
    "examples": [{"input": "tin", "answer": "On"}, {"input": "on " * 12, "answer": "A"}, {"input": "a", "answer": "A"}],
}


def ask(**changes) -> dict:
    return {"task": TASK, "form": "plain", "answer_tokens": 8, "columns": [{"shots": 0}, {"shots": 3}], **changes}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_survives_its_json(task):
    assert parse_task(json.loads(json.dumps(task_json(task)))) == task


def test_columns_show_text_ids_and_parts(llama):
    shown = Columns(llama, Limits()).show(ask())
    zero, few = shown["columns"]
    assert zero["text"] == "in the\n:"
    assert few["text"].startswith("in tin\n: On\n\nin on")
    for column in (zero, few):
        assert column["ids"] == list(llama.tokenizer.encode(column["text"]))
        assert sum(part["tokens"] for part in column["parts"]) == len(column["ids"])
        assert json.dumps(column)
    assert zero["content_free"] == "in N/A\n:"
    assert (shown["window"], shown["budget"]) == (96, 88)
    assert zero["turns"] == few["turns"] == []


def test_what_does_not_fit_is_told_in_its_own_column(llama):
    shown = Columns(llama, Limits(prompt_tokens=30)).show(ask(columns=[{"shots": 3}, {"free": "x" * 40}]))
    assert (shown["columns"][0]["shots"], shown["columns"][0]["left_out"]) == ([0, 2], [1])
    assert "This prompt has 40 tokens, and only 30 fit" in shown["columns"][1]["error"]


def test_a_chat_form_without_a_template_is_told_in_its_column(llama):
    [column] = Columns(llama, Limits()).show(ask(form="turns", columns=[{"shots": 0}]))["columns"]
    assert "has no chat template" in column["error"]


@pytest.mark.model
@pytest.mark.parametrize("form", ["turn", "turns"])
def test_a_chat_tells_its_turns_so_that_another_model_can_read_them(default_model, form):
    asked = ask(form=form, columns=[{"shots": 0}, {"shots": 2}, {"free": "a tin"}])
    columns = Columns(default_model, Limits()).show(asked)["columns"]
    for column, turns in zip(columns, [1, 1 if form == "turn" else 5, 1], strict=True):
        assert [turn["role"] for turn in column["turns"]] == ["user", "assistant", "user", "assistant", "user"][:turns]
        assert column["text"] == default_model.tokenizer.conversation(column["turns"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"task": None}, "This is not a task"),
        ({"task": TASK | {"cue": 5}}, "The task's cue must be a text, but is 5"),
        ({"task": TASK | {"examples": "x"}}, "list of examples must be a list, but is 'x'"),
        ({"task": TASK | {"examples": [{"input": "a"}]}}, "Example 1 should have an input and an answer"),
        ({"task": TASK | {"examples": TASK["examples"] * 100}}, "list of examples has 300 values. Give at most 200"),
        ({"task": TASK | {"labels": "x"}}, "list of labels must be a list, but is 'x'"),
        ({"task": TASK | {"input": "x" * 50_001}}, "The task's input has 50,001 characters"),
        ({"columns": []}, "There are 0 columns. Use 1 to 4"),
        ({"columns": [{"shots": 0}] * 5}, "There are 5 columns"),
    ],
)
def test_bad_tasks_are_a_sentence(llama, changes, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        Columns(llama, Limits()).show(ask(**changes))


async def test_label_words_by_spelling(engine):
    scorer = Scorer(engine)
    prompt = {"text": "the tin:", "templated": False, "content_free": "N/A:"}
    [answer] = await label_words(
        scorer, {"labels": ["On", "A"], "spellings": ["bare", "space lower"], "prompts": [prompt]}
    )
    ids = engine.model.tokenizer.encode("the tin:")
    for spelling, words in (("bare", ["On", "A"]), ("space lower", [" on", " a"])):
        [expected] = await scorer.probabilities([Query(ids, encode_labels(engine.model, words))])
        found = answer[spelling]
        assert [label["label"] for label in found["labels"]] == words
        assert [label["probability"] for label in found["labels"]] == pytest.approx(expected, abs=1e-6)
        assert found["share"] == pytest.approx(sum(expected), abs=1e-6)
        assert sum(found["prefers"]) == pytest.approx(1)
        assert sum(found["calibrated"]) == pytest.approx(1)


async def test_a_spelling_that_makes_two_labels_one_says_so(engine):
    prompt = {"text": "the", "templated": False, "content_free": None}
    [answer] = await label_words(
        Scorer(engine), {"labels": ["On", "ON"], "spellings": ["bare", "lower"], "prompts": [prompt]}
    )
    assert "are the same" in answer["lower"]["error"]
    assert answer["bare"]["calibrated"] is None


async def test_a_label_that_would_be_tokenised_otherwise_is_marked(engine):
    """A label is marked because "t" and "he" are two tokens apart, and " the" is one token."""
    prompt = {"text": "a t", "templated": False, "content_free": None}
    [answer] = await label_words(Scorer(engine), {"labels": ["he", "x"], "spellings": ["bare"], "prompts": [prompt]})
    assert [label["differs"] for label in answer["bare"]["labels"]] == [True, False]
