"""Looks at every view as a person does, at four sizes, with normal, large and spaced type, light and dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.dress import SIZES, dress
from tests.browser.dress import size as resize
from tests.browser.seats import IDLE, SHARED
from tests.browser.visitor import VIEWS, ending, generate, open_view, set_number, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
LOOKS = [("light", "normal"), ("dark", "large"), ("light", "spaced")]
WATCH_SHIFTS = """() => {
    const isDown = ({ previousRect, currentRect }) => Math.abs(previousRect.y - currentRect.y) > 2;
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const { hadRecentInput, sources } of list.getEntries()) {
            if (hadRecentInput) continue;
            for (const source of sources.filter(isDown)) {
                const { node, previousRect, currentRect } = source;
                window.shifts.push(`${node?.className ?? node?.nodeName} from ${previousRect.y} to ${currentRect.y}`);
            }
        }
    }).observe({ type: "layout-shift" });
}"""
"""Notes what moves up or down without the reader's doing. Words that become longer may push others aside."""
OPEN = """(traceId) => {
    document.dispatchEvent(new CustomEvent("playground:open", { detail: { traceId, index: 0 } }));
}"""
"""Brings a text into view as another tab does."""
MOST_STOPS = 250
FEW_STOPS = {"Models", "Families", "Learn"}
"""Views with few elements to stop at: on a server with one model the first is a sentence."""
MANY_STOPS = """() => {
    const isStop = (one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true });
    const all = document.querySelectorAll("a, button, input, select, summary, textarea, [tabindex]");
    return [...all].filter(isStop).length > 10;
}"""
"""Whether Tab has many elements to stop at."""
COVERED = """() => {
    const { activeElement: one } = document;
    let { left: near, top: low, right: far, bottom: high } = one.getBoundingClientRect();
    const cut = ({ left, top, right, bottom }) => {
        [near, low] = [Math.max(near, left), Math.max(low, top)];
        [far, high] = [Math.min(far, right), Math.min(high, bottom)];
    };
    cut({ left: 0, top: 0, right: innerWidth - 1, bottom: innerHeight - 1 });
    for (let around = one.parentElement; around !== document.body && around; around = around.parentElement) {
        if (getComputedStyle(around).overflowY !== "visible") cut(around.getBoundingClientRect()); // it scrolls
    }
    const isIn = (one, upmost) => one.contains(upmost) || upmost.contains(one);
    const isSeen = [0.1, 0.5, 0.9].some((down) => [0.1, 0.5, 0.9].some((across) => {
        const upmost = document.elementFromPoint(near + across * (far - near), low + down * (high - low));
        if (!upmost) return false;
        // a cell of a picture lets the pointer through
        return isIn(one, upmost) || (upmost.matches("canvas") && upmost.parentElement.contains(one));
    }));
    window.pgStops ??= new Map();
    if (!window.pgStops.has(one)) window.pgStops.set(one, window.pgStops.size);
    return [window.pgStops.get(one), high >= low && far >= near && isSeen ? "" : one.outerHTML.slice(0, 200)];
}"""
"""A script that returns a number for the element that has the focus, and the element if nothing of it can be seen."""


@pytest.fixture
def page(shared_page):
    """One visitor's page, because these tests only look."""
    return shared_page


def long_text(site, page, count: int) -> str:
    """Returns the id of a text that took no time to write: the steps of the example, again and again."""
    parts = page.request.get(f"{site.url}/config").json()["components"]
    example = next(part["props"]["value"] for part in parts if part["props"].get("elem_id") == "pg-decode")
    trace = site.engine.store.get(example["trace_id"])
    steps = tuple(replace(trace.steps[index % len(trace.steps)], index=index) for index in range(count))
    return site.engine.store.open(replace(trace, steps=steps, stop_reason="stopped"))


@pytest.mark.parametrize("size", ["laptop", "projector", "phone"])
def test_nothing_moves_while_a_text_is_written(page, site, size):
    """A text of steps with one and two figures, and one whose steps come to have three."""
    open_view(page, "Decode")
    resize(page, size)
    page.evaluate(IDLE)
    page.evaluate(WATCH_SHIFTS)
    generate(page, "Once upon a time", 12)
    expect(page.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
    expect(tokens(page)).to_have_count(12)
    expect(ending(page)).to_be_visible()
    page.evaluate(IDLE)
    assert page.evaluate("shifts") == []
    set_number(page, "Max new tokens", "8")
    page.evaluate(OPEN, long_text(site, page, 97))
    expect(tokens(page)).to_have_count(97)
    page.get_by_role("button", name="Go on").click()
    expect(tokens(page)).to_have_count(105)
    expect(ending(page)).to_be_visible()
    page.evaluate(IDLE)
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
def test_no_text_is_cut_or_covered(page, view, size):
    resize(page, size)
    open_view(page, view)
    found = {}
    for scheme, type_size in LOOKS:
        dress(page, scheme, type_size)
        page.evaluate(IDLE)
        for fault in page.evaluate(LOOK, ".gradio-container"):
            found.setdefault(fault, []).append(f"{scheme}, {type_size}")
    dress(page)
    assert [f"{fault} ({'; '.join(where)})" for fault, where in found.items()] == []


@pytest.mark.parametrize("size", ["projector", "phone"])
def test_the_example_of_the_course_is_not_cut_and_buttons_stay_beside_each_other(page, size):
    open_view(page, "Decode")
    resize(page, size)
    page.get_by_role("button", name="Example from the course").click()
    expect(page.locator(".pg-strip-prompt")).to_contain_text("·dessert")
    page.evaluate(IDLE)
    assert page.evaluate(LOOK, "#pg-decode") == []
    buttons = page.locator(".pg-ribbon-buttons button, .pg-continuation button")
    places = buttons.evaluate_all("(all) => all.map((one) => one.offsetTop - one.parentElement.firstChild.offsetTop)")
    assert size == "phone" or max(map(abs, places)) < 10, places
    page.get_by_role("button", name="Back to the text").click()


@pytest.mark.parametrize("size", ["200 %", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_whatever_has_the_focus_is_seen(page, seats, view, size):
    """Nothing that stays in its place covers it: WCAG 2.2, 2.4.11."""
    resize(page, size)
    open_view(page, view)
    seats[SHARED].wait_until_quiet()
    if view not in FEW_STOPS:
        page.wait_for_function(MANY_STOPS)  # a view that waits for its text or its numbers has few
    first = page.evaluate(COVERED)
    stops, covered = {first[0]}, []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop, fault = page.evaluate(COVERED)
        covered += [fault] if fault else []
        if stop == first[0]:
            break
        stops.add(stop)
    assert covered == []
    assert (3 if view in FEW_STOPS else 10) < len(stops) < MOST_STOPS
