"""Tests what views beside Decode add to lessons: their fields, with the line of a fault, and their measures."""

import asyncio

import pytest
import torch

from playground.errors import PlaygroundError
from playground.lessons.expressions import Scope, read
from playground.lessons.faults import LessonError
from playground.lessons.lesson import State
from playground.lessons.reading import read_lesson
from playground.lessons.texts import Texts
from playground.lessons.views.embeddings import listed
from tests.lesson_texts import HEAD, write

PROMPT = "the tin on the tin"


def state(view: str, **fields: object) -> State:
    return State(1, view, prompt=PROMPT, fields={"token": "", **fields})


def attention_state(layer: int, head: int | str, token: str = "") -> State:
    return state("inside/attention", token=token, layer=layer, head=head, hide_first=True)


def value(engine, shown: State, source: str):
    look = asyncio.run(Texts(engine.model, engine).look(shown))
    return look.value(read(source, Scope(shown.view)).tree)


@pytest.mark.parametrize("head", [0, "mean", "max"])
def test_attention_is_the_weight_that_transformers_returns(engine, tiny_models, head):
    ids = list(engine.model.tokenizer.encode(PROMPT))
    model = tiny_models["llama"]
    model.set_attn_implementation("eager")
    found = model(torch.tensor([ids]), output_attentions=True).attentions[1][0].detach()
    weights = found[head] if isinstance(head, int) else found.mean(0) if head == "mean" else found.amax(0)
    texts = [engine.model.vocabulary[one].replace("·", " ") for one in ids]
    looks, looked_at = texts[-1], texts[0]
    key = max(place for place, text in enumerate(texts) if text == looked_at)
    measured = value(engine, attention_state(1, head), f'attention("{looks}", "{looked_at}")')
    assert measured == pytest.approx(float(weights[-1, key]), abs=5e-5)


def test_what_has_no_weight_is_a_sentence(engine):
    with pytest.raises(PlaygroundError, match="'zzz' is not among the tokens that can be looked at"):
        value(engine, attention_state(0, 0), 'attention("zzz", "t")')
    with pytest.raises(PlaygroundError, match="layer is 99, and"):
        value(engine, attention_state(99, 0), 'attention("t", "t")')
    with pytest.raises(PlaygroundError, match="no single head and token"):
        value(engine, attention_state(0, "mean"), "without_head()")


def test_similarity_is_the_cosine_of_two_rows_of_the_embedding(engine, tiny_models):
    words = ["#5", "#7", "#9"]
    rows = tiny_models["llama"].get_input_embeddings().weight.detach().double()
    shown = state("inside/embeddings", words=", ".join(words), pair=["#9", "#5"])
    expected = torch.nn.functional.cosine_similarity(rows[5], rows[7], dim=0)
    assert value(engine, shown, 'similarity("#7", "#5")') == pytest.approx(float(expected), abs=1e-6)
    assert value(engine, shown, "pair_similarity()") == value(engine, shown, 'similarity("#5", "#9")')
    with pytest.raises(PlaygroundError, match="'#8' is not among the words of the state: #5, #7, #9"):
        value(engine, shown, 'similarity("#8", "#5")')


def test_words_are_read_as_the_view_reads_them():
    assert listed("animals: cat, dog;cow\n red  cat\nmy colours : blue") == ["cat", "dog", "cow", "red", "blue"]


def lesson(folder, lines: str, parts: str = "Text."):
    return read_lesson(write(folder, f"{HEAD}\n## One\n```state\n{lines}\n```\n{parts}\n"))


def test_a_state_has_the_fields_of_its_view_with_their_defaults(tmp_path):
    read = lesson(tmp_path, 'view: inside/attention\nprompt: a\ntoken: " book"\nhead: 3')
    assert read.states[0].told()["fields"] == {"token": " book", "hide_first": True, "layer": 0, "head": 3}


@pytest.mark.parametrize(
    ("lines", "line", "sentence"),
    [
        ("prompt: a\nlayer: 3", 11, "The view decode has no layer. It belongs to inside/attention."),
        ("view: inside/attention\nlayer: three", 11, "layer must be a whole number, but is 'three'."),
        ("view: inside/attention\nhead: min", 11, "head is 'min'. Choose one of mean, max."),
        ("view: inside/attention\nhide_first: 1", 11, "hide_first is 1. Give true or false."),
        ("view: inside/embeddings\nwords: cat", 11, "words is 'cat'. Write two words or more"),
        ("view: inside/embeddings\npair: [cat]", 11, "pair is ['cat']. Name two of the words"),
        ("view: inside/why\nwords: cat, dog", 11, "The view inside/why has no words. It belongs to inside/embeddings."),
    ],
)
def test_a_field_that_is_wrong_is_told_with_its_line(tmp_path, lines, line, sentence):
    with pytest.raises(LessonError) as refused:
        lesson(tmp_path, lines)
    [fault] = refused.value.faults
    assert fault.line == line
    assert sentence in fault.sentence


def test_a_task_may_change_fields_of_its_view_and_no_others(tmp_path):
    task = '```try\ntask: Turn.\ncheck: attention("a", "b") > 0.5\nonly: [head]\nsolved: {%s}\n```'
    read = lesson(tmp_path, "view: inside/attention\nprompt: a", task % "head: 2")
    assert read.pages[0].parts[0].solved == {"head": 2}
    with pytest.raises(LessonError, match="solved names 'words', which is not a setting"):
        lesson(tmp_path, "view: inside/attention\nprompt: a", task % "words: 2")
