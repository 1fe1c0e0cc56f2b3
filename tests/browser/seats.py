"""Where visitors sit: a profile with one tab, in which one visitor follows another, and what a visit must not do."""

from playwright.sync_api import Browser, BrowserContext, Page

VIEWPORT = {"width": 1440, "height": 900}
BLANK = "/playground/assets/page.css"
"""A page of the server on which nothing runs: a tab waits there, and from there it can clear what was stored."""


class Seat:
    """A profile of its own, and one tab of it.

    A tab that is kept loads the page with half the work of a new one. Each visitor has a document of their own,
    and finds nothing that the one before has stored; only the cache of the profile stays.
    """

    def __init__(self, profile: BrowserContext, origin: str) -> None:
        self._profile = profile
        self._origin = origin
        self._tab: Page | None = None
        self._faults: list[str] = []
        self._requested: list[str] = []

    def visit(self, url: str, width: int = VIEWPORT["width"]) -> Page:
        """A fresh visitor's page, which has begun to load."""
        tab = self._cleared_tab()
        tab.set_viewport_size(VIEWPORT | {"width": width})
        tab.mouse.move(0, 0)
        self.forgive()
        tab.goto(url)
        return tab

    def forgive(self) -> None:
        """Forgets the faults and requests so far."""
        self._faults.clear()
        self._requested.clear()

    def leave(self) -> None:
        """Ends the visit: its document goes, and the server hears of it."""
        self._profile.clear_permissions()
        if self._tab is not None and not self._tab.is_closed():
            self._tab.unroute_all()
            self._tab.goto(self._origin + BLANK)

    def faults(self) -> list[str]:
        """Errors in the console, dialogs, and requests to anywhere but the server, in this visit."""
        own = (self._origin, "data:", "blob:")
        return self._faults + [f"request to {url}" for url in self._requested if not url.startswith(own)]

    def close_tab(self) -> None:
        """Ends what tests have hung on the tab, their listeners above all."""
        if self._tab is not None:
            self._tab.close()
            self._tab = None

    def _cleared_tab(self) -> Page:
        if self._tab is None or self._tab.is_closed():
            self._tab = self._profile.new_page()
            watch(self._tab, self._faults, self._requested)
        self._tab.goto(self._origin + BLANK)
        self._tab.evaluate("localStorage.clear(); sessionStorage.clear()")
        return self._tab


class Seats:
    """Seats on demand, by number, each with its own profile."""

    def __init__(self, chromium: Browser, origin: str) -> None:
        self._chromium = chromium
        self._origin = origin
        self._seats: dict[int | str, Seat] = {}

    def __getitem__(self, place: int | str) -> Seat:
        if place not in self._seats:
            self._seats[place] = Seat(self._chromium.new_context(viewport=VIEWPORT), self._origin)
        return self._seats[place]

    def close_tabs(self) -> None:
        for seat in self._seats.values():
            seat.close_tab()


def watch(page: Page, faults: list[str], requested: list[str]) -> None:
    """Notes from now on what the page must not do, and what it asks for."""

    def refuse(dialog) -> None:
        faults.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", refuse)
    page.on("request", lambda request: requested.append(request.url))
