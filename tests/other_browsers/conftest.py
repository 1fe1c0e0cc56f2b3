"""Fixtures: a running server, and browsers other than Chromium that show the page."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from playground.web import page as page_module
from tests.browser.conftest import Site, served
from tests.browser.seats import BLANK
from tests.other_browsers.drivers import Browser, NotInstalledError, firefox, webkit
from tests.other_browsers.page import Page
from tests.time_limit import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown  # noqa: F401  # hooks

BROWSERS = {"firefox": firefox, "webkit": webkit}
LISTEN = (Path(__file__).parent / "listen.js").read_text()


@contextmanager
def listening() -> Iterator[None]:
    """Lets the page record its errors, from its first script on."""
    with pytest.MonkeyPatch.context() as patch:
        head = f"<script>{LISTEN}</script>\n{page_module.HEAD}"
        patch.setitem(page_module.APPEARANCE, "head", head)
        yield


@pytest.fixture(scope="package")
def site(default_model) -> Iterator[Site]:
    with listening(), served(default_model) as site:
        yield site


@pytest.fixture(scope="package", params=BROWSERS)
def browser(request, tmp_path_factory) -> Iterator[Browser]:
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(BROWSERS[request.param](tmp_path_factory.mktemp(request.param)))
        except NotInstalledError as reason:
            pytest.skip(f"{reason} 'make test-browsers' installs it.")
        yield browser


@pytest.fixture
def page(browser, site) -> Iterator[Page]:
    """The drawn page of a visitor who has kept nothing but the choice of Everything.

    The test fails on an error in it or a request to another origin.
    """
    browser.go_to(site.url + BLANK)  # clears what the last visit stored, on a page that stores nothing
    browser.run("localStorage.clear(); sessionStorage.clear()")
    browser.run("localStorage.setItem('playground:face', 'everything')")
    browser.go_to(site.url)
    page = Page(browser)
    page.wait('seen("#pg-decode .pg-bar[data-kind=token]")')
    yield page
    assert page.run("faults()") == []
    assert [url for url in page.run("requested()") if not url.startswith((site.url, "data:", "blob:"))] == []
