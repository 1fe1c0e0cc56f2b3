"""Tests that evaluations count right, read what the model prefers, and change examples as the switches say."""

from dataclasses import replace

import pytest

from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.prompts.columns import Columns
from playground.prompts.evaluation import Switches, plan, plan_wordings, shuffled
from playground.prompts.labels import Query, Scorer, encode_labels
from playground.prompts.prompting import Example, Task
from playground.prompts.reviews import REVIEWS
from playground.prompts.statistics import mcnemar, paired, wilson
from playground.prompts.tasks import TASKS

TASK = Task(
    "Test",
    "x",
    ":",
    (Example("a", "on"), Example("b", "in"), Example("c", "on"), Example("d", "in")),
    "e",
    labels=("on", "in"),
)
ITEMS = [Example("t", "on"), Example("he", "in"), Example("in a", "on")]


async def finished(engine, evaluation):
    async for _ in evaluation.run(Scorer(engine), Columns(engine.model, Limits())):
        pass
    return evaluation


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (30, 60, 0.3773, 0.6227)],
)
def test_wilson_is_that_of_the_tables(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_wilson_of_nothing_knows_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (9, 1, 0.021484375)]
)
def test_mcnemar_is_the_binomial_tail(first, second, p):
    """0 of 5 gives 2 / 2**5, and 1 of 10 gives 2 (1 + 10) / 2**10."""
    assert mcnemar(first, second) == pytest.approx(p)


def test_two_ways_to_answer_are_compared_on_the_items_of_both():
    first = {0: True, 1: True, 2: False, 3: True, 4: False}
    second = {4: False, 3: False, 2: True, 1: True, 5: True, 0: False}
    found = paired(first, second)
    assert found == {"items": 5, "right": [3, 2], "only_first": 2, "only_second": 1, "p": 1.0}
    assert paired(first, {})["items"] == 0


async def test_every_prompt_equals_a_single_question(engine):
    evaluation = await finished(engine, plan(TASK, ITEMS, [0, 2], Switches(orders=2)))
    assert [(case.shots, case.order) for case in evaluation.cases] == [(0, 0), (2, 0), (2, 1)]
    assert evaluation.done == evaluation.total == 9
    columns, scorer = Columns(engine.model, Limits()), Scorer(engine)
    label_ids = encode_labels(engine.model, [" on", " in"])
    for number, case in enumerate(evaluation.cases):
        for place, item in enumerate(ITEMS):
            prompt = columns.prompt(case.task, item.input, case.shots, "plain", 2)
            ids = engine.model.tokenizer.encode(prompt.text)
            [[first, second]] = await scorer.probabilities([Query(ids, label_ids)])
            assert evaluation.answers[number][place] == pytest.approx([first, second], abs=1e-6)
            assert evaluation.predicted(number, place) == (0 if first >= second else 1)


async def test_the_summary_counts_what_was_found(engine):
    evaluation = plan(TASK, ITEMS, [0, 1], Switches())
    evaluation.answers[0] = {0: [0.4, 0.2], 1: [0.1, 0.2], 2: [0.2, 0.4]}
    evaluation.preferred[0] = evaluation.answers[0]
    none, one = evaluation.by_shots()[0], evaluation.by_shots()[1]
    assert none["accuracy"] == pytest.approx(2 / 3)
    assert (none["low"], none["high"]) == pytest.approx(wilson(2, 3))
    assert none["share"] == pytest.approx((0.6 + 0.3 + 0.6) / 3)
    assert none["confusion"] == [[1, 1], [0, 1]]
    assert none["by_order"] == pytest.approx([2 / 3])
    assert one["items"] == 0
    assert evaluation.by_item()[1] == {"input": "he", "answer": "in", "found": [[0, "in", 0.2, True]]}
    assert evaluation.done == 3


async def test_calibration_decides_by_the_rescaled_numbers(engine):
    evaluation = await finished(engine, plan(TASK, ITEMS, [1], Switches(calibrate=True)))
    columns, scorer = Columns(engine.model, Limits()), Scorer(engine)
    bare = columns.prompt(TASK, "N/A", 1, "plain", 2)
    [bias] = await scorer.probabilities(
        [Query(engine.model.tokenizer.encode(bare.text), encode_labels(engine.model, [" on", " in"]))]
    )
    own = evaluation.answers[0][0]
    ratios = [own[place] / bias[place] for place in (0, 1)]
    assert evaluation.preferred[0][0] == pytest.approx([ratio / sum(ratios) for ratio in ratios], rel=1e-4)


def test_the_switches_do_what_they_say():
    flipped = plan(TASK, ITEMS, [4], Switches(flip=True)).cases[0].task
    assert [example.answer for example in flipped.examples] == ["in", "on", "in", "on"]
    one = plan(TASK, ITEMS, [4], Switches(one_class=True)).cases[0].task
    assert [example.answer for example in one.examples] == ["on", "on"]
    nonsense = plan(TASK, ITEMS, [4], Switches(nonsense=True))
    assert nonsense.labels == ("foo", "bar")
    assert [example.answer for example in nonsense.cases[0].task.examples] == ["foo", "bar", "foo", "bar"]
    assert [item.answer for item in nonsense.items] == ["foo", "bar", "foo"]


def test_an_order_is_the_same_every_time_and_the_first_is_the_tasks_own():
    assert shuffled(TASK, 0) is TASK
    assert shuffled(TASK, 1) == shuffled(TASK, 1)
    assert sorted(example.input for example in shuffled(TASK, 1).examples) == ["a", "b", "c", "d"]
    assert len({shuffled(TASKS[0], order).examples for order in range(5)}) == 5


async def test_two_wordings_are_tried_on_the_same_items(engine):
    evaluation = await finished(engine, plan_wordings(TASK, ["the", "on"], ITEMS, 1, form="plain", spelling="space"))
    assert [case.task.instruction for case in evaluation.cases] == ["the", "on"]
    assert [len(answers) for answers in evaluation.answers] == [3, 3]


@pytest.mark.parametrize(
    ("task", "items", "shots", "orders", "sentence"),
    [
        (replace(TASK, labels=("on",)), ITEMS, [0], 1, "needs at least two label words"),
        (TASK, [], [0], 1, "no items to try"),
        (TASK, [Example("a", "up")], [0], 1, "Item 1 has the answer 'up', which is none of the label words on, in"),
        (TASK, ITEMS * 400, [0], 1, "There are 1,200 items. Try at most 1,000"),
        (TASK, ITEMS, [], 1, r"The numbers of shots are \[\]"),
        (TASK, ITEMS, [9], 1, r"The numbers of shots are \[9\]"),
        (TASK, ITEMS, [1], 9, "The number of orders is 9"),
        (TASK, ITEMS * 300, range(9), 5, "asks for 40,500 prompts"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(task, items, shots, orders, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        plan(task, items, shots, Switches(orders=orders))


@pytest.mark.model
async def test_examples_help_the_default_model(default_model):
    """The label share rises from zero to one to four shots over the first reviews."""
    from playground.engine.engine import Engine
    from playground.traces.store import TraceStore

    engine = Engine(default_model, TraceStore(50_000_000)).start()
    evaluation = await finished(engine, plan(TASKS[0], REVIEWS[:6], [0, 1, 4], Switches()))
    engine.close()
    shares = [summary["share"] for summary in evaluation.by_shots()]
    assert shares[0] < shares[1] < shares[2]
