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
    """A browser profile with a tab for all tests of a file, in which pages open faster than in new ones."""
    context = chromium.new_context(viewport=VIEWPORT)
    clear(context.new_page(), server)
    yield context
    context.close()


def clear(tab, server) -> None:
    """Takes the tab to the empty place where a visit begins, and clears what the browser stores."""
    tab.goto(server.url + BLANK)
    tab.evaluate("localStorage.clear(); sessionStorage.clear()")


@pytest.fixture
def profile(seat, server):
    """A browser that stores nothing for this address. The test fails on an uncaught error in its pages."""
    faults = []
    listen = lambda fault: faults.append(str(fault.error))  # noqa: E731
    seat.on("weberror", listen)
    yield seat
    server.model.free()
    kept, *others = seat.pages
    for page in others:
        page.close()
    kept.unroute_all()
    clear(kept, server)
    seat.remove_listener("weberror", listen)
    assert faults == []


@pytest.fixture
def page(profile, server):
    return visit(profile, server)
