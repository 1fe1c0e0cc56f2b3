"""Builds the part of Compare prompts under the columns: do examples help, and which of two wordings is better?

Parses what the page's JavaScript sends, runs the evaluation on one model after the other, and sends the results back.
The statistics are those of `playground.prompts.statistics`.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import Any

import gradio as gr

from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.prompts.columns import LONGEST_TEXT, Columns, examples, parse_task
from playground.prompts.evaluation import (
    MOST_ITEMS,
    MOST_ORDERS,
    MOST_PROMPTS,
    MOST_SHOTS,
    WORDINGS,
    Evaluation,
    Switches,
    plan,
    plan_wordings,
)
from playground.prompts.label_words import SPELLINGS
from playground.prompts.labels import Scorer
from playground.prompts.prompting import FORMS
from playground.prompts.reviews import REVIEWS
from playground.prompts.statistics import paired
from playground.values import MOST_NUMBER, Values, shown, whole
from playground.web.bundles import joined
from playground.web.panels.events import Call, once, session_hash, stream
from playground.web.panels.messages import marked, refuse_second, with_refusal

MOUNT = joined().loading("""
// events: "evaluate", "halt"
// The columns above are in the same file. They say so if it does not come.
import(new URL("playground/assets/prompts/evaluation.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, server), () => {});
""")
PAUSE_SECONDS = 0.3
"""The shortest time between two messages."""


MOST_MODELS = 6
"""As many as the chart has colours."""


@dataclass(eq=False)
class Session:
    """Says whether a visitor's evaluation is under way, and whether it should end.

    `stopped` is the page's number of the newest evaluation that was stopped. The numbers grow with every evaluation.
    """

    running: bool = False
    stopped: int = -1
    halted: asyncio.Event = field(default_factory=asyncio.Event)

    def halt(self, number: int) -> None:
        """Ends the evaluation with this number, which may still be on its way to the server."""
        self.stopped = number
        self.halted.set()


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

    def evaluate(call: Call) -> AsyncGenerator[dict[str, Any]]:
        number = Values("The evaluation", call.asked).whole("id", 0, MOST_NUMBER)
        return marked(_evaluate(engines, visitors[call.session], call.asked, number), id=number)

    async def halt(call: Call) -> None:
        visitors[call.session].halt(Values("The request", call.asked).whole("id", 0, MOST_NUMBER))

    def leave(request: gr.Request) -> None:
        visitors.pop(session_hash(request), Session()).halt(MOST_NUMBER)

    stream(view.evaluate, evaluate, view, lambda sentence: {"error": sentence})
    once(view.halt, halt)
    page.unload(leave)


async def _evaluate(engines: Engines, session: Session, given: Any, number: int = 0) -> AsyncGenerator[dict[str, Any]]:
    """Runs an evaluation on one model after the other, and yields news of the models by their places.

    What a model ends with is sent together with the news that the next one begins. The last message has what all of
    them end with, because the page may not see each of many messages.
    """
    refuse_second(session.running, "Another evaluation is still running")
    session.running = True
    if number > session.stopped:
        session.halted.clear()
    try:
        names, asked = _names(given), Values("The evaluation", given)
        planned, compares_wordings = await asyncio.to_thread(_planned, given, len(names))
        evaluations = [replace(planned) for _ in names]
        latest: dict[str, dict[str, Any]] = {}
        fresh: dict[str, dict[str, Any]] = {}
        for place, (name, evaluation) in enumerate(zip(names, evaluations, strict=True)):
            if session.halted.is_set():
                break
            told = _told(engines, session, name, evaluation, compares_wordings, asked)
            failed = partial(_failed, evaluation, compares_wordings)
            async with aclosing(with_refusal(told, failed)) as news:
                async for message in news:
                    latest[str(place)] = fresh[str(place)] = message
                    if not message["ended"]:
                        yield {"models": fresh}
                        fresh = {}
        pairs = await asyncio.to_thread(_pairs, [] if compares_wordings else evaluations)
        session.running = False  # before the last message, so that a new evaluation can start at once
        yield {"models": latest, "pairs": pairs, "ended": True}
    finally:
        session.running = False


async def _told(
    engines: Engines, session: Session, name: str, evaluation: Evaluation, compares_wordings: bool, asked: Values
) -> AsyncGenerator[dict[str, Any]]:
    """Runs an evaluation on one model, and yields its results from time to time.

    The model is in use only in here, so that it can make room for the next one. The last message also has every item,
    unless wordings are compared.
    """
    yield _message(evaluation, compares_wordings) | {"is_loading": engines.loaded(name) is None}
    async with AsyncExitStack() as stack:
        engine = await _unless_halted(engines, name, session, stack)
        if engine is not None:
            yield _message(evaluation, compares_wordings)
            told = time.perf_counter()
            languages = engine.model.languages.chosen_in(asked)
            columns, scorer = Columns(engine.model, engine.limits, languages), engine.beside(Scorer)
            pauses = await stack.enter_async_context(aclosing(evaluation.run(scorer, columns)))
            async for _ in pauses:
                if session.halted.is_set():
                    break
                if time.perf_counter() - told > PAUSE_SECONDS:
                    told = time.perf_counter()
                    yield await asyncio.to_thread(_message, evaluation, compares_wordings)
    yield await asyncio.to_thread(_message, evaluation, compares_wordings, ended=True)


async def _unless_halted(engines: Engines, name: str, session: Session, stack: AsyncExitStack) -> AnyEngine | None:
    """Returns a model's engine, which is used until `stack` ends, or None if Stop is pressed before it is loaded."""
    entering = asyncio.ensure_future(stack.enter_async_context(engines.using(name)))
    stopping = asyncio.ensure_future(session.halted.wait())
    try:
        await asyncio.wait([entering, stopping], return_when=asyncio.FIRST_COMPLETED)
        return None if session.halted.is_set() else await entering
    finally:
        for task in (entering, stopping):
            task.cancel()
        await asyncio.gather(entering, stopping, return_exceptions=True)


def _failed(evaluation: Evaluation, compares_wordings: bool, sentence: str) -> dict[str, Any]:
    return _message(evaluation, compares_wordings, ended=True) | {"error": sentence}


def _pairs(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Compares each two models, by their places, on the items on which both were tried."""
    pairs = []
    for (first, one), (second, other) in combinations(enumerate(evaluations), 2):
        found = [
            {"shots": shots} | paired(one.right(case), other.right(case)) for shots, case in one.first_orders().items()
        ]
        tried = [row for row in found if row["items"]]
        if tried:
            pairs.append({"places": [first, second], "shots": tried})
    return pairs


def _names(given: Any) -> list[str]:
    """Returns the names of the models that are asked for. Each one that is not there is refused by itself."""
    names = Values("The evaluation", given).texts("models", MOST_MODELS, 1000)
    if not names:
        raise PlaygroundError(f"No model is chosen. Choose 1 to {MOST_MODELS}.")
    if len(set(names)) < len(names):
        raise PlaygroundError(f"A model is chosen twice in {shown(list(names))}. Choose each once.")
    return list(names)


def _planned(given: Any, models: int) -> tuple[Evaluation, bool]:
    """Returns the evaluation that is asked for, and whether it compares wordings."""
    evaluation, compares_wordings = _plan(given)
    if evaluation.total * models > MOST_PROMPTS:
        raise PlaygroundError(
            f"This asks for {evaluation.total * models:,} prompts on {models} models. Ask for at most "
            f"{MOST_PROMPTS:,}: fewer models, items or orders."
        )
    return evaluation, compares_wordings


def _plan(given: Any) -> tuple[Evaluation, bool]:
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
        "is_loading": False,
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
    first, second = evaluation.right(0), evaluation.right(1)
    differing = [item for item, is_right in first.items() if item in second and is_right != second[item]]
    return paired(first, second) | {
        "differing": [
            {
                "input": evaluation.items[item].input,
                "answer": evaluation.items[item].answer,
                "said": [evaluation.labels[evaluation.predicted(case, item)] for case in (0, 1)],
            }
            for item in sorted(differing)
        ],
    }
