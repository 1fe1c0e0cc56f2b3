"""What lessons know of the view Beams: the winner of its search, greedy's text and the sampled one beside it.

A search is asked for by settings that every state has. Its own texts have no field here.
"""

import asyncio
import math

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.lessons.views.view import Asked, Kind, Measure, Measured, Unit, View
from playground.lessons.written_text import text_of
from playground.models.loaded_model import writes_nothing
from playground.strategies.beams import beside, searched
from playground.values import choice, shown

ID = "beams"
ROWS = ("winner", "greedy", "sampled")
"""The rows of the view's table that have one text each."""
OF_SEARCH = ("num_beams", "max_new_tokens", "length_penalty", "no_repeat_ngram_size", "early_stopping")
"""The settings that the view's own controls hold. All others are the sidebar's, for the sampled text."""


def _of_row(name: str, gives: Kind, unit: Unit, what: str) -> Measure:
    where = 'in the row `"winner"`, `"greedy"` or `"sampled"` of the table'
    return Measure(name, ("text",), gives, unit, f"{what} {where}", ID, '"winner"')


async def measured(asked: Asked) -> Measured:
    """Returns the measures of the texts that the view finds.

    Raises:
        PlaygroundError: the model writes no texts, or the search is over a limit.
    """
    engine, settings = asked.reader, asked.settings
    if not isinstance(engine, AnyEngine):
        raise writes_nothing(engine.model.name)
    read = await asyncio.to_thread(engine.model.encode_prompt, asked.prompt)
    beam = Settings(strategy="beam", **{name: getattr(settings, name) for name in OF_SEARCH})
    tree = await searched(engine, read.ids, beam, read.source_ids)
    found = {path.name: (path.token_ids, sum(path.log_probs)) for path in await beside(engine, read, beam, settings)}
    if tree.hypotheses:
        winner = tree.hypotheses[0]
        found["winner"] = (winner.token_ids, tree.nodes[winner.node].cumulative)

    def path(row: str) -> tuple[tuple[int, ...], float]:
        chosen = choice("The row", row, ROWS)
        if chosen not in found:
            raise PlaygroundError(f"The search has found no text, so that there is no {shown(chosen)}.")
        return found[chosen]

    return {
        "path_text": lambda row: text_of(engine.model, path(row)[0]),
        "path_logprob": lambda row: path(row)[1],
        "path_probability": lambda row: math.exp(path(row)[1]),
    }


VIEW = View(
    ID,
    (),
    (
        _of_row("path_text", "text", "text", "the text"),
        _of_row("path_logprob", "number", "number", "the log-probability of the text, in nats,"),
        _of_row("path_probability", "number", "percent", "the probability of the text"),
    ),
    measured,
)
