"""Fixtures: a small server that tests may end, and a browser that has not visited it."""

import pytest

from tests import fakes
from tests.browser.restart.restarting import Restarting
from tests.browser.restart.words import visit
from tests.browser.seats import BLANK, VIEWPORT


@pytest.fixture(scope="module")
def server(tiny_models, tokenizer):
    server = Restarting(fakes.PacedModel(tiny_models["llama"], tokenizer))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def seat(chromium, server):
    """A browser profile for all tests of a file. Its cache has the scripts, so that pages open faster."""
    context = chromium.new_context(viewport=VIEWPORT)
    yield context
    context.close()


@pytest.fixture
def profile(seat, server):
    """A browser that stores nothing for this address. The test fails on an uncaught error in its pages."""
    faults = []
    listen = lambda fault: faults.append(str(fault.error))  # noqa: E731
    seat.on("weberror", listen)
    yield seat
    server.model.free()
    sweeper = seat.new_page()
    for page in seat.pages:
        if page is not sweeper:
            page.close()
    sweeper.goto(server.url + BLANK)
    sweeper.evaluate("localStorage.clear()")
    sweeper.close()
    seat.remove_listener("weberror", listen)
    assert faults == []


@pytest.fixture
def page(profile, server):
    return visit(profile, server)
