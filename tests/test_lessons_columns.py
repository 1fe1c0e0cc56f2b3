"""Tests the table of the lesson about limits: its figures are those of the page's evaluation over its reviews."""

import re
from pathlib import Path

import pytest

from playground.engine.engine import Engine
from playground.lessons.folders import SHIPPED
from playground.prompts.columns import Columns
from playground.prompts.evaluation import Switches, plan
from playground.prompts.labels import Scorer
from playground.prompts.reviews import REVIEWS
from playground.prompts.tasks import TASKS
from playground.traces.store import TraceStore

LESSON = Path(SHIPPED) / "10-limits.md"
ROW = re.compile(r"\| (\d) \| (\d+) \| (\d+) % \|")
LAST = re.compile(r"It is (\d+), fewer than with one example, and both labels together have (\d+) %")


@pytest.mark.long
@pytest.mark.model
async def test_the_table_of_accuracies_is_what_the_page_evaluates(default_model):
    written = LESSON.read_text("utf-8")
    told = {int(shots): (int(right), int(share)) for shots, right, share in ROW.findall(written)}
    [(right, share)] = LAST.findall(re.sub(r"\s+", " ", written))
    told[8] = (int(right), int(share))
    engine = Engine(default_model, TraceStore(2**24)).start()
    try:
        evaluation = plan(TASKS[0], REVIEWS, sorted(told), Switches())
        async for _ in evaluation.run(Scorer(engine), Columns(default_model, engine.limits)):
            pass
    finally:
        engine.close()
    found = {
        one["shots"]: (round(one["accuracy"] * one["items"]), round(100 * one["share"]))
        for one in evaluation.by_shots()
    }
    assert sorted(told) == [0, 1, 2, 4, 8]
    assert found == told
