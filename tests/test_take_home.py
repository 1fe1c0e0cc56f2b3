"""Tests the page to take home: the same input gives the same page, and no text of a trace gets out of its place."""

import base64
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import torch

from playground.conversation import Conversation, Message
from playground.decoding.measures import raw_facts
from playground.decoding.settings import Settings
from playground.decoding.vocabulary import NoWords
from playground.errors import PlaygroundError
from playground.sharing import document as documents
from playground.sharing import page as pages
from playground.sharing.document import document
from playground.sharing.page import FILE, page
from playground.sharing.recorded import words_recorded
from playground.traces.file import Writer
from playground.traces.trace import Step, Trace
from playground.web.bundles import joined

VOCABULARY, STEPS = 49_152, 40
"""Those of the default model and of the example."""
MOST_BYTES = 5_000_000
"""The most bytes of a page of forty steps at the light setting."""
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\u2028\u2029",
    '"><img src=x onerror=alert(1)>',
    "</title></style>",
    "'&amp;",
    "\ud83d",
]


def trace_of(steps: int, size: int, conversation: Conversation | None = None) -> Trace:
    generator = torch.Generator().manual_seed(3)
    rows = [3 * torch.randn(size, generator=generator) for _ in range(steps)]
    made = [
        Step(index, row, 5 + index, 0.3, 0.5, 40, None, 0.01, raw=raw_facts(row.numpy(), 5 + index))
        for index, row in enumerate(rows)
    ]
    return Trace("tiny", (1, 2, 3), Settings(top_k=40), tuple(made), "length", conversation=conversation)


def packed(trace: Trace, tokens: list[str], kind: str = "light") -> bytes:
    writer = Writer(trace, trace.steps[0], tokens, (), kind)
    return b"".join([writer.begin(), *map(writer.step, trace.steps), writer.end()])


class Elements(HTMLParser):
    """Lists what a browser makes of a page: its elements, and the texts of its scripts."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self._inside = tag
        self.attributes.append(dict(attrs))

    def handle_data(self, data):
        self.texts.setdefault(self._inside, []).append(data)

    def handle_endtag(self, tag):
        self._inside = ""


EXPECTED = ["html", "head", "meta", "meta", "meta", "meta", "meta", "title", "style", "script", "script", "body"]
EXPECTED += ["noscript", "p"]


@pytest.fixture(scope="module")
def small() -> bytes:
    return packed(trace_of(3, 60), [f"·t{number}" for number in range(60)])


def test_two_exports_of_one_trace_are_the_same_bytes(small):
    again = packed(trace_of(3, 60), [f"·t{number}" for number in range(60)])
    assert page(again).encode() == page(small).encode()
    documents._joined.cache_clear()
    assert page(small) == page(again), "what is joined anew is joined alike"


def test_forty_light_steps_of_a_large_vocabulary_are_a_small_page():
    content = packed(trace_of(STEPS, VOCABULARY), [f"·word{number}" for number in range(VOCABULARY)])
    assert len(page(content).encode()) < MOST_BYTES


def test_the_page_holds_the_trace_as_it_is(small):
    assert json.loads(recorded(page(small)))[FILE] == base64.b64encode(small).decode()


def recorded(content: str) -> str:
    """Returns the JSON of what a page holds in place of a server's answers."""
    return re.search(r"globalThis\.playgroundRecorded = (.*);", content)[1]


def test_no_text_gets_out_of_its_place(small):
    plain = Elements(page(small))
    assert plain.names == EXPECTED
    conversation = Conversation((Message("user", "".join(HOSTILE)),), {})
    for given in (None, conversation):
        trace = trace_of(3, 60, given)
        content = page(packed(trace, [HOSTILE[number % len(HOSTILE)] for number in range(60)]))
        found = Elements(content)
        assert found.names == EXPECTED
        assert len(found.texts["script"]) == len(plain.texts["script"])
        assert found.texts["script"][-1] == plain.texts["script"][-1], "the modules end where they end without it"
        assert "alert(1)" not in "".join(found.texts["script"])
        assert "<script>" in "".join(found.texts["title"])
        assert found.attributes[EXPECTED.index("meta") + 3]["content"].startswith("A text that tiny wrote")


