"""Tests the checker: what holds passes, and what does not is told with its line and the values of both sides."""

import asyncio

import pytest

from playground.errors import PlaygroundError
from playground.lessons import __main__ as command
from playground.lessons.checking import check
from playground.lessons.lesson import LEVELS, Lesson
from playground.lessons.reading import read_lesson
from playground.lessons.texts import Texts
from tests.lesson_texts import HEAD, SMALL, write

STATE = """```state
prompt: the tin on
max_new_tokens: 6
seed: 4
```
"""
PREDICT = "```predict\nquestion: ?\nchoices: [Yes, No]\n```\n"


def reveal(*lines: str, says: str = "So.") -> str:
    """Returns a question and its reveal with these lines. The reveal begins four lines below the question."""
    return PREDICT + "\n".join(["```reveal", "answer: Yes", *lines, f"says: {says}", "```\n"])


@pytest.fixture
def checked(engine, tmp_path):
    """Returns what the checker tells of a lesson with one page, whose body begins in line 14, on the tiny model."""

    def faults(body: str) -> list[str]:
        lesson = read_lesson(write(tmp_path, f"{HEAD}\n## One\n{STATE}{body}"), "a.md")
        return [str(fault) for fault in on(engine, lesson)]

    return faults


def on(engine, lesson: Lesson):
    texts = Texts(engine.model, engine)

    async def opened(name):
        if name is not None:
            raise PlaygroundError(f"There is no model {name}.")
        return texts

    return asyncio.run(check(lesson, opened))


@pytest.mark.parametrize(
    "body",
    [
        "Text without claims.",
        "```note\nA.\n```\n```claim\ntokens() == 6\nkept() == 300\nraw_entropy() - entropy() < 0.001\n```\n",
        "It is {chosen()}, {probability(' the')} and {entropy() - 1}.",
        "```note\nA.\n```\n```claim\nnot kept() < 5\n1 < 2 < kept()\ntext() != chosen()\n```\n",
        reveal("set: {top_k: 5}", "because: kept() == 5 and before(kept()) == 300"),
        reveal("set: {step: 2}", "because: chosen() != before(chosen())"),
        reveal("set: {max_new_tokens: 3}", "because: tokens() == 3", says="{before(tokens())} before"),
        "```predict\nquestion: ?\nbar: ' the'\n```\n```reveal\nvalue: probability(' the')\nsays: So.\n```\n",
        "```try\ntask: Do.\ncheck: kept() < 10\nonly: [top_k]\nsolved: {top_k: 5}\n```\n",
        "```try\ntask: Do.\ncheck: tokens() == 2\nsolved: {max_new_tokens: 2}\n```\n",
    ],
)
def test_what_holds_passes(checked, body):
    assert checked(body) == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (
            "```note\nA.\n```\n```claim\nkept() < 5\ntokens() > 3\ntokens() == 7\n```\n",
            [
                "a.md:18: kept() < 5 does not hold: kept() is 300, not < 5.",
                "a.md:20: tokens() == 7 does not hold: tokens() is 6, not == 7.",
            ],
        ),
        (
            "```note\nA.\n```\n```claim\ntokens() == 6 and kept() < 5\nkept() < 5 or tokens() < 5\nnot tokens() > 3\n"
            "kept() < tokens()\nFalse\nsetting('early_stopping')\n```\n",
            [
                "a.md:18: tokens() == 6 and kept() < 5 does not hold: kept() is 300, not < 5.",
                "a.md:19: kept() < 5 or tokens() < 5 does not hold: "
                "kept() is 300, not < 5, and tokens() is 6, not < 5.",
                "a.md:20: not tokens() > 3 does not hold: tokens() > 3 is true.",
                "a.md:21: kept() < tokens() does not hold: kept() is 300, not < tokens(), which is 6.",
                "a.md:22: False does not hold: False is false.",
                'a.md:23: setting("early_stopping") does not hold: setting("early_stopping") is false.',
            ],
        ),
        (
            reveal("set: {top_k: 5}", "because: kept() > before(kept())"),
            ["a.md:21: kept() > before(kept()) does not hold: kept() is 5, not > before(kept()), which is 300."],
        ),
        (
            reveal("set: {step: 9}"),
            ["a.md:18: step is 9, and the text has 6 tokens."],
        ),
        (
            "It is {probability('tin')}.\n\n{1 / (kept() - 300)} is {kept()}.",
            [
                "a.md:14: probability(\"tin\") has no value. 'tin' is not a token of tiny. It is written as 't', 'in'.",
                "a.md:16: 1 / (kept() - 300) has no value. 1 / (kept() - 300) divides by zero.",
            ],
        ),
        (
            "```predict\nquestion: ?\nbar: ' then'\n```\n```reveal\nvalue: probability(' the')\nsays: So.\n```\n",
            [
                "a.md:14: probability(\" then\") has no value. ' then' is not a token of tiny. It is "
                "written as ' the', 'n'."
            ],
        ),
        (
            "```try\ntask: Do.\ncheck: kept() > 10\nsolved: {top_k: 50}\n```\n",
            ["a.md:16: kept() > 10 holds before the learner does anything. Write a task that does not."],
        ),
        (
            "```try\ntask: Do.\ncheck: kept() < 10\nsolved: {top_k: 50}\n```\n",
            ["a.md:16: kept() < 10 does not hold with solved: kept() is 50, not < 10."],
        ),
        (
            reveal("set: {top_k: 5}") + "```try\ntask: Do.\ncheck: kept() < 10\nsolved: {top_k: 6}\n```\n",
            ["a.md:25: kept() < 10 holds with what the reveal sets. Put the task on a page of its own."],
        ),
    ],
)
def test_what_does_not_hold_is_told_with_both_sides(checked, body, faults):
    assert checked(body) == faults


