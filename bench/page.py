"""Measures how long a person waits for the page, for the first token and for the redraw after a slider moves.

It measures in Chromium, in the page that `app.py` serves. Times in the page are those of the page's clock.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from bench.engine import PROMPT
from bench.server import Server, ask, generate, open_page
from bench.table import Row, UnmeasurableError, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SLIDERS = ("Temperature", "Top-k", "Top-p")
LARGE_VOCABULARY = 151_936
"""The size of Qwen's vocabulary."""
TEN_STAGES = {
    "order": "llama.cpp",
    "repetition_penalty": 1.1,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.1,
    "no_repeat_ngram_size": 4,
    "dry_multiplier": 0.8,
    "top_k": 2000,
    "min_p": 0.001,
    "xtc_probability": 0.5,
}
"""With temperature and top-p these are ten stages."""
BENT = TEN_STAGES | {"order": "transformers", "xtc_probability": 0.0, "smoothing_factor": 0.2, "smoothing_curve": 8}
"""Ten stages of which one, the smoothing, changes the order of all tokens."""
MOVES = 20
"""The number of places to which a slider is dragged in one round, two frames apart."""


def start(browser: "Browser", server: Server, _rounds: int) -> Iterator[Row]:
    """Measures the time from the process's start to the drawn example; model and cache are there. Run it first."""
    open_page(browser, server).close()
    yield at_most("Start to first page, the example drawn", time.perf_counter() - server.began, " s", 15)


def first_token(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the time from the click on Generate to the frame that shows the new text's first token."""
    page = open_page(browser, server)
    ask(page, PROMPT, new_tokens=1)
    taken = []
    for _ in range(2 * rounds):
        page.evaluate("bench.awaitFirstToken()")
        generate(page)
        taken.append(page.evaluate("bench.firstToken") / 1000)
        page.evaluate("bench.quiet()")
    tokens = page.locator(".pg-strip-prompt .pg-token").count()
    page.close()
    note = f"slowest {max(taken):.2f} s"
    yield at_most(f"First token on the page, prompt of {tokens} tokens", median(taken), " s", 0.5, note)


def sliders(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Drags every slider from end to end. Measures the script's work, the time from event to frame, and requests."""
    page = open_page(browser, server)
    page.evaluate("bench.quiet()")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.evaluate("bench.begin()")
    for _ in range(rounds):
        for name in SLIDERS:
            _drag(page, name)
    noted = page.evaluate("bench.noted()")
    page.close()
    if not noted["redraws"]:
        raise UnmeasurableError('the page put no performance measure "playground:redraw"')

    work = [duration for _, duration in noted["redraws"]]
    shown = list(_event_to_frame(**noted))
    what = "Slider to redraw,"
    yield at_most(f"{what} script work, p95", p95(work), " ms", 8, f"median {median(work):.1f}, {len(work)} redraws")
    yield Row(f"{what} event to frame, p95", f"{p95(shown):.3g} ms (median {median(shown):.3g}, {len(shown)} events)")
    yield at_most("Requests while sliders are dragged", len(requests), "", 0)


def large_vocabulary(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the script's work for a vocabulary that is three times the default model's."""
    page = open_page(browser, server)
    taken = page.evaluate(
        Path(__file__).with_name("large_vocabulary.js").read_text("utf-8"), [LARGE_VOCABULARY, rounds]
    )
    page.close()
    what = f"Redraw at a vocabulary of {LARGE_VOCABULARY:,}, script work, p95"
    yield at_most(what, p95(taken), " ms", 20, f"median {median(taken):.1f}, {len(taken)} redraws")


def chains(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the script's work for a chain of ten stages, in the order that comes last to the temperature."""
    page = open_page(browser, server)
    script = Path(__file__).with_name("large_vocabulary.js").read_text("utf-8")
    for size, limit in ((49_152, 8), (LARGE_VOCABULARY, 25)):
        for stages, name in ((TEN_STAGES, "ten stages"), (BENT, "ten, one changes the order,")):
            taken = page.evaluate(script, [size, rounds, stages])
            note = f"p95 {p95(taken):.1f}, {len(taken)} redraws"
            what = f"Redraw under {name} at {size:,} tokens, script work, median"
            yield at_most(what, median(taken), " ms", limit, note)
    page.close()


def _drag(page: "Page", name: str) -> None:
    """Drags a slider from its lower to its upper end with the mouse, two frames for each move."""
    slider = page.get_by_role("slider", name=name)
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 2, y)
    page.mouse.down()
    for move in range(1, MOVES + 1):
        page.mouse.move(box["x"] + 2 + (box["width"] - 4) * move / MOVES, y)
        page.evaluate("bench.pass(2)")
    page.mouse.up()
    page.evaluate("bench.pass(5)")


def _event_to_frame(inputs: list[float], redraws: list[tuple[float, float]], frames: list[float]) -> Iterator[float]:
    """Yields the milliseconds from each event to the end of the frame that shows the first redraw begun after it."""
    for event in inputs:
        drawn = next((begun + duration for begun, duration in redraws if begun >= event), None)
        shown = next((frame for frame in frames if drawn is not None and frame >= drawn), None)
        if shown is not None:
            yield shown - event


def p95(values: list[float]) -> float:
    """Returns the 95th percentile."""
    return quantiles(values, n=20, method="inclusive")[-1]
