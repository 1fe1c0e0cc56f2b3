"""Records the views of "Inside the model" that a page to take home shows below its text, in the room that it has.

What the page asks of the server is recorded by the modules of each view. Knows which views there are, and what the page
must know to show them (`assets/take_home/views.js`).
"""

from collections import ChainMap
from dataclasses import dataclass
from typing import Any

from playground import values
from playground.attention.recorded import attention_recorded
from playground.attention.views import REDUCERS
from playground.engine.engine import Engine
from playground.sharing.recorded import views_file
from playground.traces.file import Kind

VIEWS = ("attention",)
"""The views that a page to take home can have, in the order in which it shows them."""
ROOM: dict[Kind, int] = {"light": 2_400_000, "full": 24_000_000}
"""The most bytes of the recorded views of a page. They are a third longer in the page, and a light one has 5 MB with
forty steps."""


@dataclass(frozen=True)
class Asked:
    """What a page is to show of the model.

    Attributes:
        views: the names of the views, each once.
        step: the index of the step in view.
        layer: the number of the layer in view; None for one in the middle.
        head: the number of the head in view, or how the heads of a layer are combined.
    """

    views: tuple[str, ...]
    step: int
    layer: int | None
    head: int | str


def asked(kind: Kind, views: str, step: str, layer: str, head: str) -> Asked:
    """Returns what a request asks for. A whole page always has the attention, which its file has too.

    Args:
        kind: of the page.
        views: the names with commas between them; none for an empty text.
        step: a whole number.
        layer: a whole number, or an empty text for one in the middle.
        head: a whole number, or one of `REDUCERS`.

    Raises:
        PlaygroundError: a value is none of these.
    """
    named = [values.choice("views", one, VIEWS) for one in views.split(",") if one]
    wanted = tuple(one for one in VIEWS if one in named or (kind, one) == ("full", "attention"))
    chosen = head if head in REDUCERS else values.whole_in("head", head)
    return Asked(wanted, values.whole_in("step", step), values.whole_in("layer", layer) if layer else None, chosen)


async def views_recorded(engine: Engine, trace_id: str, kind: Kind, wanted: Asked) -> dict[str, bytes]:
    """Returns the answers that the page has, by what it asks; none if there is no view to show.

    Raises:
        PlaygroundError: the text is not kept or does not have the step, or the model not the layer or the head.
    """
    engine.store.ids_before(trace_id, wanted.step)
    facts = engine.model.facts()
    for name, number in (("layer", wanted.layer), ("head", wanted.head)):
        if isinstance(number, int):
            values.whole(name, number, 0, int(facts[f"{name}s"]) - 1)
    found = {view: await _recorded(engine, trace_id, view, wanted, ROOM[kind]) for view in wanted.views}
    shown = [view for view, answers in found.items() if answers]
    if not shown:
        return {}
    choice = {"head": wanted.head} | ({} if wanted.layer is None else {"layer": wanted.layer})
    answers = views_file(shown, wanted.step, choice, _model(engine))
    return dict(ChainMap(answers, *found.values()))


async def _recorded(engine: Engine, trace_id: str, view: str, wanted: Asked, room: int) -> dict[str, bytes]:
    return await attention_recorded(engine, trace_id, wanted.layer, room)


def _model(engine: Engine) -> dict[str, Any]:
    """Returns what the page must know of the model."""
    return {"model": engine.model.name, "family": "encoder-decoder" if engine.model.takes_source else "decoder"}
