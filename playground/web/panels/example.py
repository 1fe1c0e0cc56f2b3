"""Makes the example with which the page opens: its prompt, and its finished text, which is kept for every visitor.

Knows the engine and the sidebar's first values. Does not know who looks at it.
"""

from typing import Any

from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.sharing.written import Written
from playground.web.example_text import example_text
from playground.web.messages.head import opening_message
from playground.web.messages.trace import trace_message
from playground.web.panels.prompt import Prompt, prompt_of
from playground.web.panels.sidebar import example_settings


def example_prompt(engine: AnyEngine) -> Prompt:
    """Returns the prompt of the example for an engine's model."""
    return prompt_of(engine, Written(example_text(engine.model), False))


async def written_example(engines: Engines) -> dict[str, Any]:
    """Returns the message of the example: a finished trace of the first model that writes, with the first settings."""
    async with engines.using(None) as engine:
        prompt, model = example_prompt(engine), engine.model
        run = engine.trace(
            Request(prompt.ids, example_settings(engine.limits), reads_tensors=True, source_ids=prompt.source_ids)
        )
        engine.store.pin(run.trace_id)  # before its first step, so that no step is given up
        async for _ in run:
            pass
        trace = engine.store.get(run.trace_id)
        message = trace_message(run.trace_id, trace, None, model.vocabulary_size, model.extra_names)
        return message | {"opening": opening_message(trace, model.vocabulary)}
