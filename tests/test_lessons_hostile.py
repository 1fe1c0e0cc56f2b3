"""Tests that a lesson is data: nothing in its file runs, no other file is read, and sizes are bounded."""

import os
import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.lessons.expressions import Scope
from playground.lessons.faults import Faults, LessonError
from playground.lessons.folders import read_all, read_folder
from playground.lessons.prose import prose
from playground.lessons.reading import Name, parse, read_lesson
from tests.lesson_texts import HEAD, SMALL, STATE, write
from tests.test_lessons_format import faults

TAGS = {"p", "h3", "h4", "h5", "h6", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "a"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "output"}
ATTRIBUTES = {"a": {"href", "rel", "target", "title"}, "output": {"data-value"}, "ol": {"start"}, "code": {"class"}}
ATTRIBUTES |= {"th": {"style"}, "td": {"style"}}


class Seen(HTMLParser):
    """Collects what HTML a browser would build that a lesson must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.links: list[dict[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag not in TAGS or not found.keys() <= ATTRIBUTES.get(tag, set()):
            self.wrong.append(f"{tag} {found}")
        if tag == "a":
            self.links.append(found)
        if not re.fullmatch("text-align:(left|right|center)", found.get("style") or "text-align:left"):
            self.wrong.append(f"style {found}")


def seen(html: str) -> Seen:
    reader = Seen()
    reader.feed(html)
    reader.close()
    return reader


def html_of(text: str) -> tuple[str, list[str]]:
    noted = Faults("a.md")
    return prose(text, 1, Scope("decode"), noted).html, [fault.sentence for fault in noted.found]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick='x()'>b</b>",
        "<style>*{display:none}</style>".replace("{", "\\{"),
        "<iframe src='https://a.example'></iframe>",
        "<!-- a comment -->",
        "![alt](https://a.example/x.png)",
        "![alt](data:image/svg+xml;base64,PHN2Zz4=)",
        "`<script>` and ```` ``<b>`` ````",
        "```text\n</code><script>alert(1)</script>\n```",
        "**<u>a</u>** &lt;script&gt; &#60;script&#62;",
        '[a](https://a.example "t\\"><script>")',
        "<https://a.example/<script>>",
        "| <b> | b |\n|:-:|--:|\n| <script> | 2 |",
    ],
)
def test_html_and_images_of_a_text_are_text(text):
    html, _ = html_of(text)
    assert seen(html).wrong == []
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#115;cript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "/playground/",
        "../secret.md",
        "//a.example",
        "#v=1",
        "mailto:a@a.example",
        "https:",
        "http://",
        "https:alert(1)",
    ],
)
def test_a_link_leads_to_the_web_or_is_a_fault(address):
    for text in (f"[a]({address})", f"[a]\n\n[a]: {address}"):
        _, found = html_of(text)
        assert [told for told in found if told.startswith("A link leads to")] or "<a" not in _


def test_a_link_to_the_web_opens_beside_the_page():
    html, found = html_of("[a](https://a.example/x?y=1) <http://b.example>")
    assert found == []
    assert [link["href"] for link in seen(html).links] == ["https://a.example/x?y=1", "http://b.example"]
    assert all(link["rel"] == "noopener noreferrer" and link["target"] == "_blank" for link in seen(html).links)


MARKS = [
    "{",
    "}",
    "<script>",
    "[",
    "](",
    ")",
    "javascript:x",
    "https://a.example",
    "`",
    "```",
    "\n",
    "# ",
    "* ",
    "**",
    "|",
]
MARKS += ["&lt;", "<", ">", '"', "'", "\\", "kept()", "![", "- ", "> ", "---", "{kept()}", " "]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=25).map("".join))
def test_whatever_a_text_is_its_html_is_of_the_safe_kind(text):
    noted = Faults("a.md")
    made = prose(text, 1, Scope("decode"), noted)
    if noted.found:
        return
    assert seen(made.html).wrong == []
    places = re.findall(r'<output data-value="(\d+)"></output>', made.html)
    assert places == [str(place) for place in range(len(made.values))]
    assert all((link["href"] or "").startswith(("http://", "https://")) for link in seen(made.html).links)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from([*SMALL.split("\n"), "```", "---", "## A", "set: {", "- [", "a: *b", "{", "\t"]), max_size=60
    )
)
def test_whatever_lines_a_file_has_it_is_a_lesson_or_has_faults_with_lines(lines):
    noted = Faults("a.md")
    made = parse("\n".join(lines), Name(1, "a", ""), noted)
    assert all(1 <= fault.line <= max(1, len(lines)) for fault in noted.found)
    if not noted.found:
        assert made.told()["pages"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("&a [1]", "set holds a YAML alias or anchor"),
        ("{temperature: *a}", "set holds a YAML alias or anchor"),
        ("{a: &a [x], b: [*a, *a, *a, *a, *a, *a, *a, *a, *a]}", "set holds a YAML alias or anchor"),
        ("!!python/object/apply:os.system ['true']", "which cannot be read: could not determine a constructor"),
        ("!!python/name:os.system", "which cannot be read: could not determine a constructor"),
        ("[" * 3000, "set is nested more than 6 deep."),
        ("{a: " * 2000, "set is nested more than 6 deep."),
        ("{temperature: " + "9" * 6000 + "}", "which cannot be read"),
        ("{temperature: .inf}", "temperature"),
        ("{temperature: .nan}", "temperature"),
        ("{? [1] : 2}", "set"),
        ("{2001-99-99: 1}", "which cannot be read"),
        ("{seed: 2001-01-01}", "seed"),
        ("{temperature: 1, temperature: 2}", "set has 'temperature' twice."),
        ("a" * 10_001, "set is longer than 10,000 characters."),
        ("---\n  - 1", "set"),
    ],
)
def test_hostile_yaml_is_a_fault_of_its_line(tmp_path, value, sentence):
    predict = "```predict\nquestion: ?\nchoices: [Yes, No]\n```\n"
    reveal = f"```reveal\nanswer: Yes\nset: {value}\nsays: So.\n```\n"
    found = faults(tmp_path, f"{HEAD}\n## One\n{STATE}{predict}{reveal}")
    assert [told for line, told in found if line == 18 and sentence in told], found


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (b"a\nb\xff", 2, "The file is not UTF-8."),
        ("é".encode("latin-1"), 1, "The file is not UTF-8."),
        (b"a\n\nb\0", 3, "The file holds the sign U+0000"),
        (b"\x1b[31m", 1, "The file holds the sign U+001B"),
        ("a\u2028b".encode(), 1, "The file holds the sign U+2028"),
        (b"x" * 100_001, 1, "The file is larger than 100,000 bytes."),
        (b"", 1, "A lesson begins with a line ---"),
    ],
)
def test_a_file_that_is_no_text_is_a_fault(tmp_path, content, line, sentence):
    path = tmp_path / "01-a.md"
    path.write_bytes(content)
    with pytest.raises(LessonError) as refused:
        read_lesson(path)
    assert refused.value.faults[0].line == line
    assert sentence in refused.value.faults[0].sentence


@pytest.mark.parametrize(
    "text", ["> " * 5000, "- " * 5000, "[" * 9000, "*" * 9000, "`" * 9000, "![" * 5000, "{" * 9000, "{'" * 9000]
)
def test_deep_and_repeated_markdown_ends(text):
    html, _ = html_of(text)
    assert seen(html).wrong == []


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    write(inside, SMALL)
    secret = write(outside, SMALL, "01-secret.md")
    (inside / "01-secret.md").symlink_to(secret)
    (inside / "02-up.md").symlink_to("../outside/01-secret.md")
    (inside / "03-within.md").symlink_to(inside / "06-warmth.md")
    (inside / "04-gone.md").symlink_to(inside / "nothing.md")
    (inside / "05-folder.md").mkdir()
    with pytest.raises(LessonError) as refused:
        read_folder(inside)
    assert [os.path.basename(fault.path) for fault in refused.value.faults] == [
        "01-secret.md",
        "02-up.md",
        "04-gone.md",
        "05-folder.md",
    ]
    assert {fault.sentence.split(".")[0] for fault in refused.value.faults} == {"This is not a file of its folder"}


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "01-pipe.md")
    with pytest.raises(LessonError, match="01-pipe.md:1: This is not a file of its folder."):
        read_folder(tmp_path)


def test_a_folder_that_is_a_link_itself_is_read(tmp_path):
    (tmp_path / "real").mkdir()
    write(tmp_path / "real", SMALL)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [lesson.name for lesson in read_folder(tmp_path / "link")] == ["warmth"]


def test_other_files_of_a_folder_are_left_alone_and_misnamed_lessons_are_told(tmp_path):
    write(tmp_path, SMALL)
    for name in ("README.md", ".hidden.md", "picture.png", "notes.txt"):
        (tmp_path / name).write_text("no lesson")
    assert [lesson.name for lesson in read_folder(tmp_path)] == ["warmth"]
    write(tmp_path, SMALL, "temperature.md")
    with pytest.raises(LessonError, match="temperature.md:1: 'temperature.md' is not a lesson's name. Name it as 06-"):
        read_folder(tmp_path)


def test_a_translation_is_read_beside_its_lesson_only(tmp_path):
    write(tmp_path, SMALL, "06-warmth.fr.md")
    with pytest.raises(LessonError, match="06-warmth.fr.md:1: This is a translation of 06-warmth.md, which is"):
        read_folder(tmp_path)
    write(tmp_path, SMALL)
    assert [(lesson.name, lesson.language) for lesson in read_folder(tmp_path)] == [
        ("warmth", ""),
        ("warmth", "fr"),
    ]


def test_the_number_of_lessons_is_bounded(tmp_path):
    for number in range(100):
        write(tmp_path, SMALL, f"{number:02}-a{number}.md")
    assert len(read_folder(tmp_path)) == 100
    write(tmp_path, SMALL, "50-more.md")
    with pytest.raises(LessonError, match="The folder has more than 100 lessons."):
        read_folder(tmp_path)
    for number in range(300):
        write(tmp_path, SMALL, f"51-b{number}.md")
    with pytest.raises(LessonError, match="The folder has 401 files that end with .md. Keep at most 300."):
        read_folder(tmp_path)


def test_lessons_of_two_folders_need_two_names_and_all_faults_are_told(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    write(one, SMALL)
    write(two, SMALL, "09-warmth.md")
    write(two, SMALL.replace("beginner ", "easy "), "10-broken.md")
    with pytest.raises(LessonError) as refused:
        read_all([str(one), str(two), str(tmp_path / "gone")])
    told = [str(fault).removeprefix(f"{tmp_path}/") for fault in refused.value.faults]
    assert told[0].startswith("gone:1: The folder cannot be read: No such file")
    assert told[1].startswith("two/10-broken.md:3: level is 'easy'.")
    (two / "10-broken.md").unlink()
    with pytest.raises(LessonError, match=r"two/09-warmth.md:1: The name warmth is that of .*one/06-warmth"):
        read_all([str(one), str(two)])
    (two / "09-warmth.md").rename(two / "02-heat.md")
    own = [lesson for lesson in read_all([str(one), str(two)]) if lesson.is_own]
    assert [(lesson.number, lesson.name) for lesson in own] == [(6, "warmth"), (2, "heat")]
