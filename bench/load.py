"""Measures a lecture: fifty visitors at once write texts, look at steps, fork, compare and leave, for a long time.

Three more visitors have a browser. A round is a minute; `--rounds 30` is half an hour. The server computes with one
thread, because another number of threads rounds in another way, and every text is compared with a text written alone.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import linear_regression, median, quantiles
from typing import NamedTuple

from bench.engine import MEGABYTE
from bench.leaving import settled
from bench.lecture import NEW_TOKENS, PROMPTS, THOUGHT_SECONDS, Alone, Lecture, Seen, new_client
from bench.memory import wait_for_the_end
from bench.server import Server, ask, chromium, generate, open_page, serve
from bench.table import Row, UnmeasurableError, at_most

VISITORS, BROWSERS = 50, 3
ROUND_SECONDS = 60
WARM_SECONDS = 300
"""After so long every part of the server has worked, and its memory should not grow any more."""
WATCH_SECONDS = 2
FIRST_SECONDS, GROWTH_MEGABYTES, LEFT_MEGABYTES = 1.5, 1, 300
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


class Sample(NamedTuple):
    """The server's memory at one moment, in megabytes. `held` is what its stores hold, each of which has a bound."""

    minutes: float
    resident: float
    held: float


def load(rounds: int) -> Iterator[Row]:
    """Compares the texts of a lecture with texts that are written alone, and its memory with a quiet server's."""
    seconds = rounds * ROUND_SECONDS
    with serve("cpu", environment=ONE_THREAD) as server, ThreadPoolExecutor(1) as thread:
        alone = asyncio.run(_alone(server))
        before = asyncio.run(settled(server))
        in_browsers = thread.submit(_browse, server, seconds)
        seen, samples = asyncio.run(_watched(server, alone, seconds))
        pages = in_browsers.result()
        after = asyncio.run(settled(server))
    yield from _of_texts(rounds, seen)
    yield from _of_memory(samples, min(WARM_SECONDS, seconds / 2) / 60)
    what = "Memory left when all have left, against the quiet server before them"
    yield at_most(what, after - before, " MB", LEFT_MEGABYTES, f"before {before:.0f}, after {after:.0f}")
    yield Row(f"{BROWSERS} browsers beside them", pages)


def _of_texts(rounds: int, seen: Seen) -> Iterator[Row]:
    done = ", ".join(f"{count} {what}" for what, count in sorted(seen.done.items()) if what != "ties")
    what = f"{VISITORS} visitors for {rounds} min: errors, lost or mixed texts"
    worst = "; ".join(f"{count} × {fault}" for fault, count in seen.faults.most_common(3))
    yield at_most(what, seen.faults.total(), "", 0, worst or done)
    yield Row("Texts that rounding changed, at a near tie", str(seen.done["ties"]))
    cuts = quantiles(seen.first_seconds, n=20)
    what = "From Generate to the first token: 95th percentile"
    yield at_most(what, cuts[-1], " s", FIRST_SECONDS, f"median {cuts[9]:.2f} s of {len(seen.first_seconds)}")


def _of_memory(samples: list[Sample], warm_minutes: float) -> Iterator[Row]:
    warm = [sample for sample in samples if sample.minutes >= warm_minutes]
    minutes = [sample.minutes for sample in warm]
    beside = [sample.resident - sample.held for sample in warm]
    slope = linear_regression(minutes, beside).slope
    note = f"{median(beside):.0f} MB, from minute {warm_minutes:g} to {minutes[-1]:.0f}"
    yield at_most("Growth of the server's memory beside its stores", slope, " MB/min", GROWTH_MEGABYTES, note)
    most = max(sample.resident for sample in samples)
    held = max(sample.held for sample in samples)
    yield Row("Server: most resident memory in this time", f"{most:.0f} MB (its stores at most {held:.0f} MB)")


async def _alone(server: Server) -> Alone:
    async with new_client() as client:
        return await Lecture(client, server.url).alone()


async def _watched(server: Server, alone: Alone, seconds: float) -> tuple[Seen, list[Sample]]:
    """Lets the visitors work, and looks at the server's memory meanwhile."""
    began, samples = time.perf_counter(), []
    async with new_client() as client:
        lecture = Lecture(client, server.url)
        working = asyncio.create_task(lecture.work(alone, VISITORS, seconds, THOUGHT_SECONDS))
        while not (await asyncio.wait([working], timeout=WATCH_SECONDS))[0]:
            status = (await client.get(f"{server.url}/status")).json()
            held = sum(status["bytes"].values()) / MEGABYTE
            minutes = (time.perf_counter() - began) / 60
            samples.append(Sample(minutes, status["resident_bytes"] / MEGABYTE, held))
        await working
    return lecture.seen, samples


def _browse(server: Server, seconds: float) -> str:
    """Lets browsers write texts and look at a step until the time is over. Returns what was seen, in words."""
    until, texts, faults = time.perf_counter() + seconds, 0, Counter[str]()
    try:
        with chromium() as browser:
            pages = [open_page(browser, server) for _ in range(BROWSERS)]
            for page in pages:
                page.on("pageerror", lambda error: faults.update([str(error)[:80]]))
                page.on("console", lambda told: faults.update([told.text[:80]]) if told.type == "error" else None)
            while time.perf_counter() < until:
                for page in pages:
                    ask(page, random.choice(PROMPTS), NEW_TOKENS)
                    page.evaluate("bench.awaitFirstToken()")
                    generate(page)
                for page in pages:
                    page.evaluate("bench.firstToken")
                    wait_for_the_end(page)
                    page.locator("#pg-step-0").click()
                    texts += 1
                time.sleep(random.uniform(*THOUGHT_SECONDS))
    except UnmeasurableError as reason:
        return f"not measured: {reason}"
    worst = "; ".join(f"{count} × {fault}" for fault, count in faults.most_common(3))
    return f"{texts} texts, {faults.total()} errors" + (f" ({worst})" if worst else "")
