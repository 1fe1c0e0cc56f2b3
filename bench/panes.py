"""Measures the panes of "Inside the model": how long a person waits for them, and how long they hold a running text.

The first rows are measured in Chromium, in the page that `app.py` serves. Times in the page are those of the page's
clock. The last rows are measured in this process.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from bench.engine import PROMPT
from bench.page import p95
from bench.server import Server, open_page
from bench.table import Row, at_most
from playground.decoding.settings import PRESETS
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.web.inside import layers, why

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DRAWN = {
    "picture": ".pg-plan-svg",
    "tokens": ".pg-steps-svg rect",
    "embeddings": ".pg-angle-picture",
    "positions": ".pg-curves-line",
    "attention": ".pg-map-plot:not(.pg-no-map)",
    "layers": ".pg-cell-bars .pg-bar",
    "word": ".pg-word-table tbody tr",
    "why": ".pg-why-bar",
}
"""What a pane's first picture is, by the name of the pane in the address."""
IN_SPACE = ".pg-space-room[data-drawn]"
UNTIL_DRAWN = """async ([view, drawn]) => {
    const { openView } = await import(new URL("playground/assets/common/navigation.js", document.baseURI));
    const begun = performance.now();
    openView(`inside/${view}`);
    while (!document.querySelector(`#pg-${view} ${drawn}`)?.checkVisibility()) await bench.pass(1);
    await bench.pass(1);
    return performance.now() - begun;
}"""
"""Opens a pane. Resolves to the milliseconds until the frame that shows its first picture."""
UNTIL_TAKEN_APART = """async (letter) => {
    const area = document.querySelector("#pg-tokens .pg-tokens-area");
    const pieces = () => [...document.querySelectorAll("#pg-tokens .pg-piece-text")];
    const shown = () => pieces().map((one) => one.textContent).join("");
    const before = shown();
    area.value += letter;
    const begun = performance.now();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    while (shown() === before) await bench.pass(1);
    return performance.now() - begun;
}"""
"""Types a letter in Tokens. Resolves to the milliseconds until the frame that shows its token."""
TYPED = "an old story about the sea and its ships "
WRITTEN = 150
"""The tokens of the text that is held."""
BEGUN = 10
"""The tokens that it has when the others begin."""


def on_page(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the time from the choice of each pane to its first picture, and from a letter to its token."""
    for view, drawn in DRAWN.items():
        taken = _until_drawn(browser, server, rounds + 1, view, drawn)
        note = f"slowest {max(taken):.2f} s"
        yield at_most(f"Choice of the pane {view} to its first picture", median(taken), " s", 1, note)
    taken = _until_drawn(browser, server, rounds, "embeddings", IN_SPACE)
    yield Row("The same of the points in space, by Plotly and WebGL", f"{median(taken):.3g} s")
    page = open_page(browser, server)
    page.evaluate(UNTIL_DRAWN, ["tokens", DRAWN["tokens"]])
    page.evaluate("bench.quiet()")
    taken = [page.evaluate(UNTIL_TAKEN_APART, letter) for _ in range(rounds) for letter in TYPED]
    page.close()
    note = f"p95 {p95(taken):.0f} ms, {len(taken)} letters"
    yield at_most("Letter in Tokens to its token", median(taken), " ms", 50, note)


def _until_drawn(browser: "Browser", server: Server, count: int, view: str, drawn: str) -> list[float]:
    taken = []
    for _ in range(count):
        page = open_page(browser, server)
        page.evaluate("bench.quiet()")
        taken.append(page.evaluate(UNTIL_DRAWN, [view, drawn]) / 1000)
        page.close()
    return taken


def held(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares how long a running text waits for its next token while a pane computes, and while a prompt is read."""
    text = engine.model.tokenizer.decode(engine.model.tokenizer.encode(PROMPT * 4)[:60])
    token = engine.model.tokenizer.encode(" the")[0]
    long_prompt = engine.model.tokenizer.encode((PROMPT + " ") * 60)[:512]

    async def prompt() -> None:
        settings = replace(PRESETS["Balanced"], max_new_tokens=1)
        async for _ in engine.trace(Request(long_prompt, settings, keeps_cache=False)):
            pass

    beside: dict[str, Callable[[], Awaitable[object]]] = {
        "a lens is read": lambda: layers.lens(engine, text, -1, 9),
        "a logit is shared out": lambda: layers.contributions(engine, text, -1, token, None),
        "tokens are left out": lambda: why.attribution(engine, text, -1, token, None, "leave_one_out"),
        "gradients are integrated": lambda: why.attribution(engine, text, -1, token, None, "integrated_gradients"),
        "vectors are patched": lambda: why.patching(engine, text, text.replace(" the", " a"), token),
    }
    waits, slices = {name: [] for name in beside}, []
    for _ in range(rounds):
        slices.append(asyncio.run(_longest_wait(engine, prompt)))
        for name, work in beside.items():
            waits[name].append(asyncio.run(_longest_wait(engine, work)) / slices[-1])
    for name, ratios in waits.items():
        note = f"a slice holds it {median(slices) * 1000:.0f} ms"
        yield at_most(f"Wait of a running text while {name}, against a prompt's slice", median(ratios), " ×", 1.5, note)


async def _longest_wait(engine: Engine, work: Callable[[], Awaitable[object]]) -> float:
    """Returns the longest time between two tokens of a running text, in seconds, while `work` is done beside it."""
    settings = replace(PRESETS["Balanced"], max_new_tokens=WRITTEN)
    ids = engine.model.tokenizer.encode(PROMPT)
    times, other = [], None
    run = engine.trace(Request(ids, settings, keeps_cache=False))
    try:
        async for _ in run:
            times.append(time.perf_counter())
            if len(times) == BEGUN:
                other = asyncio.ensure_future(work())
            if other is not None and other.done():
                break
    finally:
        run.close()
    assert other is not None, "the text is longer than what it waits for"
    await other
    return max(later - earlier for earlier, later in pairwise(times[BEGUN - 1 :]))
