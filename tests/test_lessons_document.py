"""Tests that the lesson in `docs/write-a-lesson.md` is one, and that the document says what the reader does."""

import re
from pathlib import Path

import pytest

from playground.lessons import __main__ as command
from playground.lessons.layout import BLOCKS
from playground.lessons.lesson import KEEPS_TEXT
from playground.lessons.measures import MEASURES
from playground.lessons.reading import FRONT, read_lesson
from playground.lessons.states import SETTINGS
from tests.lesson_texts import write

PAGE = (Path(__file__).parent.parent / "docs" / "write-a-lesson.md").read_text("utf-8")
LESSON = PAGE.split("````markdown\n")[1].split("````")[0]


def test_the_lesson_of_the_document_can_be_read_and_has_every_block(tmp_path):
    lesson = read_lesson(write(tmp_path, LESSON, "01-stars.md"))
    assert [page.title for page in lesson.pages] == ["One word", "Your turn"]
    assert {name for name in BLOCKS if f"```{name}\n" in LESSON} == set(BLOCKS)


@pytest.mark.model
def test_the_lesson_holds_and_the_failing_claim_is_told_as_the_document_says(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my-lessons").mkdir()
    write(Path("my-lessons"), LESSON, "01-stars.md")
    assert command.main(["check", "my-lessons"]) == 0
    capsys.readouterr()
    write(Path("my-lessons"), LESSON.replace("entropy() < 5\n", "entropy() < 3\n"), "01-stars.md")
    assert command.main(["check", "my-lessons"]) == 1
    assert capsys.readouterr().out in PAGE


def test_a_translation_that_has_drifted_is_told_as_the_document_says(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my-lessons").mkdir()
    write(Path("my-lessons"), LESSON, "01-stars.md")
    write(Path("my-lessons"), LESSON.replace("temperature: 0.8\n", "temperature: 0.7\n"), "01-stars.fr.md")
    assert command.main(["check", "my-lessons"]) == 1
    assert capsys.readouterr().out in PAGE


@pytest.mark.parametrize(
    "name", [*BLOCKS, *FRONT, "choices", "bar", "token", "set", "answer", "value", "because", "says"]
)
def test_every_name_is_explained(name):
    assert re.search(rf"`{name}[`:]", PAGE)


def test_every_measure_is_in_the_table():
    assert all(
        re.search(rf"^\| `{measure.name}\(.*{re.escape(measure.says)}", PAGE, re.MULTILINE) for measure in MEASURES
    )


def test_what_keeps_the_text_are_the_stages_their_order_and_the_step():
    writes = {"prompt", *SETTINGS} - KEEPS_TEXT
    assert writes == {
        "prompt",
        "strategy",
        "max_new_tokens",
        "stop_strings",
        "seed",
        "num_beams",
        "length_penalty",
        "early_stopping",
    }
