"""Tests that everything that is wrong in a lesson is told with its line, in a sentence that says what to do."""

import pytest

from tests.lesson_texts import HEAD, STATE
from tests.test_lessons_format import faults

PREDICT = "```predict\nquestion: Which?\nchoices: [Yes, No]\n```\n"
REVEAL = "```reveal\nanswer: Yes\nsays: So.\n```\n"
TRY = "```try\ntask: Do.\ncheck: entropy() < 1\nsolved: {temperature: 0.3}\n```\n"


def page(body: str) -> str:
    """Returns a lesson with one page, whose body begins in line 12."""
    return f"{HEAD}\n## One\n{STATE}{body}"


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "A lesson begins with a line ---"),
        ("Text\n", 1, "A lesson begins with a line ---"),
        ("---\ntitle: A\n", 1, "have no end. Write a second line ---"),
        (HEAD, 7, "The lesson has no page. Write a line ## Title"),
        (f"{HEAD}Text\n## One\n{STATE}A.", 7, "Text stands before the first page."),
        (f"{HEAD}\n{STATE}## One\n{STATE}A.", 8, "A state block stands before the first page."),
        (f"{HEAD}\n## One\nText.\n", 8, "The first page has no state block."),
        (f"{HEAD}\n## One\n{STATE}", 8, "The page has nothing to read."),
        (f"{HEAD}\n##\n{STATE}A.", 8, "A page's title has 0 characters."),
        (f"{HEAD}\n## {'a' * 121}\n{STATE}A.", 8, "A page's title has 121 characters. Write 1 to 120"),
        (page(f"A.\n{STATE}"), 13, "A page has one state block, and this one has several."),
        (page("A.\n```text\nnever ends\n"), 13, "This block begins with ``` and has no end. Write ``` below it."),
        (page("```sate\nprompt: A\n```\n"), 12, "'sate' is not a block. The blocks are state, predict,"),
        (page("- a list\n\n  ```note\n  within it\n  ```\n"), 14, "The block note stands within a list"),
        (page("> ```claim\n> True\n> ```\n"), 12, "The block claim stands within a list, a quotation"),
        (
            HEAD.replace("minutes: 5", "minutes: five") + "\n## One\n" + STATE + "A.",
            4,
            "minutes must be a whole number",
        ),
        (HEAD.replace("minutes: 5", "minutes: 0") + "\n## One\n" + STATE + "A.", 4, "minutes is 0, which is out of"),
        (HEAD.replace("minutes: 5\n", "") + "\n## One\n" + STATE + "A.", 1, "The front matter has no minutes."),
        (HEAD.replace("about", "abuot") + "\n## One\n" + STATE + "A.", 5, "has no 'abuot'. Did you mean about?"),
        (HEAD.replace("about", "title") + "\n## One\n" + STATE + "A.", 5, "title is there twice, first in line 2."),
        (HEAD.replace("about: One sentence.", "about:") + "\n## One\n" + STATE + "A.", 5, "about is empty."),
        (
            HEAD.replace("A lesson", "a" * 121) + "\n## One\n" + STATE + "A.",
            2,
            "title has 121 characters. Give at most",
        ),
    ],
)
def test_a_file_s_fault_has_its_line(tmp_path, text, line, sentence):
    found = faults(tmp_path, text)
    assert [one for one in found if one[0] == line and sentence in one[1]], found


