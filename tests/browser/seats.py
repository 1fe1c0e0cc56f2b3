"""Gives visitors a browser profile with one tab, one visitor after another, and records the errors of a visit."""

from playwright.sync_api import BrowserContext, Dialog, Page, Request

from tests.browser.faces import WithEverything

VIEWPORT = {"width": 1440, "height": 900}
OURS = "/playground/"
"""The prefix of our own routes. Gradio's requests are not followed: one of them stays open for the whole visit."""
IDLE = """(() => {
    const idle = () => scheduler.postTask(() => {}, { priority: "background" });
    return idle().then(() => new Promise(requestAnimationFrame)).then(idle);
})()"""
"""A promise that resolves when the page has nothing to do. In a page at rest, `requestIdleCallback` may wait for ever:
Chromium sometimes begins no idle time after a change of the window's size or its colours."""
BLANK = "/playground/assets/page.css"
"""An address of the server on which no script runs. A tab waits there and clears its storage from there."""

BARE_PATH = "/healthz"
"""An address in the page's folder, so that relative addresses are right, which is answered at once."""
BARE = """<!doctype html><title>Our look</title>
<link rel="stylesheet" href="playground/assets/common/common.css"><div class="pg-root"></div>"""


class Seat:
    """A browser profile with one tab.

    The tab is kept for all files, because it loads the page with half the work of a new one. Each visitor gets a new
    document and finds nothing that the visitor before stored; only the cache of the profile stays. What a test adds to
    the tab itself, such as a listener, it removes again.

    Args:
        follows_requests: whether `wait_until_quiet` is used. Following each request costs 200 messages for each visit.
    """

    def __init__(self, profile: BrowserContext, origin: str, follows_requests: bool = False) -> None:
        self.profile = profile
        self._origin = origin
        self._follows_requests = follows_requests
        self._tab: Page | None = None
        self._is_clear = False
        self._faults: list[str] = []
        self._asked: set[Request] = set()

    def bare(self) -> Page:
        """Returns a page with our styles and nothing on it, for a test of our modules alone. It loads at once."""
        tab = self.visit(self._origin + BARE_PATH)
        tab.set_content(BARE)
        return tab

    def visit(self, url: str, width: int = VIEWPORT["width"]) -> Page:
        """Returns a fresh visitor's page, which has begun to load."""
        tab = self._cleared_tab()
        tab.set_viewport_size(VIEWPORT | {"width": width})
        tab.mouse.move(0, 0)
        self.forgive()
        self._is_clear = False
        tab.goto(url)
        return tab

    def forgive(self) -> None:
        """Forgets the errors so far."""
        self._faults.clear()

    def wait_until_quiet(self) -> None:
        """Waits until all requests of the page to our routes have ended, those that follow from them too."""
        while True:
            self._tab.evaluate(IDLE)
            if not self._asked:
                return

    def leave(self) -> None:
        """Ends the visit: closes its document, which tells the server, and clears what it stored."""
        self.profile.clear_permissions()
        if self._tab is not None and not self._tab.is_closed():
            self._tab.unroute_all()
            self._tab.emulate_media(color_scheme="light", forced_colors="none")
            self._clear(self._tab)

    def faults(self) -> list[str]:
        """Returns the errors in the console and the dialogs of this visit.

        A request to another origin is an error too, because the content-security policy forbids it; see
        `test_guards.py`.
        """
        return list(self._faults)

    def _cleared_tab(self) -> Page:
        if self._tab is None or self._tab.is_closed():
            self._tab = self.profile.new_page()
            self._is_clear = False
            self._watch(self._tab)
        self._clear(self._tab)
        self._asked.clear()
        return self._tab

    def _clear(self, tab: Page) -> None:
        """Takes the tab away from the page, which may store something as it closes, and clears the storage."""
        if self._is_clear:
            return
        tab.goto(self._origin + BLANK)
        tab.evaluate("localStorage.clear(); sessionStorage.clear()")
        self._is_clear = True

    def _watch(self, tab: Page) -> None:
        def asked(request: Request) -> None:
            if request.url.startswith(self._origin + OURS):
                self._asked.add(request)

        def refuse(dialog: Dialog) -> None:
            self._faults.append(f"dialog {dialog.message}")
            dialog.dismiss()

        tab.on("console", lambda message: self._faults.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: self._faults.append(str(error)))
        tab.on("dialog", refuse)
        if not self._follows_requests:
            return
        tab.on("request", asked)
        tab.on("requestfinished", lambda request: self._asked.discard(request))
        tab.on("requestfailed", lambda request: self._asked.discard(request))


SHARED, EXAMPLE = "shared", "example"
"""The names of the seats whose pages a file's tests share."""


class Seats:
    """Makes seats on demand, by number or name, each with its own profile."""

    def __init__(self, chromium: WithEverything, origin: str) -> None:
        self._chromium = chromium
        self._origin = origin
        self._seats: dict[int | str, Seat] = {}

    def __getitem__(self, place: int | str) -> Seat:
        if place not in self._seats:
            profile = self._chromium.new_context(viewport=VIEWPORT)
            self._seats[place] = Seat(profile, self._origin, follows_requests=place in (SHARED, EXAMPLE))
        return self._seats[place]

    def leave(self) -> None:
        """Ends the visits that have not ended. An open page would go on working beside those of the next tests."""
        for seat in self._seats.values():
            seat.leave()
