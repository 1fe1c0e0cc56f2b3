"""Where visitors sit: a profile with one tab, in which one visitor follows another, and what a visit must not do."""

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

VIEWPORT = {"width": 1440, "height": 900}
OURS = "/playground/"
"""Where the routes beside Gradio's are. Gradio holds a request open as long as a visit lasts."""
IDLE = "new Promise((done) => requestIdleCallback(() => requestAnimationFrame(() => requestIdleCallback(done))))"
"""A promise that the page keeps when it has nothing to do."""
BLANK = "/playground/assets/page.css"
"""A page of the server on which nothing runs: a tab waits there, and from there it can clear what was stored."""

BARE_PATH = "/healthz"
"""Beside the page, so that addresses relative to it are right, and answered at once."""
BARE = """<!doctype html><title>Our look</title>
<link rel="stylesheet" href="playground/assets/common/common.css"><div class="pg-root"></div>"""


class Seat:
    """A profile of its own, and one tab of it.

    A tab that is kept loads the page with half the work of a new one. Each visitor has a document of their own,
    and finds nothing that the one before has stored; only the cache of the profile stays.

    Args:
        follows_requests: whether `wait_until_quiet` is asked for. To hear of each request costs a visit 200 messages.
    """

    def __init__(self, profile: BrowserContext, origin: str, follows_requests: bool = False) -> None:
        self.profile = profile
        self._origin = origin
        self._follows_requests = follows_requests
        self._tab: Page | None = None
        self._faults: list[str] = []
        self._asked: set[Request] = set()

    def bare(self) -> Page:
        """A page with our look and nothing on it, for a test of our modules alone. It loads at once."""
        tab = self.visit(self._origin + BARE_PATH)
        tab.set_content(BARE)
        return tab

    def visit(self, url: str, width: int = VIEWPORT["width"]) -> Page:
        """A fresh visitor's page, which has begun to load."""
        tab = self._cleared_tab()
        tab.set_viewport_size(VIEWPORT | {"width": width})
        tab.mouse.move(0, 0)
        self.forgive()
        tab.goto(url)
        return tab

    def forgive(self) -> None:
        """Forgets the faults so far."""
        self._faults.clear()

    def wait_until_quiet(self) -> None:
        """Waits until everything that the page has asked our routes for is there, and what it asks for then, too."""
        while True:
            self._tab.evaluate(IDLE)
            if not self._asked:
                return

    def leave(self) -> None:
        """Ends the visit: its document goes, the server hears of it, and nothing that it stored stays."""
        self.profile.clear_permissions()
        if self._tab is not None and not self._tab.is_closed():
            self._tab.unroute_all()
            self._clear(self._tab)

    def faults(self) -> list[str]:
        """Errors in the console and dialogs, in this visit. A request to anywhere but the server is an error, too: the
        content-security policy forbids it; see `test_guards.py`."""
        return list(self._faults)

    def close_tab(self) -> None:
        """Ends what tests have hung on the tab, their listeners above all."""
        if self._tab is not None:
            self._tab.close()
            self._tab = None

    def _cleared_tab(self) -> Page:
        if self._tab is None or self._tab.is_closed():
            self._tab = self.profile.new_page()
            self._watch(self._tab)
        self._clear(self._tab)
        self._asked.clear()
        return self._tab

    def _clear(self, tab: Page) -> None:
        """Takes the tab from the page, which may store something as it goes, and forgets what it stored."""
        tab.goto(self._origin + BLANK)
        tab.evaluate("localStorage.clear(); sessionStorage.clear()")

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


SHARED = "shared"
"""The seat of a page that a file's tests share, in one way or another."""


class Seats:
    """Seats on demand, by number or name, each with its own profile."""

    def __init__(self, chromium: Browser, origin: str) -> None:
        self._chromium = chromium
        self._origin = origin
        self._seats: dict[int | str, Seat] = {}

    def __getitem__(self, place: int | str) -> Seat:
        if place not in self._seats:
            profile = self._chromium.new_context(viewport=VIEWPORT)
            self._seats[place] = Seat(profile, self._origin, follows_requests=place == SHARED)
        return self._seats[place]

    def close_tabs(self) -> None:
        for seat in self._seats.values():
            seat.close_tab()
