"""A small server of these tests' own, which may end, and a browser that has never been there."""

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
    """A profile for all tests of a file: its cache spares them to fetch and compile the scripts again."""
    context = chromium.new_context(viewport=VIEWPORT)
    yield context
    context.close()


@pytest.fixture
def profile(seat, server):
    """A browser in which nothing of this address is stored. Its pages meet no error of their own."""
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
