"""Finds the model of a family that a request is about: the one that it names, or one of the family.

Knows engines and offers. Does not know what is asked.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.errors import PlaygroundError
from playground.models.encoder_part import Task
from playground.models.masked_model import MaskedModel
from playground.models.offer import Family

DOES: dict[Task, str] = {
    "fill-mask": "fill blanks",
    "text-classification": "label texts",
    "token-classification": "label tokens",
}
"""What models of each task do, for a sentence."""


@asynccontextmanager
async def using_encoder(
    engines: Engines, name: object, tasks: Collection[Task] = tuple(DOES)
) -> AsyncIterator[Reader[MaskedModel]]:
    """Gives what runs an encoder-only model, as `Engines.using_any`.

    Args:
        name: the model's name, as a visitor sent it; None for the first loaded model with one of the tasks, or else the
            first one that is offered.
        tasks: what the model's head may do.

    Raises:
        PlaygroundError: as `Engines.using_any`, or the model has none of the tasks.
    """
    offer = engines.offer(first_of(engines, "encoder", tasks) if name is None else name)
    if offer.task not in tasks:
        does = " or ".join(DOES[task] for task in tasks)
        others = ", ".join(one.name for one in engines.offers if one.task in tasks)
        remedy = f"Choose one of: {others}." if others else "Start the playground with one more --model."
        raise PlaygroundError(f"{offer.name} cannot {does}. {remedy}", status=422)
    async with engines.using_any(offer.name) as worker:
        yield worker


def first_of(engines: Engines, family: Family, tasks: Collection[Task | None] = (None,)) -> str:
    """Returns the name of a model of a family with one of the tasks: of the first one that is loaded, or else of a
    built-in one, or else of the first one that is offered.

    Raises:
        PlaygroundError: the server has none.
    """
    found = [offer for offer in engines.offers if offer.family == family and offer.task in tasks]
    if not found:
        does = " or ".join(DOES[task] for task in tasks if task is not None)
        which = f" and can {does}" if does else ""
        raise PlaygroundError(
            f"No model of this server is of the family {family}{which}. Start the playground with one more --model, or "
            "without --no-built-in.",
            status=422,
        )
    loaded = [offer for offer in found if engines.loaded(offer.name) is not None]
    built_in = [offer for offer in found if offer.is_built_in]
    return [*loaded, *built_in, *found][0].name
