"""A page that a file's tests share, and which is reset to the example that the page opens with."""

from playwright.sync_api import Page, TimeoutError, ViewportSize, expect

from tests.browser.seats import Seat
from tests.browser.taken_home import Reader
from tests.browser.visitor import bars, given, selected, settle, tokens

STATE = """([root, parts]) => {
    const fields = `${root} :is(input, select, textarea), .sidebar :is(input, select, textarea)`;
    const seen = [...document.querySelectorAll(fields)].filter((field) => field.checkVisibility());
    const marked = (mark) => [...document.querySelectorAll(`${root} [${mark}=true]`)];
    return JSON.stringify([
        parts.map((part) => document.querySelector(`${root} ${part}`).innerText),
        seen.map((field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.value)),
        marked("aria-selected").map((token) => token.dataset.index),
        marked("aria-pressed").map((button) => button.innerText),
        document.querySelectorAll(`${root} details[open]`).length,
    ]);
}"""
"""A script that returns what a visitor sees in parts of a tab, and has chosen there and in the sidebar."""
DECODE = "#pg-decode"
PARTS = [".pg-notice", ".pg-status", ".pg-strip", ".pg-tools", ".pg-headline", ".pg-differing", ".pg-chain", ".pg-bars"]
PARTS += [".pg-curve-reading", ".pg-ribbon", ".pg-search"]

PATIENCE_MS = 5_000
"""The longest time for a reset. A page that is not reset by then, for example after a failed test, loads again."""

CHOICES = {
    "Colour by": "probability",
    "Number of bars": "as many as fit",
    "Scale": "linear scale",
    "Replay speed": "1",
}


class SharedExample:
    """A page that is loaded once and is reset to its opening state for each test that uses it."""

    def __init__(self, seat: Seat | Reader, url: str) -> None:
        self.seat = seat
        self._url = url
        self._page: Page | None = None
        self._opening = ""
        self._size: ViewportSize | None = None

    def page(self) -> Page:
        """Returns the page in its opening state."""
        if self._page is None or not self._is_back():
            self._load()
        return self._quiet()

    def loaded_again(self) -> Page:
        """Returns the page in its opening state, which has also forgotten what it keeps of a stage that is removed."""
        self._load()
        return self._quiet()

    def _quiet(self) -> Page:
        self.seat.wait_until_quiet()
        self.seat.forgive()
        return self._page

    def _is_back(self) -> bool:
        try:
            self._page.set_viewport_size(self._size)
            start_over(self._page)
            opened = f"([asked, opening]) => ({STATE})(asked) === opening"
            self._page.wait_for_function(opened, arg=[[DECODE, PARTS], self._opening], timeout=PATIENCE_MS)
        except TimeoutError:
            return False
        return True

    def _load(self) -> None:
        self._page = self.seat.visit(self._url)
        expect_drawn(self._page)
        if isinstance(self.seat, Seat):
            expect(given(self._page)).to_have_count(6)  # the server scores them
            settle(self._page)
        self._opening = self._page.evaluate(STATE, [DECODE, PARTS])
        self._size = self._page.viewport_size


def expect_drawn(page: Page) -> None:
    expect(selected(page)).to_be_visible()
    expect(bars(page)).not_to_have_count(0)


def start_over(page: Page) -> None:
    """Resets what a visitor can choose on the Decode tab and in the sidebar, except the text in view."""
    page.mouse.move(0, 0)
    if (back := page.get_by_role("button", name="Back to the text")).is_visible():
        back.click()
    if (pause := page.get_by_text("⏸ Pause")).is_visible():
        pause.click()
    for label, value in CHOICES.items():
        page.locator(DECODE).get_by_label(label, exact=True).select_option(value, timeout=PATIENCE_MS)
    page.get_by_role("button", name="Balanced", exact=True).click()
    tokens(page).first.click()
    for summary in page.locator("#pg-decode details[open]:not(.pg-temperatures-fold) > summary").all():
        summary.click()
    if (folded := page.locator(".pg-temperatures-fold:not([open]) > summary")).count():
        folded.click()
    for switch in ("fit the axis", "over what entered top-p"):
        page.locator(DECODE).get_by_label(switch).uncheck()
    page.locator(DECODE).get_by_role("radio", name="by u").check()
    if (text := page.get_by_role("button", name="Text", exact=True, expanded=True)).count():
        text.click()
    page.get_by_role("searchbox", name="Find a token").fill("")
    if (clear := page.get_by_role("button", name="Clear")).is_enabled():
        clear.click()
    for pressed in page.locator(".pg-chain :is([aria-pressed=true]:not(:text('top-p')), [aria-expanded=true])").all():
        pressed.click()  # a second click shows the distribution after the last stage again
