"""A small server of these tests' own, which may end, and a browser that has never been there."""

import pytest

from tests import fakes
from tests.browser.restart.restarting import Restarting
from tests.browser.restart.words import visit

VIEWPORT = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def server(tiny_models, tokenizer):
    server = Restarting(fakes.PacedModel(tiny_models["llama"], tokenizer))
    server.start()
    yield server
    server.close()


@pytest.fixture
def profile(chromium, server):
    """A browser that has never been here. Its pages meet no error of their own."""
    context = chromium.new_context(viewport=VIEWPORT)
    faults = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    yield context
    server.model.free()
    context.close()
    assert faults == []


@pytest.fixture
def page(profile, server):
    return visit(profile, server)
