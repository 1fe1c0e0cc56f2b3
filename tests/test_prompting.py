"""Tests that prompts are as worked out by hand, contain what fits, and name what does not fit."""

from dataclasses import replace

import pytest

from playground.errors import PlaygroundError
from playground.prompts.prompting import Example, Part, Task, build, part_tokens
from playground.prompts.reviews import REVIEWS
from playground.prompts.tasks import TASKS

TASK = Task(
    "Test",
    "Classify this review:",
    "Sentiment:",
    (Example("Good!", "Positive"), Example("Bad.", "Negative"), Example("So so.", "Negative")),
    "Fine.",
    labels=("Positive", "Negative"),
)
ROOMY = {"budget": 10_000, "count": lambda text, _templated: len(text.split())}


def chat(turns):
    return "".join(f"<{turn['role']}>{turn['content']}</>" for turn in turns) + "<assistant>"


def test_zero_shot():
    assert build(TASK, "Fine.", 0, **ROOMY).text == "Classify this review: Fine.\nSentiment:"


def test_two_shots_repeat_the_instruction():
    prompt = build(TASK, "Fine.", 2, **ROOMY)
    assert prompt.text == (
        "Classify this review: Good!\nSentiment: Positive\n\n"
        "Classify this review: Bad.\nSentiment: Negative\n\n"
        "Classify this review: Fine.\nSentiment:"
    )
    assert prompt.shots == (0, 1)
    assert [(part.kind, part.example) for part in prompt.parts] == [
        ("example", 0),
        ("example", 1),
        ("instruction", -1),
        ("input", -1),
    ]


def test_the_instruction_once_and_an_input_cue():
    task = replace(TASK, repeats=False, input_cue="Review:")
    assert build(task, "Fine.", 1, **ROOMY).text == (
        "Classify this review:\n\nReview: Good!\nSentiment: Positive\n\nReview: Fine.\nSentiment:"
    )


def test_an_input_of_several_lines_begins_on_its_own():
    prompt = build(TASK, "One.\nTwo.", 0, **ROOMY)
    assert prompt.text == "Classify this review:\nOne.\nTwo.\nSentiment:"


def test_without_instruction_or_cue():
    task = replace(TASK, instruction="", cue="")
    assert build(task, "Fine.", 1, **ROOMY).text == "Good!\nPositive\n\nFine.\n"
    assert build(replace(task, repeats=False), "Fine.", 0, **ROOMY).text == "Fine.\n"


def test_more_shots_than_examples_gives_all():
    assert build(TASK, "Fine.", 99, **ROOMY).shots == (0, 1, 2)
    assert build(replace(TASK, examples=()), "Fine.", 3, **ROOMY).shots == ()


def test_one_chat_turn_holds_the_plain_prompt():
    plain = build(TASK, "Fine.", 1, **ROOMY).text
    prompt = build(TASK, "Fine.", 1, form="turn", chat=chat, **ROOMY)
    assert prompt.text == f"<user>{plain}</><assistant>"
    assert prompt.templated
    assert prompt.turns == [{"role": "user", "content": plain}]
    assert [part.kind for part in prompt.parts] == ["template", "example", "instruction", "input", "template"]


def test_alternating_turns():
    prompt = build(TASK, "Fine.", 1, form="turns", chat=chat, **ROOMY)
    assert prompt.text == (
        "<user>Classify this review: Good!\nSentiment:</><assistant>Positive</>"
        "<user>Classify this review: Fine.\nSentiment:</><assistant>"
    )
    assert prompt.text == chat(prompt.turns)
    once = build(replace(TASK, repeats=False), "Fine.", 1, form="turns", chat=chat, **ROOMY)
    assert once.text == (
        "<user>Classify this review: Good!\nSentiment:</><assistant>Positive</><user>Fine.\nSentiment:</><assistant>"
    )


def test_a_template_that_rewrites_is_one_part():
    prompt = build(TASK, "Fine.", 1, form="turns", chat=lambda turns: chat(turns).upper(), **ROOMY)
    assert [part.kind for part in prompt.parts] == ["template"]


def test_what_does_not_fit_is_left_out_and_named():
    long = Example("word " * 50, "Positive")
    task = replace(TASK, examples=(TASK.examples[0], long, TASK.examples[1]))
    prompt = build(task, "Fine.", 3, budget=30, count=ROOMY["count"])
    assert (prompt.shots, prompt.left_out) == ((0, 2), (1,))
    assert "word" not in prompt.text


def test_an_input_that_does_not_fit_is_refused():
    with pytest.raises(PlaygroundError, match="have 5 tokens, and only 4 fit beside the answer. Shorten"):
        build(TASK, "Fine.", 2, budget=4, count=ROOMY["count"])


def test_an_unknown_form_is_refused():
    with pytest.raises(PlaygroundError, match="form is 'verse'. Choose one of plain, turn, turns"):
        build(TASK, "Fine.", 0, form="verse", **ROOMY)


def test_the_tokens_of_the_parts_are_those_of_the_prompt():
    prompt = build(TASK, "Fine.", 3, **ROOMY)
    sizes = part_tokens(prompt, lambda text, _templated, places: [len(text[:place].split()) for place in places])
    assert sizes == [6, 6, 7, 3, 2]
    assert sum(sizes) == ROOMY["count"](prompt.text, False)
    assert "".join(part.text for part in prompt.parts) == prompt.text
    assert prompt.parts[0] == Part("example", "Classify this review: Good!\nSentiment: Positive\n\n", 0)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_bundled_task_has_eight_different_examples(task):
    assert len({example.input for example in task.examples}) == len(task.examples) >= 8
    assert task.input not in {example.input for example in task.examples}
    assert task.instruction
    assert task.cue
    for label in task.labels:
        assert [example.answer for example in task.examples].count(label) >= 4
    assert not any(task.stop in example.input or task.stop in example.answer for example in task.examples)


def test_the_bundled_reviews_are_balanced_and_not_the_examples():
    assert len({review.input for review in REVIEWS}) == 60
    assert [review.answer for review in REVIEWS].count("Positive") == 30
    assert {review.input for review in REVIEWS}.isdisjoint(example.input for example in TASKS[0].examples)
    assert {review.answer for review in REVIEWS} == set(TASKS[0].labels)
