"""Tests the static site of lessons: which texts and values are recorded, what a page holds, and what is refused."""

import asyncio
import gzip
import json
import os
from base64 import b64decode
from html.parser import HTMLParser

import pytest
import torch

from playground.errors import PlaygroundError
from playground.lessons.folders import read_all
from playground.lessons.lesson import Lesson
from playground.lessons.reading import read_lesson
from playground.lessons.texts import Texts
from playground.site import __main__ as command
from playground.site.folder import empty_folder, write
from playground.site.pages import FILE, lesson_page, list_page
from playground.site.recording import Recorded, record
from tests import lesson_texts
from tests.lesson_texts import HEAD
from tests.saved_trace import open_on_the_page, told

STATE = "```state\nprompt: the tin on\nmax_new_tokens: 6\nseed: 4\n```\n"
TOKENS = "```state\nview: inside/tokens\nprompt: the tin\n```\n"
PREDICT = "```predict\nquestion: ?\nchoices: [Yes, No]\n```\n"
NOTE = "```note\nAsk first.\n```\n"
HOSTILE = ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title>", "<!--"]


def reveal(line: str = "", says: str = "So.") -> str:
    return f"{PREDICT}```reveal\nanswer: Yes\n{line}\nsays: {says}\n```\n"


def task(solved: str, check: str = "tokens() == 99") -> str:
    return f"```try\ntask: Do.\ncheck: {check}\nsolved: {solved}\n```\n"


IN_TOKENS = task("{top_k: 5}", "setting('top_k') == 5")


@pytest.fixture
def lesson(tmp_path):
    """Returns a lesson whose pages have these bodies."""

    def read(*bodies: str, head: str = HEAD) -> Lesson:
        text = "\n".join([head, *(f"## Page\n{body}" for body in bodies)])
        return read_lesson(lesson_texts.write(tmp_path, text), "a.md")

    return read


@pytest.fixture
def recorded(engine):
    """Returns what is recorded of a lesson on the tiny model."""
    texts = Texts(engine.model, engine)

    async def opened(name):
        return texts

    return lambda one: asyncio.run(record(one, opened))


class Elements(HTMLParser):
    """Lists the elements of a page, with the text of its title and of its scripts."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self._inside = tag

    def handle_data(self, data):
        self.texts.setdefault(self._inside, []).append(data)

    def handle_endtag(self, tag):
        self._inside = ""


def answers(page: str) -> dict[str, bytes]:
    """Returns what a page holds in the place of a server's answers."""
    first = "".join(Elements(page).texts["script"][:1])
    line = next(line for line in first.split("\n") if line.startswith("globalThis.playgroundRecorded"))
    found = json.loads(line.partition(" = ")[2].rstrip(";"))
    return {path: b64decode(content) for path, content in found.items()}


def texts_of(found: Recorded) -> list[tuple[str, int, int, set[int]]]:
    return [(one.state.prompt, one.state.settings.seed, len(one.trace.steps), one.whole) for one in found.texts]


def test_the_texts_of_pages_and_of_reveals_that_write_are_recorded_each_once(lesson, recorded):
    found = recorded(
        lesson(
            STATE + reveal("set: {temperature: 0.5}"),
            STATE + reveal("set: {seed: 5, max_new_tokens: 3}"),
            STATE.replace("seed", "step: 3\nseed") + reveal("set: {step: 5}"),
        )
    )
    assert texts_of(found) == [("the tin on", 4, 6, {0, 2, 4}), ("the tin on", 5, 3, {0})]


def test_the_text_that_a_task_goes_on_with_is_recorded_and_no_other_that_a_task_needs(lesson, recorded):
    found = recorded(lesson(STATE + task("{max_new_tokens: 9}"), STATE + task("{seed: 5}")))
    assert texts_of(found) == [("the tin on", 4, 6, {0}), ("the tin on", 4, 9, {0})]
    first, second = ([step.token_id for step in one.trace.steps] for one in found.texts)
    assert second[:6] == first, "the learner sees the same text go on"


def test_steps_that_are_looked_at_have_every_logit_and_the_others_the_tokens_that_are_named(lesson, recorded, engine):
    says = "It has {probability(' the')}."
    [text] = recorded(lesson(STATE.replace("seed", "step: 2\nseed") + reveal(says=says) + "It is {rank('on')}.")).texts
    assert text.named == {" the", "on"}
    file = text.file()
    assert told(file)["tokens"] == {}, "all texts of a lesson share the vocabulary"
    assert told(file)["steps"][1]["ids"] is None
    assert {step["seconds"] for step in told(file)["steps"]} == {0.0}, "the same text is the same file"
    rows = open_on_the_page(file).rows
    assert (rows[1].numpy() == text.trace.steps[1].row).all()


