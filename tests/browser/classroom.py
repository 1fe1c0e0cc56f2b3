"""Opens the pages of a class side by side: a teacher's, those of pupils, and the projector's."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, expect

from playground.engine.engine import Engine
from tests.browser.example import expect_drawn
from tests.browser.faces import WithEverything
from tests.browser.seats import VIEWPORT
from tests.browser.serving import build, serving
from tests.browser.visitor import headline, open_view, tokens

SECRET = "a-secret-of-the-tests"
RESET = """async () => {
    const secret = sessionStorage.getItem("playground:teacher");
    const headers = { "X-Playground-Teacher": secret, "Content-Type": "application/json" };
    const told = (body) => ({ method: "POST", headers, body: JSON.stringify(body) });
    const post = (path, body) => fetch(`playground/class/${path}`, told(body));
    await post("lead", { number: null });
    const may = { leave: true, settings: true, play: true };
    await post("mode", { frozen: false, blank: false, paused: false, may });
}"""
"""A script of the teacher's page that gives the class back what it began with."""


class Classroom:
    """The pages of one class. Each person has a browser profile of its own; the projector shares the teacher's.

    Attributes:
        faults: what the console of any page showed as an error.
    """

    def __init__(self, chromium: WithEverything, url: str) -> None:
        self.url = url
        self.faults: list[str] = []
        self._chromium = chromium
        self._profiles: list[BrowserContext] = []

    def profile(self) -> BrowserContext:
        self._profiles.append(self._chromium.new_context(viewport=VIEWPORT))
        return self._profiles[-1]

    def open(self, profile: BrowserContext, path: str) -> Page:
        """Returns a page of the class once it shows a step."""
        page = profile.new_page()
        page.on("console", lambda told: self.faults.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(self.url + path)
        expect_drawn(page)
        return page

    def teacher(self) -> Page:
        page = self.open(self.profile(), f"/#teacher={SECRET}")
        expect(desk(page)).to_contain_text("here")
        return page

    def pupil(self) -> Page:
        page = self.open(self.profile(), "/")
        expect(seat(page)).to_contain_text("Number")
        return page

    def projector(self, teacher: Page) -> Page:
        turn_over(teacher, "Address")
        with teacher.context.expect_page() as opened:
            teacher.get_by_role("button", name="Projector").click()
        page = opened.value
        turn_over(teacher, "Address")
        expect_drawn(page)
        return page

    def close(self) -> None:
        for profile in self._profiles:
            profile.close()


@contextmanager
def classroom(chromium: WithEverything, url: str) -> Iterator[Classroom]:
    """Yields the pages of a class, which end with the block."""
    pages = Classroom(chromium, url)
    try:
        yield pages
    finally:
        pages.close()


def desk(page: Page):
    """Returns the teacher's row."""
    return page.get_by_role("region", name="Class")


def seat(page: Page):
    """Returns a pupil's row."""
    return page.get_by_role("region", name="Class")


def says(page: Page):
    """Returns what the row says of the page."""
    return page.locator(".pg-class-says")


def turn(page: Page, index: int) -> str:
    """Turns a page to a step, waits until its row is drawn, and returns the step's token."""
    token = tokens(page).nth(index)
    token.click()
    text = token.inner_text()
    expect(headline(page)).to_have_text(text)
    return text


class Four:
    """The teacher's page, those of two pupils, and the projector's. The tests of this file share them."""

    def __init__(self, pages: Classroom) -> None:
        self.pages = pages
        self.teacher, self.one, self.other = pages.teacher(), pages.pupil(), pages.pupil()
        self.projector = pages.projector(self.teacher)

    @property
    def followers(self) -> list[Page]:
        return [self.one, self.other, self.projector]

    def reset(self) -> None:
        self.teacher.evaluate(RESET)
        for pupil in (self.one, self.other):
            back = pupil.get_by_role("button", name="Follow the teacher again")
            if back.is_visible():
                back.click()
        open_view(self.teacher, "Decode")
        self.all_show(turn(self.teacher, 0))

    def all_show(self, token: str) -> None:
        for page in self.followers:
            expect(headline(page)).to_have_text(token)


@contextmanager
def class_of_four(chromium: WithEverything, engine: Engine) -> Iterator[Four]:
    """Yields the four pages of a class on a server of its own. No page may have told an error in the end."""
    with serving(build(engine, "--teacher", SECRET)) as url, classroom(chromium, url) as pages:
        yield Four(pages)
        assert pages.faults == []


def temperature(page: Page):
    return page.get_by_role("spinbutton", name="Temperature")


def slider(page: Page):
    return page.locator("#pg-control-temperature input[type=range]")


def switch(page: Page, name: str) -> None:
    """Presses one of the teacher's buttons that stay pressed, and waits until the class has heard it."""
    button = desk(page).get_by_role("button", name=name, exact=True)
    was = button.get_attribute("aria-pressed")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false" if was == "true" else "true")


def let(page: Page, what: str, allowed: bool) -> None:
    turn_over(page, "Pupils")
    desk(page).get_by_label(what).set_checked(allowed)
    turn_over(page, "Pupils")


def turn_over(page: Page, part: str) -> None:
    """Opens a part of the teacher's desk, or closes it."""
    desk(page).get_by_role("button", name=part, exact=True).click()
