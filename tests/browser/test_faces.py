"""Tests the page's two faces: what a first visit meets, what is folded, and how the choice is kept and linked."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dress import SIZES, dress, size
from tests.browser.example import expect_drawn
from tests.browser.seats import VIEWPORT
from tests.browser.test_axe import found_by_axe
from tests.browser.visitor import bars, chosen, given, selected, set_number, settle, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

MOST_CONTROLS = 12
CONTROLS = """() => {
    const LISTS = "[role=listbox], [role=radiogroup]"; // one control each, and one stop for Tab
    const WORDS = ".pg-term"; // they explain, and change nothing
    const all = "a[href], button, input, select, textarea, summary, [tabindex], [role=button], [contenteditable=true]";
    const seen = [...document.querySelectorAll(`${all}, ${LISTS}`)].filter((one) =>
        one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert]") && !one.disabled
        && !one.matches(WORDS) && (one.matches(LISTS) || !one.closest(LISTS)) && !one.querySelector(LISTS));
    const isGroup = (one) => one.matches("[role=radiogroup]");
    return seen.map((one) => (!isGroup(one) && one.ariaLabel) || one.labels?.[0]?.innerText || one.innerText || one.id);
}"""
"""A script that names what a learner can click or reach by key."""
STOP = """() => {
    const one = document.activeElement;
    const seen = one.checkVisibility({ visibilityProperty: true });
    const { top } = one.getBoundingClientRect();
    const name = one.ariaLabel || one.labels?.[0]?.innerText || one.innerText;
    return one === document.body ? null : { name, seen, top };
}"""
WATCH = """
window.faces = [];
window.shifted = 0;
const face = () => document.documentElement.dataset.face;
new PerformanceObserver((list) => list.getEntries().forEach(() => window.faces.push(face())))
    .observe({ type: "paint", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shifted += value)))
    .observe({ type: "layout-shift", buffered: true });
