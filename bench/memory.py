"""Measures the server's memory after its start, with a long text, and after the session of that text has ended."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from bench.engine import MEGABYTE, PROMPT
from bench.server import OPEN, VIEWS, Server, ask, generate, open_page
from bench.table import Row, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG_TEXT = 200
"""The number of tokens of a long text."""
PATIENCE_SECONDS = 60
SETTLED = 100
"""After this number of turns a session's list of branches and its history are full."""


def held(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the memory over several visits, and over a long one."""
    yield from visits(browser, server, rounds)
    yield from session(browser, server, rounds)


def visits(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures resident memory while one visitor after the other generates a long text and leaves."""
    at_start = server.resident_bytes
    seen = [_visit(browser, server) for _ in range(min(rounds, 3))]

    yield at_most("Server: resident after its start", at_start / MEGABYTE, " MB", 1600)
    yield at_most(f"Server: resident with a text of {LONG_TEXT} tokens", seen[0].with_text / MEGABYTE, " MB", 1600)
    left = ", ".join(f"{visit.after / MEGABYTE:.0f}" for visit in seen)
    yield Row("Server: resident after that tab was closed, and each further one", f"{left} MB")
    if server.peak_bytes is None:
        yield Row("Server: resident at its peak", "not measured: this system does not tell it")
    else:
        yield at_most("Server: resident at its peak", server.peak_bytes / MEGABYTE, " MB", 1600)
    what = "Server: the text's rows and cache after its tab was closed"
    if None in (gone := [visit.gone_after for visit in seen]):
        yield Row(what, f"still there after {PATIENCE_SECONDS} s", "gone", False)
    else:
        yield Row(what, f"gone after {max(gone):.1f} s", "gone", True)


def session(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures resident memory while one visitor generates, forks and opens branches and tabs, hundreds of times."""
    turns = 500 if rounds > 1 else 150
    page = open_page(browser, server)
    ask(page, PROMPT, 5)
    resident = {}
    for turn in range(1, turns + 1):
        _TURNS[turn % len(_TURNS)](page)
        if turn in (SETTLED, turns):
            page.evaluate("bench.quiet()")
            resident[turn] = server.resident_bytes / MEGABYTE
    in_list = page.get_by_role("list", name="Branches").get_by_role("listitem").count()
    page.close()
    note = f"{resident[SETTLED]:.0f} and then {resident[turns]:.0f} MB; {in_list} branches listed"
    what = f"Server: grown from turn {SETTLED} to {turns} of generating, forking and turning"
    yield at_most(what, resident[turns] - resident[SETTLED], " MB", 100, note)


def _generate(page: "Page") -> None:
    page.evaluate("bench.awaitFirstToken()")
    generate(page)
    page.evaluate("bench.firstToken")
    wait_for_the_end(page)


def _fork(page: "Page") -> None:
    in_view = ".pg-branch-line [aria-current]"
    before = page.locator(in_view).inner_text()
    page.locator(".pg-bar[data-kind=token]").nth(2).click()
    changed = "([in_view, before]) => document.querySelector(in_view).innerText !== before"
    page.wait_for_function(changed, arg=[in_view, before])
    wait_for_the_end(page)


def _turn(page: "Page") -> None:
    for view in (*VIEWS, "decode"):
        page.evaluate(OPEN, view)
    page.get_by_role("list", name="Branches").get_by_role("button").first.click()


def wait_for_the_end(page: "Page") -> None:
    """Waits until no text is being written on the page."""
    page.get_by_role("button", name=re.compile("^Example from the course")).and_(page.locator(":enabled")).wait_for()


_TURNS = (_generate, _fork, _turn)


class Visit(NamedTuple):
    """The resident bytes with a text and after its tab was closed; the seconds until its rows were gone, or None."""

    with_text: int
    after: int
    gone_after: float | None


def _visit(browser: "Browser", server: Server) -> Visit:
    before = _held(server)
    page = open_page(browser, server)
    ask(page, PROMPT, LONG_TEXT)
    generate(page)
    page.locator(f"#pg-step-{LONG_TEXT - 1}").wait_for()
    page.evaluate("bench.quiet()")
    with_text = server.resident_bytes
    page.close()
    gone_after = _until_gone(server, before)
    return Visit(with_text, server.resident_bytes, gone_after)


def _held(server: Server) -> int:
    """Returns the bytes of all texts' rows and key/value caches. Their skeletons of a few KB each stay for a while."""
    with urllib.request.urlopen(f"{server.url}/status") as answer:
        stores = json.load(answer)["bytes"]
    return stores["traces"] + stores["caches"]


def _until_gone(server: Server, before: int) -> float | None:
    """Returns the seconds until the stores hold no more than before, or None if `PATIENCE_SECONDS` pass first."""
    began = time.perf_counter()
    while (seconds := time.perf_counter() - began) < PATIENCE_SECONDS:
        if _held(server) <= before:
            return seconds
        time.sleep(0.2)
    return None
