"""Under the columns of the Compare prompts tab: does it help? and which wording is better?

Parses what the page's own JavaScript sends, runs the evaluation, hands its news back. No mathematics here.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.panels.messages import EVERY, told
from playground.prompts.columns import Columns, parse_task
from playground.prompts.evaluation import Evaluation, Switches, mcnemar, plan, plan_wordings
from playground.prompts.labels import Scorer
from playground.prompts.prompting import Example
from playground.prompts.reviews import REVIEWS

MOUNT = """
// events: "evaluate", "halt"
import(new URL("playground/assets/prompts/evaluation.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, server));
"""
PAUSE_SECONDS = 0.3
"""Between two messages."""


@dataclass(eq=False)
class Session:
    """Whether a visitor's evaluation is under way, and whether it should end."""

    running: bool = False
    halted: bool = False


def build(page: gr.Blocks, columns: Columns, scorer: Scorer, read_csv: Any) -> None:
    """Builds the view inside the tab being built."""
    visitors: defaultdict[str, Session] = defaultdict(Session)
    view = gr.HTML(
        None,
        html_template="<div></div>",
        js_on_load=MOUNT,
        apply_default_css=False,
        elem_id="pg-evaluation",
        server_functions=[read_csv],
    )

    async def evaluate(event: gr.EventData, request: gr.Request) -> AsyncGenerator[dict[str, Any]]:
        asked = event._data
        news = _evaluate(columns, scorer, visitors[request.session_hash], asked)
        messages = told(news, lambda sentence: {"error": sentence})
        async with aclosing(messages):
            async for message in messages:
                yield {"id": asked["id"], **message}

    def halt(request: gr.Request) -> None:
        visitors[request.session_hash].halted = True

    def leave(request: gr.Request) -> None:
        visitors.pop(request.session_hash, Session()).halted = True

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    view.evaluate(evaluate, None, view, concurrency_limit=None, **quiet, **EVERY)
    view.halt(halt, None, None, queue=False, **quiet)
    page.unload(leave)


async def _evaluate(
    columns: Columns, scorer: Scorer, session: Session, asked: dict[str, Any]
) -> AsyncGenerator[dict[str, Any]]:
    """What is known, every now and then; the last one holds every item."""
    if session.running:
        raise PlaygroundError("An evaluation is running already. Press Stop first, or wait for its end.")
    session.running, session.halted = True, False
    try:
        evaluation = _planned(asked)
        told = 0.0
        yield _message(evaluation, asked)
        async with aclosing(evaluation.run(scorer, columns)) as pauses:
            async for _ in pauses:
                if session.halted:
                    break
                if time.perf_counter() - told > PAUSE_SECONDS:
                    told = time.perf_counter()
                    yield await asyncio.to_thread(_message, evaluation, asked)
        last = await asyncio.to_thread(_message, evaluation, asked, ended=True)
        session.running = False  # who reads of the end may begin another at once
        yield last
    finally:
        session.running = False


def _planned(asked: dict[str, Any]) -> Evaluation:
    task = parse_task(asked["task"])
    rows = asked["items"]
    items = REVIEWS if rows is None else [Example(row["input"], row["answer"]) for row in rows]
    how = {"form": asked["form"], "spelling": asked["spelling"]}
    if asked.get("wordings"):
        return plan_wordings(
            task, [str(wording) for wording in asked["wordings"]], items, int(asked["shots"][0]), **how
        )
    return plan(task, items, [int(shots) for shots in asked["shots"]], Switches(**asked["switches"]), **how)


def _message(evaluation: Evaluation, asked: dict[str, Any], *, ended: bool = False) -> dict[str, Any]:
    message: dict[str, Any] = {
        "done": evaluation.done,
        "total": evaluation.total,
        "seconds_left": evaluation.seconds_left,
        "labels": list(evaluation.labels),
        "ended": ended,
    }
    if asked.get("wordings"):
        return message | {"wordings": _wordings(evaluation)}
    return message | {"shots": evaluation.by_shots(), "items": evaluation.by_item() if ended else None}


def _wordings(evaluation: Evaluation) -> dict[str, Any]:
    """Both wordings over the items that both have been tried on, and the items on which they differ."""
    both = [item for item in range(len(evaluation.items)) if all(item in answers for answers in evaluation.answers)]
    right = [[evaluation.is_right(case, item) for item in both] for case in range(len(evaluation.cases))]
    differing = [place for place in range(len(both)) if right[0][place] != right[1][place]]
    only_first = sum(right[0][place] for place in differing)
    return {
        "items": len(both),
        "right": [sum(one) for one in right],
        "only_first": only_first,
        "only_second": len(differing) - only_first,
        "p": mcnemar(only_first, len(differing) - only_first),
        "differing": [
            {
                "input": evaluation.items[both[place]].input,
                "answer": evaluation.items[both[place]].answer,
                "said": [evaluation.labels[evaluation.predicted(case, both[place])] for case in (0, 1)],
            }
            for place in differing
        ],
    }