"""
"""Notes the face at each first paint, and how much of the page moved."""
LESSONS = "window.lessons = []; document.addEventListener('playground:lesson', (e) => window.lessons.push(e.detail))"


@pytest.fixture
def visit(chromium, site):
    """A function that returns the page of somebody who has kept nothing, at an address, once it is drawn."""
    profile = chromium.first_visits.new_context(viewport=VIEWPORT, permissions=["clipboard-read", "clipboard-write"])
    errors = []
    profile.on("weberror", lambda error: errors.append(str(error.error)))

    def come(address: str = "", script: str = "") -> Page:
        page = profile.new_page()
        page.add_init_script(script)
        page.goto(site.url + address)
        expect_drawn(page)
        return page

    yield come
    profile.close()
    assert errors == []


def switch(page: Page, name: str):
    return page.get_by_role("radiogroup", name="How much the page shows").get_by_role("radio", name=name)


def expect_simple(page: Page) -> None:
    expect(switch(page, "Simple")).to_be_checked()
    expect(page.get_by_role("button", name="Write the next word")).to_be_visible()
    for hidden in ("#pg-generate", "#pg-presets", ".pg-tab-row", ".pg-chain", ".pg-curve", ".pg-tools", ".pg-headline"):
        expect(page.locator(hidden).first).to_be_hidden()


def expect_everything(page: Page) -> None:
    expect(switch(page, "Everything")).to_be_checked()
    expect(page.get_by_role("button", name="Step", exact=True)).to_be_visible()
    expect(page.get_by_role("tab", name="Decode")).to_be_visible()
    expect(page.locator(".pg-chain")).to_be_visible()
    expect(page.locator(".pg-intro")).to_be_hidden()


def test_a_first_visit_meets_at_most_twelve_controls(visit):
    page = visit()
    expect_simple(page)
    settle(page)
    controls = page.evaluate(CONTROLS)
    assert len(controls) <= MOST_CONTROLS, controls
    for name in ("Prompt", "Write the next word", "Write on", "Tokens", "Candidates", "Show me (3 minutes)", "Simple"):
        assert any(name in control for control in controls), (name, controls)
    assert sum("slider" in control for control in controls) == 3, controls


@pytest.mark.parametrize("window", SIZES)
def test_sliders_text_and_bars_are_in_view_together(visit, window):
    page = visit()
    size(page, window)
    dress(page)
    page.get_by_role("button", name="Close this explanation").click()
    page.locator("#pg-control-temperature").evaluate("(one) => scrollBy(0, one.getBoundingClientRect().top - 8)")
    bottom = SIZES[window][1]
    seen = page.evaluate(
        "(bottom) => [...document.querySelectorAll('.pg-bar[data-kind=token], .pg-bar[data-kind=rest]')]"
        ".filter((bar) => bar.getBoundingClientRect().bottom <= bottom).length",
        bottom,
    )
    assert seen >= (4 if window == "200 %" else 8)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[window][0]


def test_on_a_projector_the_whole_face_is_in_view(visit):
    page = visit()
    size(page, "projector")
    dress(page)
    for part in ("#pg-prompt textarea", "#pg-step", "#pg-control-top_p", ".pg-strip", ".pg-caption", ".pg-face-switch"):
        box = page.locator(part).bounding_box()
        assert 0 <= box["y"] <= SIZES["projector"][1] - box["height"], (part, box)
    assert bars(page).filter(visible=True).count() >= 8
    rest = page.locator(".pg-bar[data-kind=rest] .pg-label")
    assert re.fullmatch(r"49,1\d\d other tokens", rest.get_attribute("title"))


def test_tab_reaches_what_is_seen_from_top_to_bottom_and_nothing_else(visit):
    page = visit()
    settle(page)
    expect(given(page)).to_have_count(6)
    stops = []
    while True:
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or len(stops) > 2 * MOST_CONTROLS:
            break
        stops.append(stop)
    assert all(stop["seen"] for stop in stops), stops
    assert [stop["top"] for stop in stops[:3]] == sorted(stop["top"] for stop in stops[:3]), stops
    assert len(stops) <= MOST_CONTROLS, stops


def test_the_switch_is_moved_by_key_and_remembers_itself(visit):
    page = visit()
    switch(page, "Simple").focus()
    page.keyboard.press("ArrowRight")
    expect_everything(page)
    assert page.url.endswith("/?face=everything")
    expect(switch(page, "Everything")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect_simple(page)
    page.keyboard.press("ArrowRight")
    expect_everything(visit())  # the next visit
    page.reload()
    expect_everything(page)


@pytest.mark.parametrize(
    ("address", "is_simple"),
    [
        ("/?face=simple", True),
        ("/?face=everything", False),
        ("/?tab=decode", False),
        ("/?tab=decode&face=simple", True),
        ("/?face=neither", True),
    ],
)
def test_an_address_says_the_face(visit, address, is_simple):
    (expect_simple if is_simple else expect_everything)(visit(address))


@pytest.mark.parametrize("face", ["simple", "everything"])
def test_a_link_opens_the_face_in_which_it_was_copied(visit, face):
    page = visit("/?face=everything")
    settle(page)
    if face == "simple":
        page.evaluate("import('./playground/assets/common/face.js').then(({ showFace }) => showFace('simple'))")
        page.locator(".pg-takeaway .pg-button", has_text="Copy link").dispatch_event("click")
    else:
        page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('#pg-decode .pg-menu-status')?.textContent === 'Link copied.'")
    link = page.evaluate("navigator.clipboard.readText()")
    assert ("face=simple" in link) == (face == "simple")
    other = "everything" if face == "simple" else "simple"
    page.evaluate(f"localStorage.setItem('playground:face', '{other}')")
    followed = page.context.new_page()
    followed.goto(link)
    expect_drawn(followed)
    (expect_simple if face == "simple" else expect_everything)(followed)


@pytest.mark.parametrize(("address", "face"), [("", "simple"), ("/?face=everything", "everything")])
def test_the_face_is_right_at_the_first_paint_and_nothing_moves(visit, address, face):
    page = visit(address, WATCH)
    settle(page)
    page.wait_for_function("window.faces.length > 0")
    assert set(page.evaluate("window.faces")) == {face}
    assert page.evaluate("window.shifted") < 0.02


def test_the_sentence_is_closed_once_and_the_first_lesson_is_asked_for(visit):
    page = visit(script=LESSONS)
    says = page.get_by_text("A language model writes one word at a time")
    expect(says).to_be_visible()
    show = page.get_by_role("button", name="Show me (3 minutes)")
    page.get_by_role("button", name="Close this explanation").click()
    expect(says).to_be_hidden()
    expect(show).to_be_focused()
    show.press("Enter")
    assert page.evaluate("window.lessons") == ["next-word"]
    expect(show).to_be_hidden()  # the lesson is there
    page.get_by_role("button", name="Close the lesson").click()
    expect(show).to_be_visible()
    page.reload()
    expect_drawn(page)
    expect(says).to_be_hidden()
    expect(show).to_be_visible()


def test_a_changed_prompt_begins_a_text_and_the_same_prompt_goes_on(visit):
    page = visit()
    settle(page)
    page.get_by_label("Prompt", exact=True).fill("The capital of France is")
    page.get_by_role("button", name="Write the next word").click()
    expect(tokens(page)).to_have_count(1)
    expect(strip(page)).to_contain_text("France·is")
    page.keyboard.press("Control+Enter")
    expect(tokens(page)).to_have_count(2)
    expect(selected(page)).to_have_text(tokens(page).nth(1).inner_text())
    page.get_by_label("Prompt", exact=True).fill("Once upon a time")
    page.get_by_role("button", name="Write on").click()
    expect(strip(page)).to_contain_text("upon·a·time")
    expect(tokens(page)).to_have_count(40)


def test_the_caption_follows_the_slider_and_describes_the_bars(visit):
    page = visit()
    settle(page)
    caption = page.locator(".pg-caption")
    candidates = page.get_by_role("listbox", name="Candidates")
    expect(caption).to_have_text(
        "What am I looking at? The model gives 34.8 % to ‘ stars’; the settings make that 68.8 %. "
        "Top-k 40 and top-p 0.9 keep 7 tokens of 49,152; the random number 0.734 falls on ‘ glitter’."
    )
    assert candidates.get_attribute("aria-describedby") == caption.get_attribute("id")
    slider = page.get_by_role("slider", name="Top-p")
    value = page.locator("#pg-control-top_p .pg-slider-value")
    expect(value).to_have_text("0.9")
    for _ in range(40):
        slider.press("ArrowLeft")
    expect(value).to_have_text("0.5")
    expect(caption).to_contain_text("Top-k 40 and top-p 0.5 keep 1 token of 49,152; the random number 0.734 falls on")
    expect(caption).to_contain_text("falls on ‘ stars’ now. The text still has ‘ glitter’, which top-p removes.")
    switch(page, "Everything").check()
    expect(caption).to_be_visible()
    set_number(page, "Top-p", "1")
    expect(caption).to_contain_text("Top-k 40 keeps 40 tokens of 49,152")
    switch(page, "Simple").check()
    expect(value).to_have_text("off")


@pytest.mark.parametrize("face", ["simple", "everything"])
def test_the_presenter_view_is_entered_from_both_faces(visit, face):
    page = visit(f"/?presenter=1&face={face}")
    expect(page.get_by_role("toolbar", name="Presenter")).to_be_visible()
    expect(page.locator(".pg-headline")).to_be_visible()
    expect(page.locator(".pg-face-switch")).to_be_hidden()
    before = chosen(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pg-headline-token")).not_to_have_text(before)
    page.keyboard.press("Escape")
    (expect_simple if face == "simple" else expect_everything)(page)


def test_another_view_shows_as_it_does_in_everything(visit):
    page = visit()
    page.evaluate("import('./playground/assets/common/navigation.js').then(({ openView }) => openView('beams'))")
    expect(page.get_by_role("tab", name="Beams")).to_be_visible()
    expect(page.locator("#pg-control-temperature input[type=number]")).to_be_visible()
    expect(page.locator(".pg-intro")).to_be_hidden()
    page.get_by_role("tab", name="Decode").click()
    expect_simple(page)
    page.go_back()
    expect(page.get_by_role("tab", name="Beams")).to_be_visible()
    page.go_back()
    expect_simple(page)


def test_axe_finds_nothing_on_the_simple_face(visit):
    page = visit()
    settle(page)
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
