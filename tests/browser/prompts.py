"""Helpers for what a visitor sees and does on the Compare prompts tab."""

from playwright.sync_api import Page, expect

from tests.browser.example import STATE, expect_drawn
from tests.browser.seats import Seat
from tests.browser.visitor import open_view, set_number

HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{alert(3)}}"


FORM = """() => {
    const fields = ":is(#pg-prompts, .sidebar) :is(input, select, textarea):not(.pg-prompts-same *)";
    const isInput = (one) => [...(one.labels ?? [])].some(({ textContent }) => textContent.trim().startsWith("Input"));
    const seen = [...document.querySelectorAll(fields)].filter((one) => one.checkVisibility() && !isInput(one));
    const values = seen.map((one) => (["checkbox", "radio"].includes(one.type) ? one.checked : one.value));
    return JSON.stringify([values, document.querySelectorAll("#pg-prompts details[open]").length]);
}"""
"""A script that returns what is chosen in the form and in the sidebar, without the input."""

ROOM = "3"
"""The most tokens of an answer where a test needs no more."""


class SharedTab:
    """The tab as it opens. A file's tests share the page until one of them changes it; then it loads again."""

    def __init__(self, seat: Seat, url: str) -> None:
        self.seat = seat
        self._url = url
        self._page: Page | None = None
        self._opening = self._form = self._short_form = ""

    def page(self) -> Page:
        """Returns the page with the tab as it opens."""
        if self._page is None or not self._is_as_it_opened():
            self._load()
            self._opening, self._form = self._state(), self._page.evaluate(FORM)
        return self._quiet()

    def worked(self) -> Page:
        """Returns the page with the form as it opens, and the answers to any input that a test has written.

        Further answers have at most three tokens.
        """
        if self._page is None or not self._has_its_form():
            self._load(ROOM)
            self._short_form = self._page.evaluate(FORM)
        if self._page.evaluate(FORM) == self._form:
            set_number(self._page, "Max new tokens", ROOM)
            self._short_form = self._page.evaluate(FORM)
        if not answer_of(self._page, 0).get_by_role("option").count():
            run(self._page)
        expect_finished(self._page)
        return self._quiet()

    def _load(self, room: str | None = None) -> None:
        self._page = self.seat.visit(self._url)
        expect_drawn(self._page)
        if room is not None:
            set_number(self._page, "Max new tokens", room)
        open_tab(self._page)
        assert len(shares(self._page)) == 3

    def _quiet(self) -> Page:
        self.seat.wait_until_quiet()
        self.seat.forgive()
        return self._page

    def _has_its_form(self) -> bool:
        open_view(self._page, "Prompts")
        return self._page.evaluate(FORM) in (self._form, self._short_form)

    def _is_as_it_opened(self) -> bool:
        open_view(self._page, "Prompts")
        self._page.mouse.move(0, 0)
        return self._state() == self._opening

    def _state(self) -> str:
        return self._page.evaluate(STATE, ["#pg-prompts", [""]])


BUSY = "The model is busy with other texts. Press Run"
BEGUN = f"""() => {{
    const places = [...document.querySelectorAll(".pg-prompts-ending, .pg-prompts-run-status")];
    return places.map((one) => one.innerText).some((text) => text.startsWith("{BUSY}") || text.includes("ended"));
}}"""


def open_tab(page: Page) -> None:
    open_view(page, "Prompts")
    expect(columns(page)).to_have_count(3)
    expect_finished(page)


def columns(page: Page):
    return page.locator(".pg-prompts-column")


def endings(page: Page):
    return page.locator(".pg-prompts-ending")


def expect_finished(page: Page) -> None:
    """Waits until all columns have their answers. The opening prompts do not run while an earlier test's text runs."""
    page.wait_for_function(BEGUN)
    if page.get_by_text(BUSY).is_visible():
        run(page)
    expect(page.locator("#pg-prompts").get_by_role("button", name="Run")).to_be_enabled()
    for number in range(columns(page).count()):
        expect(columns(page).nth(number).get_by_role("button", name="Open in Decode")).to_be_enabled()
        expect(endings(page).nth(number)).to_contain_text("ended")


def shares(page: Page) -> list[float]:
    """Returns each column's probability of all label words, in percent."""
    rows = page.locator(".pg-prompts-label-rows").first.get_by_role("img")
    expect(rows).to_have_count(columns(page).count())
    return [float(row.locator("strong").inner_text().split()[0]) for row in rows.all()]


def prompt_of(page: Page, number: int):
    return columns(page).nth(number).get_by_role("group", name="The prompt as the model reads it")


def answer_of(page: Page, number: int):
    return columns(page).nth(number).get_by_role("listbox", name="Completion")


def write_input(page: Page, text: str) -> None:
    page.locator("#pg-prompts").get_by_role("textbox", name="Input", exact=True).fill(text)


def run(page: Page) -> None:
    page.locator("#pg-prompts").get_by_role("button", name="Run").click()
