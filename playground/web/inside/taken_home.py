"""Records the views of "Inside the model" that a page to take home shows below its text, in the room that it has.

What the page asks of the server is recorded by the modules of each view. Knows which views there are, and what the page
must know to show them (`assets/take_home/views.js`).
"""

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playground import values
from playground.attention.recorded import attention_recorded
from playground.attention.views import REDUCERS
from playground.engine.any_engine import AnyEngine
from playground.sharing.recorded import views_file
from playground.traces.file import Kind
from playground.web.inside.recorded import Recorded, record_layers, record_why

VIEWS = ("attention", "layers", "why")
"""The views that a page to take home can have, in the order in which it shows them."""
ROOM: dict[Kind, int] = {"light": 2_400_000, "full": 24_000_000}
"""The most bytes of the recorded views of a page. They are a third longer in the page, and a light one has 5 MB with
forty steps. Attention has at most half of it where other views are recorded too."""


@dataclass(frozen=True)
class Asked:
    """What a page is to show of the model.

    Attributes:
        views: the names of the views, each once.
        step: the index of the step in view.
        position: the place of the token that the views look at; None for the one before the step.
        layer: the number of the layer in view; None for one in the middle.
        head: the number of the head in view, or how the heads of a layer are combined.
        terms, why: what the views ask about the position; see `record_layers` and `record_why`.
    """

    views: tuple[str, ...]
    step: int
    position: int | None
    layer: int | None
    head: int | str
    terms: str
    why: tuple[str, ...]


def asked(
    kind: Kind, views: str, step: str, position: str, layer: str, head: str, terms: str, why: Sequence[str]
) -> Asked:
    """Returns what a request asks for. A whole page always has the attention, which its file has too.

    Args:
        kind: of the page.
        views: the names with commas between them; none for an empty text.
        step: a whole number.
        position, layer: a whole number, or an empty text for the usual one.
        head: a whole number, or one of `REDUCERS`.
        terms, why: as in `Asked`.

    Raises:
        PlaygroundError: a value is none of these.
    """
    named = [values.choice("views", one, VIEWS) for one in views.split(",") if one]
    wanted = tuple(one for one in VIEWS if one in named or (kind, one) == ("full", "attention"))
    place, number = (
        values.whole_in(name, text) if text else None for name, text in (("position", position), ("layer", layer))
    )
    chosen = head if head in REDUCERS else values.whole_in("head", head)
    return Asked(wanted, values.whole_in("step", step), place, number, chosen, terms, tuple(why))


async def views_recorded(engine: AnyEngine, trace_id: str, kind: Kind, wanted: Asked) -> dict[str, bytes]:
    """Returns the answers that the page has, by what it asks; none if there is no view to show.

    Raises:
        PlaygroundError: the text is not kept or does not have the step or the position, the model not the layer or the
            head, or a question about the position is none.
    """
    before = engine.store.ids_before(trace_id, wanted.step)
    size = len(engine.store.ids(trace_id)[0])
    position = len(before) - 1 if wanted.position is None else values.whole("position", wanted.position, 0, size - 1)
    _check(engine, wanted)
    room, views = ROOM[kind], list(wanted.views)
    attention: dict[str, bytes] = {}
    if "attention" in views:
        most = room if views == ["attention"] else room // 2
        attention = await attention_recorded(engine, trace_id, wanted.layer, most)
        if not attention:
            views.remove("attention")
    recorded = Recorded(room - sum(len(answer) for answer in attention.values()))
    why = await record_why(engine, trace_id, position, wanted.why, recorded) if "why" in views else []
    if "layers" in views:  # after the others, because it takes what room there is
        await record_layers(engine, trace_id, position, wanted.terms, recorded)
    if not views:
        return {}
    choice = {"head": wanted.head} | ({} if wanted.layer is None else {"layer": wanted.layer})
    told = {"views": views, "step": wanted.step, "position": position, "choice": choice, "why": list(why)}
    words = {token_id: engine.model.vocabulary[token_id] for token_id in recorded.token_ids}
    return dict(ChainMap(views_file(told | {"model": _model(engine)}, words), attention, recorded.answers))


def _check(engine: AnyEngine, wanted: Asked) -> None:
    """Refuses a layer or a head that the model does not have."""
    facts = engine.model.facts()
    for name, number in (("layer", wanted.layer), ("head", wanted.head)):
        if isinstance(number, int):
            values.whole(name, number, 0, int(facts[f"{name}s"]) - 1)


def _model(engine: AnyEngine) -> dict[str, Any]:
    """Returns what the page must know of the model."""
    return {"model": engine.model.name, "family": "encoder-decoder" if engine.model.takes_source else "decoder"}
