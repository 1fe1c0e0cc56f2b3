"""What every test in the browser needs: one Chromium, one running server and a fresh visitor.

They close with the folder's last test: while Playwright runs, no other test could run an event loop of its own.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

import app as command_line
from playground.engine.engine import Engine
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import chromium as installed
from tests.browser.example import SharedExample, expect_drawn
from tests.browser.seats import SHARED, VIEWPORT, Seats

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="package")
def chromium():
    """The Chromium of this machine, headless; `chromium.new_page()` opens a page of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed.find(), args=ARGUMENTS)
        yield browser
        browser.close()


class Site:
    """The running server, and the engine behind it for what a visitor cannot see."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.url = url

    def ask(self, work):
        """`work(model)`, on the engine's thread: no other may use the model, which the page has questions for too."""
        with ThreadPoolExecutor(1) as thread:  # Playwright's event loop runs on this one
            return thread.submit(asyncio.run, self.engine.call(work)).result()

    def wait_until(self, holds) -> None:
        """Waits for a condition of the engine."""
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, "the condition never held"
            threading.Event().wait(0.01)


@contextmanager
def served(model: LanguageModel) -> Iterator[Site]:
    """The page of a model, until the block ends."""
    engine = Engine(model, TraceStore(2**30)).start()
    with command_line.listen("127.0.0.1", 0) as listener, ThreadPoolExecutor(1) as thread:
        # Playwright's event loop runs on this thread, and the page's first example wants one of its own.
        asgi = thread.submit(command_line.build_app, engine, command_line.arguments([])).result()
        server = command_line.build_server(asgi)
        serving = thread.submit(server.run, sockets=[listener])
        try:
            yield Site(engine, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            serving.result()
            engine.close()


@pytest.fixture(scope="package")
def site(default_model):
    with served(default_model) as site:
        yield site


@pytest.fixture(scope="package")
def all_seats(chromium, site):
    return Seats(chromium, site.url)


@pytest.fixture(scope="package")
def profile(all_seats):
    """The profile of `page`'s visitors; its cache spares a further page in it to fetch and compile the scripts."""
    return all_seats["own"].profile


@pytest.fixture(scope="module")
def seats(all_seats):
    """Their tabs close with a file, and with them whatever its tests have hung on a page."""
    yield all_seats
    all_seats.close_tabs()


@pytest.fixture
def page(fresh_page):
    """A fresh visitor, unless a file says that its tests share a page."""
    return fresh_page


@pytest.fixture
def fresh_page(seats, site):
    """A fresh visitor. Afterwards: no error in the console, and no request to anywhere else."""
    seat = seats["own"]
    page = seat.visit(site.url)
    expect_drawn(page)
    yield page
    faults = seat.faults()
    seat.leave()
    assert faults == []


@pytest.fixture
def bare_page(seats):
    """A page with our look and nothing on it. Afterwards: no error in the console, and no request to anywhere else."""
    seat = seats["bare"]
    yield seat.bare()
    faults = seat.faults()
    seat.leave()
    assert faults == []


@pytest.fixture
def another(seats, site) -> Iterator[Callable[..., Page]]:
    """`another(url, width)`: one more visitor each time, who shares nothing with the others and makes no fault."""
    guests = []

    def come(url: str = site.url, width: int = VIEWPORT["width"]) -> Page:
        guests.append(seats[len(guests)])
        return guests[-1].visit(url, width)

    yield come
    faults = [fault for seat in guests for fault in seat.faults()]
    for seat in guests:
        seat.leave()
    assert faults == []


@pytest.fixture(scope="module")
def shared_example(seats, site):
    return SharedExample(seats[SHARED], site.url)


@pytest.fixture
def example(shared_example):
    """The page as it opens, for a test that leaves no text behind: a page that the file's tests share, brought back."""
    yield shared_example.page()
    assert shared_example.seat.faults() == []


@pytest.fixture(scope="module")
def shared_page(seats, site):
    """One visitor's page for a whole file, on which nothing is brought back: whoever shares it says what it shows."""
    seat = seats[SHARED]
    page = seat.visit(site.url)
    expect_drawn(page)
    yield page
    assert seat.faults() == []