def test_decode_computes_its_values_itself_but_for_the_number_of_pieces(lesson, recorded):
    body = STATE + "It has {pieces('the tin')} and {entropy()}.\n" + reveal("set: {top_k: 5}", "{before(pieces('a'))}")
    assert recorded(lesson(body)).values == {
        0: {
            "now": {'["pieces","the tin"]': 4, '["pieces","a"]': 1},
            "after": {'["pieces","the tin"]': 4},
        }
    }


def test_of_another_view_all_values_are_recorded_before_and_after_the_reveal(lesson, recorded):
    says = "{setting('top_k')} {before(setting('top_k'))}"
    body = TOKENS + "{setting('top_k') + 1}\n" + reveal("set: {top_k: 5}", says)
    found = recorded(lesson(body))
    assert texts_of(found) == []
    assert found.values[0] == {
        "now": {'["setting","top_k"]': 0},
        "after": {'["setting","top_k"]': 5},
    }


def test_of_compare_prompts_each_column_is_recorded_alone_and_what_the_model_writes_after_it(lesson, recorded):
    state = "```state\nview: compare/prompts\nshots: [0]\nprompt: the tin\nmax_new_tokens: 3\n```\n"
    one = lesson(state + reveal("set: {shots: [0, 2]}") + task("{shots: [1]}", "prompt_tokens(1) > 5"))
    found = recorded(one)
    told = {path: json.loads(answer) for path, answer in found.prompts.answers.items()}
    columns = {json.loads(path.split(" ", 1)[1])[3]: answer for path, answer in told.items() if "column" in path}
    assert sorted(columns) == [*range(9)], "the task is solved by trying numbers"
    assert set(columns[0]) == {"window", "budget", "answer_tokens", "column"}
    prompts = [columns[shots]["column"]["text"] for shots in (0, 2)]
    assert texts_of(found) == [(prompt, 0, 3, {0}) for prompt in dict.fromkeys(prompts)]
    labels = [answer for path, answer in told.items() if path.startswith("prompts/labels.json")]
    distinct = {answer["column"]["text"] for answer in columns.values()}
    assert len(labels) == 2 * len(distinct), "each prompt, with and without calibration"
    assert {"space", "bare"} < set(labels[0])
    assert "the longest label 9, and tiny has a window of 96" in labels[-1]["error"]
    page = answers(lesson_page(one, found, "en", notes=False))
    assert set(found.prompts.answers) < set(page)
    assert json.loads(page[FILE])["live"] == []
    assert [one["name"] for one in json.loads(page[FILE])["tasks"]] == ["Sentiment of a review"]


def test_a_lesson_that_cannot_be_shown_is_refused_with_its_line(lesson, recorded):
    with pytest.raises(PlaygroundError, match=r"^a\.md, line 9: step is 7, and the text has 6 tokens\.$"):
        recorded(lesson(STATE.replace("seed", "step: 7\nseed") + "Text."))


def test_the_same_lesson_gives_the_same_page(lesson, recorded):
    one = lesson(STATE + reveal("set: {seed: 5}"), TOKENS + "{pieces('the')}")
    pages = [lesson_page(one, recorded(one), "en", notes=False) for _ in range(2)]
    assert pages[0] == pages[1]


def test_a_page_holds_the_lesson_and_all_that_it_asks_for(lesson, recorded):
    one = lesson(STATE + NOTE + task("{seed: 5}"), TOKENS + IN_TOKENS, STATE + task("{top_k: 5}"))
    found = answers(lesson_page(one, recorded(one), "fr", notes=False))
    of_words = {path for path in found if path.startswith("word_ids.json ")}
    assert set(found) - of_words == {FILE, "lessons/warmth.json?lang=fr", "texts/0.json.gz", "words/0.json.gz"}
    assert len(of_words) == 4, "DRY's breakers, two lists of words, and the end tokens"
    of_site = json.loads(found[FILE])
    assert of_site["live"] == ["0.1", "1.0"], "the place of a task counts the note that was left out"
    assert (of_site["texts"][0]["file"], of_site["texts"][0]["steps"]) == ("texts/0.json.gz", 6)
    [model] = of_site["models"]
    words = json.loads(gzip.decompress(found[of_site["words"][model["model"]]]))
    assert words[:2] != [], "one text for each token"


