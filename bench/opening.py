"""Measures how long a reader waits for the first picture, and what the page and its tabs fetch.

Every time is taken against an empty Gradio page with five tabs, in the same run and in the same browser. The Wi-Fi of a
class is emulated by Chromium: 1 Mbit/s, and 100 ms before each answer. Every visit is a first one: its cache is empty.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.server import OPEN, PATIENCE_MS, ROOT, VIEWPORT, VIEWS, Server
from bench.table import Row, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

WIFI = {"offline": False, "latency": 100, "downloadThroughput": 1e6 / 8, "uploadThroughput": 1e6 / 8}
BARS = "document.querySelector('#pg-step-0') && document.querySelector('#pg-decode .pg-bar[data-kind=token]')"
FIVE_TABS = "document.querySelectorAll('[role=tab]').length >= 5"
WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shifted += value;
}).observe({ type: "layout-shift", buffered: true });
new MutationObserver(() => {
    if (window.drawnAt === undefined && (%s)) requestAnimationFrame(() => (window.drawnAt ??= performance.now()));
}).observe(document, { childList: true, subtree: true, attributes: true });
"""
"""Notes, in the page, when it is drawn and how much of it moved. %s is the condition."""
QUIET_MS = 1500
"""A page is at rest when no request has begun or ended for this long."""


@dataclass
class Traffic:
    """What a tab of the browser has fetched over the network so far."""

    bytes: int = 0
    requests: int = 0

    def follow(self, session: "CDPSession") -> None:
        """Counts from now on. The bytes of an answer count when it has ended."""
        session.on("Network.requestWillBeSent", lambda _: self._add(requests=1))
        session.on("Network.loadingFinished", lambda event: self._add(size=int(event["encodedDataLength"])))

    def _add(self, requests: int = 0, size: int = 0) -> None:
        self.requests += requests
        self.bytes += size


def opening(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the way from an address to bars, with and without Wi-Fi, and what each tab fetches when it opens."""
    with empty_page() as empty:
        pages = ((server.url, BARS), (empty, FIVE_TABS))
        _times(browser, pages, None, 1)  # the servers' first answers take longer
        warm = _times(browser, pages, None, 2 + rounds)
        slow = _times(browser, pages, WIFI, min(3, rounds))
    for where, (ours, theirs), target in (("on a warm server", warm, 2), ("on a class's Wi-Fi", slow, 1.5)):
        note = f"{ours:.2f} s against {theirs:.2f} s"
        yield at_most(f"Address to bars {where}, against an empty Gradio page", ours / theirs, " ×", target, note)
    with visit(browser, server.url, BARS) as (page, traffic):
        quiet(page, traffic)
        shifted = page.evaluate("shifted")
        yield Row(
            "Requests and bytes of the page, at rest", f"{traffic.requests} requests, {traffic.bytes / 1e6:.2f} MB"
        )
        yield at_most("Layout shift while the page opens", shifted, "", 0.02)
    for view in VIEWS:
        with visit(browser, server.url, BARS) as (page, traffic):
            quiet(page, traffic)
            before = traffic.bytes, traffic.requests
            page.evaluate(OPEN, view)
            quiet(page, traffic)
            note = f"{traffic.requests - before[1]} requests"
            yield at_most(f"Opening {view} fetches", (traffic.bytes - before[0]) / 1e6, " MB", 0.4, note)


@contextmanager
def empty_page() -> Iterator[str]:
    """Serves an empty Gradio page until the block ends, and yields its address."""
    command = [sys.executable, "-u", "-m", "bench.empty_page"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def visit(browser: "Browser", url: str, drawn: str, network: dict | None = None) -> Iterator[tuple["Page", Traffic]]:
    """Opens the page in a profile of its own and waits until it is drawn."""
    context = browser.new_context(viewport=VIEWPORT)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(WATCH % drawn)
        session, traffic = context.new_cdp_session(page), Traffic()
        session.send("Network.enable")
        traffic.follow(session)
        if network:
            session.send("Network.emulateNetworkConditions", network)
        page.goto(url, wait_until="commit")
        page.wait_for_function("window.drawnAt !== undefined")
        yield page, traffic
    finally:
        context.close()


def quiet(page: "Page", traffic: Traffic) -> None:
    """Waits until the page is at rest."""
    seen = None
    while seen != (now := (traffic.requests, traffic.bytes)):
        seen = now
        page.wait_for_timeout(QUIET_MS)


def _times(browser: "Browser", pages: Sequence[tuple[str, str]], network: dict | None, visits: int) -> list[float]:
    """Returns, for each page, the median of the seconds from the beginning of a visit to the frame that shows it."""
    times: dict[str, list[float]] = {url: [] for url, _ in pages}
    for _ in range(visits):
        for url, drawn in pages:
            with visit(browser, url, drawn, network) as (page, _traffic):
                times[url].append(page.evaluate("drawnAt") / 1000)
    return [median(times[url]) for url, _ in pages]
