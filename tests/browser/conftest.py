"""Fixtures of all browser tests: one Chromium, one running server and a fresh visitor.

They close after the folder's last test, because no other test can run an event loop of its own while Playwright runs.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

from playground import command_line
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import chromium as installed
from tests.browser.example import SharedExample, expect_drawn
from tests.browser.faces import WithEverything
from tests.browser.seats import EXAMPLE, SHARED, VIEWPORT, Seats
from tests.browser.taken_home import Reader, take_home
from tests.fleet.near_replicas import far
from tests.time_limit import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown  # noqa: F401  # hooks

ON_FLEET = bool(os.environ.get("PLAYGROUND_ON_FLEET"))
"""Whether the page asks a fleet, whose replica is in this process. All that passes between the two is pickled."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="package")
def chromium():
    """This machine's Chromium, headless. Its visitors have chosen the face Everything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed.find(), args=ARGUMENTS)
        yield WithEverything(browser)
        browser.close()


class Site:
    """The running server, and its engine, which tests ask for what a visitor cannot see."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.url = url

    def ask(self, work):
        """Returns `work(model)`, done on the engine's thread, because no other thread may use the model."""
        with ThreadPoolExecutor(1) as thread:  # Playwright's event loop runs on the test's own thread
            return thread.submit(asyncio.run, self.engine.call(work)).result()

    def wait_until(self, holds) -> None:
        """Waits until the condition `holds` is true."""
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline, "the condition never held"
            threading.Event().wait(0.01)


@contextmanager
def served(model: LanguageModel) -> Iterator[Site]:
    """Serves the page of a model until the block ends."""
    engine = Engine(model, TraceStore(2**30)).start()
    with served_together(Engines.only(engine)) as site:
        yield site


@contextmanager
def served_together(engines: Engines) -> Iterator[Site]:
    """Serves the page of several models, of which the first is loaded, until the block ends."""
    own = engines.running()[0]
    engines = far(engines) if ON_FLEET else engines
    with command_line.listen("127.0.0.1", 0) as listener, ThreadPoolExecutor(1) as thread:
        # The page's first example needs an event loop, and Playwright's loop runs on the test's own thread.
        options = command_line.arguments([])
        asgi = thread.submit(command_line.build_app, engines, options, command_line.read_lessons(options)).result()
        server = command_line.build_server(asgi)
        serving = thread.submit(server.run, sockets=[listener])
        try:
            yield Site(own, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            serving.result()
            engines.close()


@pytest.fixture(scope="package")
def site(default_model):
    with served(default_model) as site:
        yield site


@pytest.fixture(scope="package")
def all_seats(chromium, site):
    return Seats(chromium, site.url)


@pytest.fixture(scope="package")
def profile(all_seats):
    """The browser profile of the visitors of `page`. Its cache has the scripts, so that a further page opens faster."""
    return all_seats["own"].profile


@pytest.fixture(scope="module")
def seats(all_seats):
    """The seats of visitors. No visit outlasts a file."""
    yield all_seats
    all_seats.leave()


@pytest.fixture
def page(fresh_page):
    """A fresh visitor's page. A file whose tests share a page overrides this fixture."""
    return fresh_page


@pytest.fixture
def fresh_page(seats, site):
    """A fresh visitor's page. The test fails on an error in the console or a request to another origin."""
    seat = seats["own"]
    page = seat.visit(site.url)
    expect_drawn(page)
    yield page
    faults = seat.faults()
    seat.leave()
    assert faults == []


@pytest.fixture
def bare_page(seats):
    """A page with our styles and nothing on it. The test fails on console errors and requests to other origins."""
    seat = seats["bare"]
    yield seat.bare()
    faults = seat.faults()
    seat.leave()
    assert faults == []


@pytest.fixture
def another(seats, site) -> Iterator[Callable[..., Page]]:
    """A function that returns one more visitor's page. Its visitors share nothing and may cause no errors."""
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
    return SharedExample(seats[EXAMPLE], site.url)


@pytest.fixture
def example(shared_example):
    """The page as it opens, for a test that generates no text. A file's tests share it; it is reset for each."""
    yield shared_example.page()
    assert shared_example.seat.faults() == []


@pytest.fixture(scope="package")
def home_page(site, tmp_path_factory):
    """The file of the example as a page to take home, with all its numbers."""
    return take_home(site.url, "full", tmp_path_factory.mktemp("home") / "text.html")


@pytest.fixture(scope="module")
def shared_home(chromium, home_page):
    reader = Reader(chromium)
    yield SharedExample(reader, home_page.as_uri())
    reader.leave()


@pytest.fixture
def taken_home(shared_home):
    """The example taken home, without a network. A file's tests share it; it is reset for each."""
    yield shared_home.page()
    assert shared_home.seat.faults() == []


@pytest.fixture(scope="module")
def shared_page(seats, site):
    """One visitor's page for all tests of a file. It is not reset: each test says what it needs to show."""
    seat = seats[SHARED]
    page = seat.visit(site.url)
    expect_drawn(page)
    yield page
    assert seat.faults() == []


@pytest.fixture
def reader(chromium):
    """Somebody with a new browser and no network. The test fails on an error in the console or a request."""
    reader = Reader(chromium)
    yield reader
    faults = reader.faults()
    reader.leave()
    assert faults == []
