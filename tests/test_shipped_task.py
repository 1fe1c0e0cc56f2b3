"""Tests that the task with which Compare prompts opens shows, on the default model, what examples are for."""

from dataclasses import replace

import pytest

from playground.engine.engine import Engine
from playground.engine.request import Limits
from playground.prompts.columns import Columns
from playground.prompts.labels import Query, Scorer, encode_labels, rescaled, share
from playground.prompts.tasks import TASKS
from playground.traces.store import TraceStore

OPENING = TASKS[0]
SHIPPED = [("A dull film that goes nowhere.", "Negative"), ("I laughed until I cried.", "Positive")]
SHOTS = (0, 1, 4)


def test_the_page_offers_a_review_of_each_class():
    assert OPENING.tries == tuple(text for text, _ in SHIPPED)
    assert OPENING.input in OPENING.tries
    assert not {example.input for example in OPENING.examples} & set(OPENING.tries)


@pytest.mark.model
@pytest.mark.parametrize(("review", "label"), SHIPPED)
async def test_more_examples_make_the_format_known_and_the_right_label_win(default_model, review, label):
    engine = Engine(default_model, TraceStore(50_000_000)).start()
    columns = Columns(default_model, Limits())
    task = replace(OPENING, input=review)
    labels = encode_labels(default_model, [f" {word}" for word in OPENING.labels])
    prompts = [columns.prompt(task, review, shots, "plain", 40).text for shots in SHOTS]
    queries = [Query(default_model.tokenizer.encode(prompt), labels) for prompt in prompts]
    found = await Scorer(engine).probabilities(queries)
    engine.close()
    shares = [share(probabilities) for probabilities in found]
    assert shares[0] < 0.3 < shares[1] < 0.8 < 0.9 < shares[2]
    right = OPENING.labels.index(label)
    own = [probabilities[right] for probabilities in found]
    assert own[0] + 0.1 < own[1] < own[2] - 0.3, "each number of examples is visibly better than the one before"
    assert rescaled(found[2])[right] > 0.8
