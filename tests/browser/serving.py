"""Starts further servers beside the shared one: with other options, or behind a proxy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, Page
from starlette.types import ASGIApp

from playground import command_line
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from tests.browser.seats import BLANK


@contextmanager
def serving(asgi: ASGIApp) -> Iterator[str]:
    """Serves an application until the block ends, and yields its address."""
    with command_line.listen("127.0.0.1", 0) as listener, ThreadPoolExecutor(1) as thread:
        server = command_line.build_server(asgi)
        served = thread.submit(server.run, sockets=[listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            served.result()


def build(engine: Engine, *options: str) -> ASGIApp:
    """Returns the server of a running engine with other options. It is built outside of Playwright's event loop."""
    given = command_line.arguments(list(options))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(
            command_line.build_app, Engines.only(engine), given, command_line.read_lessons(given)
        ).result()


@contextmanager
def watched(profile: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """Yields a page of a visitor with nothing stored, and the list of errors that the console shows."""
    page = profile.new_page()
    errors: list[str] = []
    told = lambda message: f"{message.text} {message.location['url']}"  # noqa: E731
    page.on("console", lambda message: errors.append(told(message)) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page, errors
    finally:
        page.goto(urljoin(page.url, BLANK))
        page.evaluate("localStorage.clear()")
        page.close()
