"""A running server for browsers other than Chromium, and each such browser with the page open."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from playground.web import page as page_module
from tests.browser.conftest import Site, served
from tests.browser.seats import BLANK
from tests.other_browsers.drivers import Browser, NotInstalledError, firefox, webkit
from tests.other_browsers.page import Page

BROWSERS = {"firefox": firefox, "webkit": webkit}
LISTEN = (Path(__file__).parent / "listen.js").read_text()


@contextmanager
def listening() -> Iterator[None]:
    """The page tells of its own errors, from the first script on."""
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
    """The page of a first visit, drawn. Afterwards: no error in it, and no request to anywhere else."""
    browser.go_to(site.url + BLANK)  # what the visit before has left is cleared where no page can store it again
    browser.run("localStorage.clear(); sessionStorage.clear()")
    browser.go_to(site.url)
    page = Page(browser)
    page.wait('seen("#pg-decode .pg-bar[data-kind=token]")')
    yield page
    assert page.run("faults()") == []
    assert [url for url in page.run("requested()") if not url.startswith((site.url, "data:", "blob:"))] == []
