"""Writes texts that another tab opens on the Decode tab, and keeps their steps.

Each text is held here until the Decode tab has had time to look at it. From then on the Decode tab holds it too (see
`panels.decode`).

Knows runs and the engine's store. Does not know which tab asks.
"""

from dataclasses import dataclass, field
from typing import Any

from playground.engine.engine import Engine
from playground.engine.run import Run

MOST = 8
"""The most texts of a visitor that are held for the Decode tab."""


def not_opened(sentence: str) -> dict[str, Any]:
    """Builds the message for a tab whose text was refused. Whatever else is under way on that tab goes on."""
    return {"kind": "not_opened", "error": sentence}


@dataclass(eq=False)
class Opened:
    """Holds the latest texts of one visitor, and releases older ones."""

    trace_ids: list[str] = field(default_factory=list)

    async def write(self, engine: Engine, run: Run, ticket: Any) -> dict[str, Any]:
        """Waits for the end of a run. Returns the message for the view that waits with this ticket."""
        self.trace_ids.append(run.trace_id)
        engine.store.release(self.trace_ids[:-MOST])
        del self.trace_ids[:-MOST]
        try:
            async for _ in run:
                pass
        finally:
            run.close()
        return {"kind": "opened", "ticket": ticket, "trace_id": run.trace_id}
