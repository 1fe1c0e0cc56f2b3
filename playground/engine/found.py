"""A text that beam search found, as a trace: every token of it is given, and has the step it would have had.

Knows the engine. Does not know searches: it is told what one found.
"""

from collections.abc import Sequence
from dataclasses import replace

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request, check, checked_ids
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.traces.trace import Trace


def found(engine: Engine, prompt_ids: Sequence[int], settings: Settings, token_ids: Sequence[int]) -> Run:
    """Asks for the trace of `token_ids` after the prompt, which says that `settings`, a search's, chose them.

    A step's probability is the one after the penalties, which are applied to logits here as in any other trace, and
    to log-probabilities in the search. A text that the search left before its end is "stopped".

    Raises:
        PlaygroundError: there are no tokens, they are not the model's, or the text is over a limit.
    """
    given = checked_ids(token_ids, engine.model)
    if not given:
        raise PlaygroundError("There is no token after the prompt yet. Choose one further on in the tree.")
    as_greedy = replace(settings, strategy="greedy")
    request = Request(checked_ids(prompt_ids, engine.model), as_greedy, forced_ids=given, max_steps=len(given))
    check(request, engine.model, engine.limits)
    trace_id = engine.store.open(Trace(engine.model.name, request.prompt_ids, replace(settings, strategy="beam")))
    try:
        return engine.trace(request, trace_id)
    except PlaygroundError:
        engine.store.drop([trace_id])
        raise
