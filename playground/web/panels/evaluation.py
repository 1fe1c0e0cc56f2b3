"""Builds the part of Compare prompts under the columns: do examples help, and which of two wordings is better?

Parses what the page's JavaScript sends, runs the evaluation, and sends its results back. The statistics are those of
`playground.prompts.evaluation`.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.prompts.columns import LONGEST_TEXT, Columns, examples, parse_task
from playground.prompts.evaluation import (
    MOST_ITEMS,
    MOST_ORDERS,
    MOST_SHOTS,
    WORDINGS,
    Evaluation,
    Switches,
    mcnemar,
    plan,
    plan_wordings,
)
from playground.prompts.label_words import SPELLINGS
from playground.prompts.labels import Scorer
from playground.prompts.prompting import FORMS
from playground.prompts.reviews import REVIEWS
from playground.values import MOST_NUMBER, Values, whole
from playground.web.bundles import joined
from playground.web.panels.chosen import chosen, streamed
from playground.web.panels.events import Call, once, session_hash, stream
from playground.web.panels.messages import marked, refuse_second

MOUNT = joined().loading("""
// events: "evaluate", "halt"
// The columns above are in the same file. They say so if it does not come.
import(new URL("playground/assets/prompts/evaluation.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, server), () => {});
""")
PAUSE_SECONDS = 0.3
"""The shortest time between two messages."""


@dataclass(eq=False)
class Session:
    """Says whether a visitor's evaluation is under way, and whether it should end."""

    running: bool = False
    halted: bool = False


def build(page: gr.Blocks, engines: Engines, read_csv: Any) -> None:
    """Builds the view inside the tab that is being built."""
    visitors: defaultdict[str, Session] = defaultdict(Session)
    view = gr.HTML(
        None,
        html_template="<div></div>",
        js_on_load=MOUNT,
        apply_default_css=False,
        elem_id="pg-evaluation",
        server_functions=[read_csv],
    )

    def evaluate(engine: Engine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        number = Values("The evaluation", call.asked).whole("id", 0, MOST_NUMBER)
        columns, scorer = Columns(engine.model, engine.limits), engine.beside(Scorer)
        return marked(_evaluate(columns, scorer, visitors[call.session], call.asked), id=number)

    async def halt(call: Call) -> None:
        visitors[call.session].halted = True

    def leave(request: gr.Request) -> None:
        visitors.pop(session_hash(request), Session()).halted = True

    stream(view.evaluate, streamed(chosen(engines), evaluate), view, lambda sentence: {"error": sentence})
    once(view.halt, halt)
    page.unload(leave)


async def _evaluate(columns: Columns, scorer: Scorer, session: Session, given: Any) -> AsyncGenerator[dict[str, Any]]:
    """Yields the results from time to time. The last message also has every item, unless wordings are compared."""
    refuse_second(session.running, "Another evaluation is still running")
    session.running, session.halted = True, False
    try:
        evaluation, compares_wordings = await asyncio.to_thread(_planned, given)
        told = 0.0
        yield _message(evaluation, compares_wordings)
        async with aclosing(evaluation.run(scorer, columns)) as pauses:
            async for _ in pauses:
                if session.halted:
                    break
                if time.perf_counter() - told > PAUSE_SECONDS:
                    told = time.perf_counter()
                    yield await asyncio.to_thread(_message, evaluation, compares_wordings)
        last = await asyncio.to_thread(_message, evaluation, compares_wordings, ended=True)
        session.running = False  # before the last message, so that a new evaluation can start at once
        yield last
    finally:
        session.running = False


def _planned(given: Any) -> tuple[Evaluation, bool]:
    """Returns the evaluation that is asked for, and whether it compares wordings."""
    asked = Values("The evaluation", given)
    task = parse_task(asked.get("task"))
    items = [*examples("Item", asked.items("items", MOST_ITEMS))] if "items" in asked else REVIEWS
    how = {"form": asked.choice("form", FORMS), "spelling": asked.choice("spelling", SPELLINGS)}
    shots = [whole("A number of shots", count, 0, MOST_SHOTS) for count in asked.items("shots", MOST_SHOTS + 1)]
    if "wordings" in asked:
        wordings = asked.texts("wordings", WORDINGS, LONGEST_TEXT)
        if len(shots) != 1:
            raise PlaygroundError(
                f"There are {len(shots)} numbers of shots. Give one number of shots to compare wordings."
            )
        return plan_wordings(task, wordings, items, shots[0], **how), True
    return plan(task, items, shots, _switches(asked.get("switches")), **how), False


def _switches(given: Any) -> Switches:
    asked = Values("The switches", given)
    on = {name: asked.boolean(name) for name in ("flip", "one_class", "nonsense", "calibrate")}
    return Switches(orders=asked.whole("orders", 1, MOST_ORDERS), **on)


def _message(evaluation: Evaluation, compares_wordings: bool, *, ended: bool = False) -> dict[str, Any]:
    message: dict[str, Any] = {
        "done": evaluation.done,
        "total": evaluation.total,
        "seconds_left": evaluation.seconds_left,
        "labels": list(evaluation.labels),
        "ended": ended,
    }
    if compares_wordings:
        return message | {"wordings": _wordings(evaluation)}
    return message | {"shots": evaluation.by_shots(), "items": evaluation.by_item() if ended else None}


def _wordings(evaluation: Evaluation) -> dict[str, Any]:
    """Compares both wordings over the items on which both were tried, and lists the items on which they differ."""
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
