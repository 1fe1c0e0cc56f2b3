"""Writes texts that another tab opens on the Decode tab, and keeps their steps.

Each text is held here until the Decode tab has had time to look at it. From then on the Decode tab holds it too (see
`panels.decode`).

Knows runs and the engine's store. Does not know which tab asks.
"""

from dataclasses import dataclass, field
from typing import Any

from playground.conversation import Conversation
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.found import found
from playground.engine.request import Request, checked_ids
from playground.models.prompt_ids import PromptIds
from playground.values import MOST_NUMBER, Values

MOST = 8
"""The most texts of a visitor that are held for the Decode tab."""


def not_opened(sentence: str) -> dict[str, Any]:
    """Builds the message for a tab whose text was refused. Whatever else is under way on that tab goes on."""
    return {"kind": "not_opened", "error": sentence}


@dataclass(eq=False)
class Opened:
    """Holds the latest texts of one visitor, and releases older ones."""

    trace_ids: list[str] = field(default_factory=list)

    async def write(
        self,
        engine: AnyEngine,
        asked: Values,
        prompt: PromptIds,
        settings: Settings,
        conversation: Conversation | None = None,
    ) -> dict[str, Any]:
        """Writes a text again, with its steps kept. Returns the message for the view that waits for it.

        Args:
            asked: the view's own values: `ticket` is its number for the answer, and `token_ids` are those of a text
                that a beam search has found. Neither is checked.
            conversation: what the chat template made the prompt of; None for a plain prompt.
        """
        ticket = asked.whole("ticket", 0, MOST_NUMBER)
        if settings.strategy == "beam":
            token_ids = checked_ids(asked.get("token_ids"), engine.model)
            run = found(engine, prompt.ids, settings, token_ids, conversation, prompt.source_ids)
        else:
            run = engine.trace(Request(prompt.ids, settings, conversation=conversation, source_ids=prompt.source_ids))
        self.trace_ids.append(run.trace_id)
        engine.store.release(self.trace_ids[:-MOST])
        del self.trace_ids[:-MOST]
        try:
            async for _ in run:
                pass
        finally:
            run.close()
        return {"kind": "opened", "ticket": ticket, "trace_id": run.trace_id}
