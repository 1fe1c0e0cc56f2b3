"""Tests that label words after a source have the probabilities of a teacher-forced forward of transformers."""

import math

import pytest

from playground.engine.engine import Engine
from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.prompts.columns import Columns
from playground.prompts.evaluation import Switches, plan
from playground.prompts.label_words import label_words
from playground.prompts.labels import Query, Scorer, encode_labels
from playground.prompts.prompting import Example, Task
from playground.traces.store import TraceStore
from tests import encoder_decoders, fakes
from tests.encoder_decoders import SHAPES, START

LABELS = ((7,), (8, 9), (8, 10, 11), (20, 21, 22, 23), (20, 24), (7 + 40,))
TASK = Task("Tin", "Say it.", "It is:", (Example("on", "tin"), Example("in", "the")), "the on", ("tin", "the"))


@pytest.fixture(params=SHAPES)
def pair(request):
    """Gives an engine, and transformers' own model with the same weights."""
    model = LanguageModel(encoder_decoders.tiny(request.param), fakes.byte_level_tokenizer(), request.param)
    engine = Engine(model, TraceStore(50_000_000)).start()
    yield engine, encoder_decoders.tiny(request.param)
    engine.close()


def expected(hf, source, labels, prefix=()) -> list[float]:
    """Returns the product of the softmax values of each label in one forward."""
    found = []
    for label in labels:
        softmax = encoder_decoders.forced(hf, source, (START, *prefix, *label)).double().softmax(-1)
        found.append(math.prod(float(softmax[len(prefix) + place, token]) for place, token in enumerate(label)))
    return found


async def test_each_label_is_what_the_decoder_writes_after_its_start(pair):
    engine, hf = pair
    source = encoder_decoders.source(9)
    [found] = await Scorer(engine).probabilities([Query((START,), LABELS, source)])
    assert found == pytest.approx(expected(hf, source, LABELS), abs=1e-6)
    [after] = await Scorer(engine).probabilities([Query((START, 12, 13), LABELS, source)])
    assert after == pytest.approx(expected(hf, source, LABELS, (12, 13)), abs=1e-6)


async def test_several_sources_at_once(pair):
    engine, hf = pair
    sources = [encoder_decoders.source(length) for length in (3, 9, 3, 20)]
    many = [*LABELS, *((token,) for token in range(100, 110))]
    found = await Scorer(engine).probabilities([Query((START,), tuple(many), source) for source in sources])
    for source, probabilities in zip(sources, found, strict=True):
        assert probabilities == pytest.approx(expected(hf, source, many), abs=1e-6)


async def test_label_words_after_a_prompt_that_the_encoder_reads(pair):
    engine, hf = pair
    encode = engine.model.tokenizer.encode
    prompts = [{"text": text, "templated": False, "content_free": "on"} for text in ("the in on", "a " * 40)]
    asked = {"labels": ["tin", "the"], "spellings": ["bare", "space"], "prompts": prompts}
    for answer, prompt in zip(await label_words(Scorer(engine), asked), prompts, strict=True):
        for spelling, words in {"bare": ["tin", "the"], "space": [" tin", " the"]}.items():
            ids = encode_labels(engine.model, words)
            own, bare = (expected(hf, encode(text), ids) for text in (prompt["text"], "on"))
            told = answer[spelling]
            assert [one["probability"] for one in told["labels"]] == pytest.approx(own, abs=1e-6)
            assert not any(one["differs"] for one in told["labels"]), "a label is not written behind the prompt"
            shares = [a / b for a, b in zip(own, bare, strict=True)]
            assert told["calibrated"] == pytest.approx([one / sum(shares) for one in shares], rel=1e-4)


async def test_an_evaluation_tries_each_item_as_a_source(pair):
    engine, hf = pair
    items = [Example("on tin", "tin"), Example("the in", "the"), Example("on", "tin")]
    evaluation = plan(TASK, items, [0, 1], Switches(), spelling="bare")
    columns = Columns(engine.model, engine.limits)
    async for _ in evaluation.run(Scorer(engine), columns):
        pass
    labels = encode_labels(engine.model, TASK.labels)
    for number, case in enumerate(evaluation.cases):
        for place, item in enumerate(items):
            text = columns.prompt(case.task, item.input, case.shots, "plain", 1).text
            source = engine.model.tokenizer.encode(text)
            assert evaluation.answers[number][place] == pytest.approx(expected(hf, source, labels), abs=1e-6)


def test_a_column_is_counted_in_the_encoders_window(tokenizer):
    hf = encoder_decoders.tiny("marian")
    model = LanguageModel(hf, tokenizer, "marian")
    shown = Columns(model, Limits()).show({"task": {"input": "on"}, "form": "plain", "columns": [{"free": "the in"}]})
    assert shown["columns"][0]["ids"] == list(tokenizer("the in").input_ids)
    assert (shown["window"], shown["budget"]) == (fakes.WINDOW, fakes.WINDOW)


async def test_a_source_that_is_too_long_or_missing_is_a_sentence(pair):
    engine, _ = pair
    scorer = Scorer(engine)
    with pytest.raises(PlaygroundError, match="has an encoder"):
        await scorer.probabilities([Query((START,), LABELS)])
    with pytest.raises(PlaygroundError, match="The source has 3,001 tokens"):
        await scorer.probabilities([Query((START,), LABELS, encoder_decoders.source(3000))])