def test_close_numbers_are_told_apart(checked):
    (told,) = checked("```note\nA.\n```\n```claim\nentropy() * 1.0000001 == entropy()\n```\n")
    found, other = told.split(" is ")[1].split(", ")[0], told.rsplit(" ", 1)[1].rstrip(".")
    assert found != other


def test_a_text_that_cannot_be_written_is_told_at_its_state(engine, tmp_path):
    state = STATE.replace("the tin on", "the tin " * 100)
    lesson = read_lesson(write(tmp_path, f"{HEAD}\n## One\nA.\n{state}"), "a.md")
    (told,) = on(engine, lesson)
    assert str(told).startswith("a.md:10: The prompt has")


def test_a_page_without_a_state_is_checked_in_the_state_before_it(engine, tmp_path):
    text = f"{HEAD}\n## One\nA.\n{STATE}## Two\nB.\n```claim\ntokens() == 7\n```\n"
    (told,) = on(engine, read_lesson(write(tmp_path, text), "a.md"))
    assert str(told) == "a.md:18: tokens() == 7 does not hold: tokens() is 6, not == 7."


def test_a_page_of_another_view_needs_no_text_and_without_values_no_model(engine, tmp_path):
    view = "```state\nview: inside/layers\nmodel: elsewhere\n```\n"
    bare = read_lesson(write(tmp_path, f"{HEAD}\n## One\nA.\n{view}"))
    assert on(engine, bare) == []
    counting = f"{HEAD}\n## One\nIt has {{pieces('the')}} pieces.\n{view.replace('model: elsewhere', 'step: 900')}"
    assert on(engine, read_lesson(write(tmp_path, counting))) == []
    named = f"{HEAD}\n## One\nIt has {{pieces('the')}} pieces.\n{view}"
    (told,) = on(engine, read_lesson(write(tmp_path, named), "a.md"))
    assert str(told) == "a.md:10: There is no model elsewhere."


@pytest.mark.model
def test_the_command_tells_what_holds_and_what_does_not(tmp_path, capsys):
    write(tmp_path, SMALL)
    assert command.main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "06-warmth.md: ok, 7 checked\n"
    path = write(tmp_path, SMALL.replace("entropy() > 1 ", 'probability(" stars") > 0.7 '))
    line = next(number for number, text in enumerate(path.read_text().split("\n"), 1) if "> 0.7" in text)
    assert command.main(["check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert told.startswith(f'{path}:{line}: probability(" stars") > 0.7 does not hold: probability(" stars") is 0.')
    assert told.endswith(", not > 0.7.\n")


def test_the_command_tells_faults_and_an_empty_folder(tmp_path, capsys, monkeypatch):
    assert command.main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"There are no lessons in {tmp_path}.\n"
    monkeypatch.setattr(command, "SHIPPED", tmp_path / "none")
    assert command.main(["check"]) == 0
    assert "There are no lessons in" in capsys.readouterr().out
    path = write(tmp_path, SMALL.replace("level: beginner", "level: easy"))
    assert command.main(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"{path}:3: level is 'easy'. Choose one of {', '.join(LEVELS)}.\n"


def test_a_model_that_is_not_there_is_told(tmp_path, capsys):
    path = write(tmp_path, SMALL.replace("SmolLM2-135M-Instruct", "elsewhere"))
    assert command.main(["check", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith(f"{path}:")
    assert told.endswith("The lesson needs the model elsewhere. Name its folder or its id with --model.")


def test_a_lesson_may_name_a_built_in_model(tmp_path, capsys):
    claims = "```claim\nmost_likely() == chosen()\ntokens() > 2\n```\n"
    state = "```state\nprompt: le chat dort\nstrategy: greedy\n```\n"
    write(
        tmp_path,
        HEAD.replace("about:", "model: french-english\nabout:") + f"\n## One\nIt is {{text()}}.\n{state}{claims}",
    )
    assert command.main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("06-warmth.md: ok, 3 checked\n")
