"""Tests how a lesson's file is read: the parts of a page, and every fault with its line and its sentence."""

from pathlib import Path

import pytest

from playground.decoding.settings import Settings
from playground.lessons.faults import Fault, LessonError
from playground.lessons.reading import parsed_name, read_lesson
from tests.lesson_texts import HEAD, REVEAL, SMALL, STATE, write

SIX = "06-temperature.md"


def read(folder, text, name=SIX):
    return read_lesson(write(folder, text, name))


def faults(folder, text, name=SIX):
    """Returns (line, sentence) of each fault of a file."""
    with pytest.raises(LessonError) as refused:
        read(folder, text, name)
    return [(fault.line, fault.sentence) for fault in refused.value.faults]


@pytest.fixture
def small(tmp_path):
    return read(tmp_path, SMALL)


def test_the_front_matter_is_read(small):
    assert (small.number, small.name, small.language) == (6, "temperature", "")
    assert (small.title, small.level, small.minutes) == ("Temperature", "beginner", 5)
    assert small.about == "One sentence for the list."
    assert small.model == "SmolLM2-135M-Instruct"
    assert small.listed() == {
        "name": "temperature",
        "number": 6,
        "title": "Temperature",
        "about": "One sentence for the list.",
        "level": "beginner",
        "minutes": 5,
        "language": "en",
        "pages": 2,
        "own": False,
    }


def test_a_state_is_complete_and_has_the_defaults_of_a_link(small):
    first, second = small.told()["pages"]
    settings = Settings(temperature=0.8).to_dict()
    told = {"view": "decode", "face": "simple", "model": None, "prompt": "At night the sky is full of", "step": 1}
    assert first["state"] == told | {"settings": settings, "fields": {}}
    assert second["state"] is None
    assert small.states[0] is small.states[1]


def test_the_parts_of_a_page_come_in_their_order(small):
    first, second = small.told()["pages"]
    assert [part["kind"] for part in first["parts"]] == ["text", "predict", "reveal", "ask", "note"]
    assert [part["kind"] for part in second["parts"]] == ["text", "try"]
    assert (first["title"], second["title"]) == ("A page's title", "Your turn")


def test_values_stand_in_a_text_where_they_are_written_and_code_has_none(small):
    text = small.told()["pages"][0]["parts"][0]
    assert text["html"] == (
        "<p>Markdown. <code>{probability(&quot; stars&quot;)}</code> is shown, and the value is "
        '<output data-value="0"></output>, a { brace.</p>'
    )
    assert text["values"] == [{"call": "probability", "of": [" stars"]}]
    assert text["units"] == ["percent"]


def test_a_prediction_and_its_reveal_are_told(small):
    _, predict, reveal, *_ = small.told()["pages"][0]["parts"]
    assert predict["ask"] == "choice"
    assert predict["choices"] == ["It grows.", "It shrinks.", "It stays as it is."]
    assert predict["token"] is None
    assert predict["question"]["html"].startswith("<p>The temperature goes down to 0.3.")
    assert reveal["set"] == {"temperature": 0.3}
    assert reveal["writes"] is False
    assert (reveal["answer"], reveal["value"], reveal["unit"]) == ("It grows.", None, None)
    assert reveal["says"]["values"][1] == {"call": "before", "of": [{"call": "probability", "of": [" stars"]}]}
    assert "because" not in reveal


def test_a_task_is_told_without_its_solution(small):
    task = small.told()["pages"][1]["parts"][1]
    assert task["check"] == {"op": "<", "of": [{"call": "entropy", "of": []}, 1]}
    assert task["only"] == ["temperature"]
    assert task["hint"]["html"] == "<p>Lower is sharper.</p>"
    assert "solved" not in task
    assert small.pages[1].parts[1].solved == {"temperature": 0.3}


def test_claims_are_kept_with_their_lines_and_not_told(small):
    (claim,) = small.pages[0].claims
    assert SMALL.split("\n")[claim.line - 1].startswith("entropy() > 1")
    assert "claims" not in small.told()["pages"][0]


@pytest.mark.parametrize(
    ("written", "prompt"),
    [
        ("prompt: Question: is 2 > 1? # 5", "Question: is 2 > 1? # 5"),
        ("prompt: {curly} and [square]", "{curly} and [square]"),
        ('prompt: "ends with a space "', "ends with a space "),
        (r'prompt: "two\nlines"', "two\nlines"),
        ("prompt: 'it''s'", "it's"),
        ('prompt: "stars" or "moon"', '"stars" or "moon"'),
        ("prompt: one    # a comment", "one"),
        ("prompt: |\n  Review: good\n  Label:", "Review: good\nLabel:"),
        ("prompt: Review: good\n  Label: yes\n\n  Review: bad", "Review: good\nLabel: yes\n\nReview: bad"),
        ("prompt: & * ! % @ `", "& * ! % @ `"),
        ("prompt: Yes", "Yes"),
    ],
)
def test_a_sentence_is_the_text_as_it_stands(tmp_path, written, prompt):
    lesson = read(tmp_path, f"{HEAD}\n## One\nText.\n```state\n{written}\nstep: 2\n```\n")
    assert lesson.states[0].prompt == prompt
    assert lesson.states[0].step == 2