@pytest.mark.parametrize("notes", [False, True])
def test_notes_for_the_teacher_are_there_only_where_they_are_asked_for(lesson, recorded, notes):
    one = lesson(STATE + NOTE + "Text.")
    for page in (lesson_page(one, recorded(one), "en", notes=notes), list_page([one], "en", notes=notes)):
        assert (b"Ask first" in b"".join(answers(page).values())) is notes


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_lesson_gets_out_of_its_place(lesson, recorded, text):
    head = HEAD.replace("A lesson", json.dumps(text)).replace("One sentence.", json.dumps(text))
    one = lesson(STATE + f"{text}\n", head=head)
    for page in (lesson_page(one, recorded(one), "en", notes=False), list_page([one], "en", notes=False)):
        found = Elements(page)
        assert found.names.count("script") == 2
        assert not {"img", "iframe"} & set(found.names)
    assert Elements(lesson_page(one, recorded(one), "en", notes=False)).texts["title"][0].startswith(f"6 {text}")


def test_the_list_says_how_many_pages_of_each_lesson_need_a_model(lesson):
    one = lesson(STATE + task("{seed: 5}"), TOKENS + IN_TOKENS, STATE + task("{top_k: 5}"), STATE + "Text.")
    [entry] = json.loads(answers(list_page([one], "de", notes=False))["lessons.json?lang=de"])["lessons"]
    assert (entry["name"], entry["pages"], entry["live"]) == ("warmth", 4, 2)


def test_every_lesson_that_comes_with_the_playground_is_listed_in_each_language():
    lessons = [one for one in read_all() if not one.language]
    for language in ("en", "fr"):
        told = json.loads(answers(list_page(lessons, language, notes=False))[f"lessons.json?lang={language}"])[
            "lessons"
        ]
        assert [one["name"] for one in told] == [one.name for one in lessons]


def test_the_command_writes_each_lesson_and_the_list(lesson, engine, tmp_path, monkeypatch, capsys):
    class Opened:
        def __init__(self, further):
            assert further == ["tiny"]

        async def texts(self, name):
            threads.append(torch.get_num_threads())
            return Texts(engine.model, engine)

        def close(self):
            pass

    threads, before = [], torch.get_num_threads()
    monkeypatch.setattr(command, "Models", Opened)
    monkeypatch.setattr(command, "read_all", lambda folders: (lesson(STATE + "Text."),))
    out = tmp_path / "a" / "site"
    torch.set_num_threads(2)
    assert command.main([str(out), "--model", "tiny", "--lang", "de"]) == 0
    assert (threads, torch.get_num_threads()) == ([1], 2), "with more threads the last bits depend on what runs beside"
    torch.set_num_threads(before)
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "warmth.html"]
    assert '<html lang="de"' in (out / "warmth.html").read_text("utf-8")
    said = capsys.readouterr().out
    assert said.startswith("warmth.html: ")
    assert f"Open {out / 'index.html'}" in said


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert command.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"The folder {tmp_path} is not empty. Name a new folder")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    for name in ("out", "out/site"):
        assert command.main([str(tmp_path / name)]) == 1
        assert "cannot be used" in capsys.readouterr().out
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # nothing is refused to an administrator
    with pytest.raises(PlaygroundError, match="cannot be written. Name another folder"):
        empty_folder(str(tmp_path / "new"))


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path):
    (tmp_path / "a.html").write_text("mine")
    with pytest.raises(PlaygroundError, match="a.html cannot be written: File exists"):
        write(tmp_path, "a.html", "page")
    assert (tmp_path / "a.html").read_text() == "mine"


def test_a_lesson_may_not_have_the_name_of_the_list(tmp_path, capsys):
    lesson_texts.write(tmp_path, lesson_texts.SMALL, "01-index.md")
    assert command.main([str(tmp_path / "out"), "--lessons", str(tmp_path)]) == 1
    assert "index.html is the list of lessons. Give the lesson another name." in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_fault_in_a_lesson_is_told_before_anything_is_written(tmp_path, capsys):
    lesson_texts.write(tmp_path, "no front matter", "01-a.md")
    assert command.main([str(tmp_path / "out"), "--lessons", str(tmp_path)]) == 1
    assert "01-a.md:1:" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_a_lesson_is_the_same_file_alone_and_after_another_one(tmp_path, monkeypatch):
    """The engine would try other numbers of threads meanwhile, and each has sums of its own."""
    lessons = {one.name: one for one in read_all() if not one.language}
    before, written = torch.get_num_threads(), []
    torch.set_num_threads(2)
    for names in (["temperature"], ["next-word", "temperature"]):
        monkeypatch.setattr(command, "read_all", lambda _, names=names: tuple(lessons[name] for name in names))
        out = tmp_path / str(len(names))
        assert command.main([str(out)]) == 0
        written.append((out / "temperature.html").read_bytes())
    torch.set_num_threads(before)
    assert written[0] == written[1]
