"""Texts that another tab wants to see on the Decode tab: written again, with their steps kept.

Each is held here until the Decode tab has had time to take it in; there it is the list's own (see `panels.decode`).

Knows runs and the engine's store. Does not know which tab asks.
"""

from dataclasses import dataclass, field
from typing import Any

from playground.engine.engine import Engine
from playground.engine.run import Run

MOST = 8
"""Texts of a visitor that are held for the Decode tab to take in."""


def not_opened(sentence: str) -> dict[str, Any]:
    """The message for a tab whose text was refused: what else is under way there goes on."""
    return {"kind": "not_opened", "error": sentence}


@dataclass(eq=False)
class Opened:
    """The texts of one visitor; older ones are let go."""

    trace_ids: list[str] = field(default_factory=list)

    async def write(self, engine: Engine, run: Run, ticket: Any) -> dict[str, Any]:
        """Waits for the end of a run. Returns the message for who holds the ticket."""
        self.trace_ids.append(run.trace_id)
        engine.store.release(self.trace_ids[:-MOST])
        del self.trace_ids[:-MOST]
        try:
            async for _ in run:
                pass
        finally:
            run.close()
        return {"kind": "opened", "ticket": ticket, "trace_id": run.trace_id}
