"""Measures how soon the page draws what a stage of one's own does, where only the server can compute it.

The stage is that of `docs/your-own-stage.md`, without JavaScript beside it.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.server import chromium, open_page, serve
from bench.table import Row, UnmeasurableError, at_most
from tests import your_own_stage

LIMIT_MS = 150
MOVES = 10
"""The values to which the stage's setting moves in one round, each another one than all before."""
WHAT = "Redraw of an own stage that the server computes, setting to bars"

MOVE = """async (value) => {
    const line = document.querySelector("#pg-decode .pg-served");
    const start = performance.now();
    document.dispatchEvent(new CustomEvent("playground:settings", { detail: { my_top_a: value } }));
    while (line.ariaBusy !== "true") await new Promise(requestAnimationFrame);
    while (line.ariaBusy === "true") await new Promise(requestAnimationFrame);
    const drawn = performance.now() - start;
    const [answer] = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/stages/")).slice(-1);
    return { drawn, answered: answer.responseEnd - answer.startTime };
}"""
"""Moves the setting. Returns the milliseconds until the bars show what the stage does, and those of the request."""


def own_stages(rounds: int) -> Iterator[Row]:
    """Measures the time from a new value to the frame that shows what it does, through the server."""
    try:
        with tempfile.TemporaryDirectory() as folder, chromium() as browser:
            stage = your_own_stage.write(Path(folder))
            with serve("cpu", "--stage", str(stage)) as server:
                page = open_page(browser, server)
                values = [round(0.01 * (1 + move), 2) for move in range(MOVES * rounds)]
                taken = [page.evaluate(MOVE, value) for value in values]
                page.close()
    except UnmeasurableError as reason:
        yield Row(WHAT, f"not measured: {reason}")
        return
    drawn, asked = ([one[name] for one in taken] for name in ("drawn", "answered"))
    note = f"slowest {max(drawn):.0f}, {len(drawn)} values; the request alone {median(asked):.0f}"
    yield at_most(WHAT, median(drawn), " ms", LIMIT_MS, note)
