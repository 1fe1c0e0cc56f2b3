"""What the server process holds: after its start, with a long text, and after that text's session has ended."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from bench.engine import MEGABYTE, PROMPT
from bench.server import Server, ask, generate, open_page
from bench.table import Row, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG_TEXT = 200
"""Tokens."""
PATIENCE_SECONDS = 60


def resident(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Resident memory of the server's process, as one visitor after the other makes a long text and leaves."""
    at_start = server.resident_bytes
    visits = [_visit(browser, server) for _ in range(min(rounds, 3))]

    yield at_most("Server: resident after its start", at_start / MEGABYTE, " MB", 1600)
    yield at_most(f"Server: resident with a text of {LONG_TEXT} tokens", visits[0].with_text / MEGABYTE, " MB", 1600)
    left = ", ".join(f"{visit.after / MEGABYTE:.0f}" for visit in visits)
    yield Row("Server: resident after that tab was closed, and each further one", f"{left} MB")
    if server.peak_bytes is None:
        yield Row("Server: resident at its peak", "not measured: this system does not tell it")
    else:
        yield at_most("Server: resident at its peak", server.peak_bytes / MEGABYTE, " MB", 1600)
    what = "Server: the text's trace after its tab was closed"
    if None in (gone := [visit.gone_after for visit in visits]):
        yield Row(what, f"still there after {PATIENCE_SECONDS} s", "gone", False)
    else:
        yield Row(what, f"gone after {max(gone):.1f} s", "gone", True)


class Visit(NamedTuple):
    """Resident bytes with a text and after its tab was closed; seconds until its trace was gone, if it was."""

    with_text: int
    after: int
    gone_after: float | None


def _visit(browser: "Browser", server: Server) -> Visit:
    page = open_page(browser, server)
    ask(page, PROMPT, LONG_TEXT)
    with page.expect_request("**/logits/*") as a_row:
        generate(page)
    page.locator(f"#pg-step-{LONG_TEXT - 1}").wait_for()
    page.evaluate("bench.quiet()")
    with_text = server.resident_bytes
    page.close()
    gone_after = _until_gone(a_row.value.url.partition("/logits/")[0])
    return Visit(with_text, server.resident_bytes, gone_after)


def _until_gone(trace_url: str) -> float | None:
    """Seconds until the server no longer knows the trace; None if it still does after `PATIENCE_SECONDS`."""
    began = time.perf_counter()
    while (seconds := time.perf_counter() - began) < PATIENCE_SECONDS:
        try:
            urllib.request.urlopen(trace_url).close()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return seconds
            raise
        time.sleep(0.2)
    return None