def test_further_answers_have_their_paths_and_are_escaped(small):
    paths = {"lessons.json?lang=en": b'{"lessons": []}', "</script>": b"<b>"}
    answers = json.loads(recorded(page(small, recorded=paths)))
    assert {path: base64.b64decode(text) for path, text in answers.items()} == {**paths, FILE: small}
    assert Elements(page(small, recorded=paths)).names == EXPECTED


def test_the_modules_are_those_of_the_playground(small):
    """Each module of the page that the playground has too is the same text in both."""
    code = Elements(page(small)).texts["script"][-1]
    modules = re.findall(r"^const \$\w+ = \(\(\) => \{\n.*?^\}\)\(\);$", code, re.MULTILINE | re.DOTALL)
    served = "\n".join(file.content.decode() for file in joined().parts.values())
    own = [module.split(" ", 2)[1] for module in modules if module not in served]
    assert len(modules) > 100
    assert own
    assert all(name.startswith("$take_home_") for name in own)


def test_the_policy_allows_no_request_and_only_the_pages_own_scripts(small):
    found = Elements(page(small))
    policy = found.attributes[3]["content"]
    assert policy.startswith("default-src 'none'; ")
    assert not re.search(r"https?:|\*|unsafe-eval|script-src [^;]*unsafe-inline", policy)
    assert policy.count("'sha256-") == found.names.count("script")
    assert not re.search(r"<(?:link|img|iframe|base)\b|(?:src|href)=", page(small).split("<style>")[0])


def test_the_page_speaks_the_language_that_it_is_given(small):
    french = page(small, "fr")
    assert '<html lang="fr" dir="ltr"' in french
    assert "globalThis.playgroundCatalogue = " in french
    assert "globalThis.playgroundCatalogue = " not in page(small)
    assert Elements(french).names == EXPECTED
    with pytest.raises(ValueError, match="does not have the language 'xx'. It has de, en"):
        page(small, "xx")


def test_a_text_that_is_too_large_is_refused(small, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", len(small) - 1)
    with pytest.raises(PlaygroundError, match="Save the light page, or a text with fewer tokens") as refused:
        page(small)
    assert refused.value.status == 413


class Words(NoWords):
    """A vocabulary in which each text is one token: the number of its first character."""

    @property
    def texts(self):
        return [chr(number) for number in range(self.size)]

    def ids_of(self, text: str) -> list[int]:
        return [ord(text[0])]


def test_what_is_recorded_has_the_key_that_the_page_asks_for():
    """JavaScript writes no point after a whole number, and the names that are numbers first."""
    settings = Settings(logit_bias=(("b", -0.5), (20, 2.0), (" é", 5.0), (7, 1.0)))
    told = words_recorded("m", [settings], Words(300))
    assert set(told) == {
        'word_ids.json {"model":"m","setting":"end_ids","value":null}',
        'word_ids.json {"model":"m","setting":"logit_bias","value":{}}',
        'word_ids.json {"model":"m","setting":"logit_bias","value":{"7":1,"20":2,"b":-0.5," é":5}}',
        'word_ids.json {"model":"m","setting":"bad_words","value":[]}',
        'word_ids.json {"model":"m","setting":"dry_sequence_breakers","value":["\\n",":","\\"","*"]}',
    }
    assert json.loads(told['word_ids.json {"model":"m","setting":"end_ids","value":null}']) == {"ids": []}


@pytest.mark.parametrize("source", ['const end = "</SCRIPT>";\n', 'const begin = "<!--";\n'])
def test_a_module_that_would_end_its_script_is_named(monkeypatch, tmp_path, source):
    (tmp_path / "entry.js").write_text(source)
    monkeypatch.setattr(documents, "ASSETS", tmp_path)
    documents._joined.cache_clear()
    with pytest.raises(ValueError, match=r"entry\.js holds '(</SCRIPT|<!--)', which cannot stand in an HTML file"):
        document("entry.js", "t", "d", {})


def test_a_page_is_made_without_gradio_and_fastapi(small, tmp_path):
    (tmp_path / "trace").write_bytes(small)
    script = (
        "import sys, pathlib\nfrom playground.sharing.page import page\n"
        f"page(pathlib.Path({str(tmp_path / 'trace')!r}).read_bytes(), 'de')\n"
        "print(sorted({'gradio', 'fastapi', 'starlette'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_the_title_names_prompt_and_model(small):
    assert "<title>“t1 t2 t3” · tiny · Decoding playground</title>" in page(small)