@pytest.mark.parametrize(
    ("state", "line", "sentence"),
    [
        ("view: decode", 9, "A state block has no prompt."),
        ("prompt: A\nview: decod", 11, "view is 'decod'. Choose one of decode, fill, compare/prompts"),
        ("prompt: A\nface: half", 11, "face is 'half'. Choose one of simple, everything."),
        ("prompt: A\nstep: 0", 11, "step is 0, which is out of range."),
        ("prompt: A\nstep: first", 11, "step must be a whole number, but is 'first'."),
        ("prompt: A\ntemprature: 1", 11, "A state block has no 'temprature'. Did you mean temperature?"),
        ("prompt: A\ntemperature: hot", 11, "temperature must be a number"),
        ("prompt: A\ntemperature: 0", 11, "temperature"),
        ("prompt: A\ntop_k: 1.5", 11, "top_k"),
        ("prompt: A\nseed: -1", 11, "seed is -1"),
        ("prompt: A\nstrategy: greedily", 11, "strategy is 'greedily'. Choose one of greedy, sample, beam."),
        ("prompt: A\nstop_strings: x", 11, "stop_strings must be a list of texts"),
        ("prompt: A\nlogit_bias: {a: 1, a: 2}", 11, "logit_bias has 'a' twice."),
        ("prompt: A\norder: [a", 11, "order is '[a', which cannot be read"),
        (f"prompt: {'a' * 8001}", 10, "prompt has 8,001 characters. Give at most 8,000."),
        ("prompt: A\nit goes on", 11, "'it goes on' is not of the form name: value. If it goes on with the line"),
        ("  indented: A\nprompt: A", 10, "A state block begins with 'indented: A'."),
    ],
)
def test_a_state_s_fault_has_its_line(tmp_path, state, line, sentence):
    found = faults(tmp_path, f"{HEAD}\n## One\n```state\n{state}\n```\nText.\n")
    assert [at for at, told in found if sentence in told] == [line], found