@pytest.mark.parametrize(
    "choices",
    [
        "choices: [Yes, No, 3]",
        "choices:\n- Yes\n- No\n- 3",
        "choices:\n  - Yes   # right\n  - 'No'\n  - \"3\"",
    ],
)
def test_choices_are_texts_also_where_yaml_has_other_values(tmp_path, choices):
    lesson = read(tmp_path, f"{HEAD}\n## One\n{STATE}```predict\nquestion: Which?\n{choices}\n```\n{REVEAL}")
    assert lesson.pages[0].parts[0].choices == ("Yes", "No", "3")


def test_a_choice_in_a_line_of_its_own_may_have_a_colon(tmp_path):
    predict = "```predict\nquestion: Which?\nchoices:\n- Yes\n- It grows: a lot, {always}\n```\n"
    lesson = read(tmp_path, f"{HEAD}\n## One\n{STATE}{predict}{REVEAL}")
    assert lesson.pages[0].parts[0].choices == ("Yes", "It grows: a lot, {always}")


@pytest.mark.parametrize(
    ("changes", "writes"),
    [
        ("temperature: 0.3", False),
        ("step: 3", False),
        ("top_k: 5, order: llama.cpp", False),
        ("repetition_penalty: 2", False),
        ("seed: 3", True),
        ("strategy: greedy", True),
        ("max_new_tokens: 7", True),
        ("prompt: Hello", True),
        ("stop_strings: [x], temperature: 2", True),
    ],
)
def test_a_reveal_says_whether_its_changes_write_the_text_again(tmp_path, changes, writes):
    reveal = REVEAL.replace("says:", f"set: {{{changes}}}\nsays:")
    lesson = read(tmp_path, f"{HEAD}\n## One\n{STATE}```predict\nquestion: ?\nchoices: [Yes, No]\n```\n{reveal}")
    assert lesson.pages[0].parts[1].told()["writes"] is writes


def test_another_view_opens_with_everything_and_needs_no_prompt(tmp_path):
    lesson = read(tmp_path, f"{HEAD}\n## One\nText of {{pieces('a b')}} tokens.\n```state\nview: inside/tokens\n```\n")
    assert (lesson.states[0].view, lesson.states[0].face) == ("inside/tokens", "everything")


def test_lines_may_end_as_on_windows_and_begin_with_a_mark(tmp_path, small):
    path = tmp_path / "07-windows.md"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert read_lesson(path).told()["pages"] == small.told()["pages"]


def test_a_heading_of_a_page_within_code_begins_no_page(tmp_path):
    lesson = read(tmp_path, f"{HEAD}\n## One ##\n{STATE}### Sub\n```text\n## no page\n```\nUnder\n---\n# Big\n")
    (page,) = lesson.pages
    assert page.title == "One"
    html = page.parts[0].prose.html
    assert [html.count(f"<h{level}>") for level in (1, 2, 3)] == [0, 0, 3]
    assert "## no page" in html


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("06-temperature.md", (6, "temperature", "")),
        ("06-top-k.fr.md", (6, "top-k", "fr")),
        ("6-temperature.md", None),
        ("06-Temperature.md", None),
        ("06-.md", None),
        ("06-a.fra.md", None),
        ("06-a/../b.md", None),
        ("06-a.md\n", None),
    ],
)
def test_the_name_of_a_file_is_its_number_and_name(name, parsed):
    assert parsed_name(name) == parsed


def test_all_faults_of_a_file_are_told_at_once_with_their_lines(tmp_path):
    text = SMALL.replace("level: beginner", "level: easy").replace("temperature: 0.8", "temperature: hot")
    text = text.replace("entropy() > 1 ", "entropie() > 1 ").replace("is shown", "is {kept(}")
    found = faults(tmp_path, text)
    lines = text.split("\n")
    assert [lines[line - 1].split(" ")[0] for line, _ in found] == ["level:", "Markdown.", "temperature:", "entropie()"]
    assert "level is 'easy'. Choose one of beginner, intermediate, advanced." in found[0][1]
    assert "'entropie' is not a measure." in found[-1][1]


def test_a_fault_names_file_and_line():
    assert str(Fault("lessons/06-a.md", 3, "It is wrong.")) == "lessons/06-a.md:3: It is wrong."
    refused = LessonError([Fault("b", 1, "B."), Fault("a", 10, "Z."), Fault("a", 9, "A.")])
    assert str(refused) == "a:9: A.\na:10: Z.\nb:1: B."


def test_a_file_that_is_not_there_is_a_fault():
    with pytest.raises(LessonError, match="06-gone.md:1: The file cannot be read: No such file"):
        read_lesson(Path("06-gone.md"))
