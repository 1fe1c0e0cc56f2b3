"""Makes a trace of a text that beam search found: every token is forced, and each gets a step as in any trace.

Knows the engine. Does not know searches: the caller gives the text that one found.
"""

from collections.abc import Sequence
from dataclasses import replace

from playground.conversation import Conversation
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, check, checked_ids
from playground.engine.run import Run, begun
from playground.errors import PlaygroundError


def found(
    engine: AnyEngine,
    prompt_ids: Sequence[int],
    settings: Settings,
    token_ids: Sequence[int],
    conversation: Conversation | None = None,
    source_ids: tuple[int, ...] = (),
) -> Run:
    """Asks for the trace of `token_ids` after the prompt. The trace names the search's `settings` as its own.

    A step's probability is the one after the penalties. Here, as in every trace, penalties are applied to logits; the
    search applies them to log-probabilities. A text that the search did not finish has the stop reason "stopped".

    Raises:
        PlaygroundError: there are no tokens, they are not the model's, or the text is over a limit.
    """
    given = checked_ids(token_ids, engine.model)
    if not given:
        raise PlaygroundError(
            "This node is the prompt, so there is no text to open. Choose a node after it in the tree."
        )
    as_greedy = replace(settings, strategy="greedy")
    request = Request(
        checked_ids(prompt_ids, engine.model),
        as_greedy,
        forced_ids=given,
        max_steps=len(given),
        conversation=conversation,
        source_ids=source_ids,
    )
    check(request, engine.model, engine.limits)
    trace = replace(begun(request, engine.model.name), settings=replace(settings, strategy="beam"))
    trace_id = engine.store.open(trace)
    try:
        return engine.trace(request, trace_id)
    except PlaygroundError:
        engine.store.drop([trace_id])
        raise