@pytest.mark.parametrize(
    ("body", "line", "sentence"),
    [
        (PREDICT, 12, "A predict has no reveal after it."),
        (REVEAL, 12, "A reveal stands on a page without a predict before it."),
        (REVEAL + PREDICT, 12, "A reveal stands on a page without a predict before it."),
        (PREDICT + PREDICT + REVEAL, 16, "A page has one predict, and one is in line 12."),
        (PREDICT + REVEAL + REVEAL, 20, "A page has one reveal, and one is in line 16."),
        (
            PREDICT.replace("choices: [Yes, No]", "x: 1") + REVEAL,
            14,
            "A predict block has no 'x'. It may have question",
        ),
        (
            PREDICT.replace("choices: [Yes, No]", "") + REVEAL,
            12,
            "one of choices, bar and token, and this one has none",
        ),
        (PREDICT.replace("choices", "token: true\nchoices") + REVEAL, 12, "and this one has choices and token."),
        (PREDICT.replace("[Yes, No]", "[Yes]") + REVEAL, 14, "choices has 1 texts. Write 2 to 8"),
        (PREDICT.replace("[Yes, No]", "[Yes, Yes]") + REVEAL, 14, "none empty and none twice"),
        (PREDICT.replace("[Yes, No]", "[Yes: 1, No]") + REVEAL, 14, "choices is [{'Yes': '1'}, 'No'], which is not a"),
        (PREDICT.replace("[Yes, No]", "Yes") + REVEAL, 14, "which is not a list of texts. Write each on a line"),
        (PREDICT.replace("question: Which?\n", "") + REVEAL, 12, "A predict block has no question."),
        (PREDICT + REVEAL.replace("Yes", "Maybe"), 17, "answer is 'Maybe', which is not one of the choices."),
        (PREDICT + REVEAL.replace("answer: Yes\n", ""), 16, "answer is None, which is not one of the choices."),
        (PREDICT + REVEAL.replace("says: So.\n", ""), 16, "A reveal block has no says."),
        (
            PREDICT + REVEAL.replace("answer", "value: kept()\nanswer"),
            17,
            "value belongs to a predict with bar or token.",
        ),
        (
            PREDICT + REVEAL.replace("says", "because: kept()\nsays"),
            18,
            "because gives a number and not true or false.",
        ),
        (PREDICT + REVEAL.replace("says", "set: {}\nsays"), 18, "set is empty."),
        (PREDICT + REVEAL.replace("says", "set: 3\nsays"), 18, "set must be an object of names and values"),
        (PREDICT + REVEAL.replace("says", "set: {view: fill}\nsays"), 18, "set names 'view', which is not a setting."),
        (PREDICT + REVEAL.replace("says", "set: {top_p: 2}\nsays"), 18, "top_p"),
        (PREDICT + REVEAL.replace("says", "set: {step: 0}\nsays"), 18, "step is 0, which is out of range."),
        (PREDICT + REVEAL.replace("So.", "So {x()}."), 18, "'x' is not a measure."),
        (PREDICT + REVEAL.replace("So.", "\n  So\n  {x()}."), 20, "'x' is not a measure."),
        (PREDICT.replace("Which?", "{before(kept())}") + REVEAL, 13, "before() has a meaning in a reveal only"),
        (TRY.replace("solved: {temperature: 0.3}\n", ""), 12, "A try block has no solved."),
        (TRY.replace("solved", "only: [top_k]\nsolved"), 16, "solved changes temperature, which only does not name."),
        (TRY.replace("solved", "only: [topk]\nsolved"), 15, "only names 'topk', which is not a setting."),
        (TRY.replace("solved", "only: []\nsolved"), 15, "only is empty."),
        (TRY.replace("entropy() < 1", "entropy()"), 14, "check gives a number and not true or false."),
        (TRY.replace("entropy() < 1", "'entropy() < 1'"), 14, "check gives a text and not true or false."),
        ("```ask\nquestion: Why?\n```\n", 12, "An ask block has no answer."),
        ("```note\n\n```\n", 12, "A note is empty."),
        ("```claim\n# nothing\n```\n", 12, "A claim block has 0 claims."),
        ("```claim\nTrue\n\nkept(\n```\n", 15, "is not an expression: '(' was never closed"),
        ("```claim\nkept()\n```\n", 13, "A claim gives a number and not true or false."),
        ("One\n\ntwo {kept()\nthree", 14, "A { begins a value here, and its } is missing. Write \\{ for a brace."),
        ("One\n\n- two\n- {kept() > 1}", 15, "{kept() > 1} gives true or false."),
        ("One\n\n| a | b |\n|---|---|\n| 1 | {x} |", 16, "'x' is not known."),
        ("```predict\nquestion: ?\nbar: ' a'\n```\n```reveal\nsays: So.\n```\n", 16, "A reveal of a bar has no value."),
        (
            "```predict\nquestion: ?\nbar: ' a'\n```\n```reveal\nvalue: kept()\nsays: So.\n```\n",
            17,
            "value is not what is",
        ),
        ("```predict\nquestion: ?\ntoken: yes!\n```\n" + REVEAL, 14, "token is written as token: true."),
        ("```predict\nquestion: ?\ntoken: true\n```\n" + REVEAL, 17, "answer belongs to a predict with choices"),
    ],
)
def test_a_page_s_fault_has_its_line(tmp_path, body, line, sentence):
    found = faults(tmp_path, page(body))
    assert [at for at, told in found if sentence in told][:1] == [line], found


def test_a_measure_of_another_view_is_a_fault(tmp_path):
    text = f"{HEAD}\n## One\n```state\nview: inside/attention\n```\nIt is {{entropy()}}, {{pieces('a')}}.\n"
    assert faults(tmp_path, text) == [
        (
            12,
            "entropy() is a measure of the view decode, and this page shows inside/attention. Leave it out, or change "
            "the page's view.",
        )
    ]


def test_the_number_of_pages_and_parts_is_bounded(tmp_path):
    pages = "".join(f"## Page {number}\n{STATE}A.\n" for number in range(41))
    assert [told for _, told in faults(tmp_path, HEAD + pages)] == ["The lesson has 41 pages. Write at most 40."]
    parts = "```note\nA.\n```\n" * 41
    assert (8, "The page has 42 parts. Write at most 40.") in faults(tmp_path, page(parts))
