"""Looks at every view as a person does, at three sizes, with normal and large type, light and dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.seats import IDLE
from tests.browser.visitor import VIEWS, ending, generate, open_view, set_number, tokens
from tests.npm import PACKAGES

pytestmark = [pytest.mark.browser, pytest.mark.model]

SIZES = {"laptop": (1440, 900), "projector": (1024, 768), "phone": (390, 844)}
TABS = tuple(VIEWS)
LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
DRESS = """([isDark, isLarge]) => {
    document.body.classList.toggle("dark", isDark);
    document.documentElement.style.fontSize = isLarge ? "20px" : ""; // all our type is relative to it
    dispatchEvent(new Event("resize"));
    return Promise.allSettled(document.getAnimations().map(({ finished }) => finished)).then(() => null);
}"""
UNFOLD = """() => {
    for (const fold of document.querySelectorAll(".pg-root details")) if (fold.checkVisibility()) fold.open = true;
    for (const toggle of document.querySelectorAll(".pg-root .pg-button[aria-expanded=false]:not([popovertarget])"))
        if (toggle.checkVisibility()) toggle.click();
}"""
"""Opens the folds and the panels of the view."""
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
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EXPERIMENTAL = "{ 'label-content-name-mismatch': { enabled: false } }"
"""axe's own experiments, which it leaves out by default."""
AXE = """async (rules) => {
    const found = await axe.run(document, { runOnly: rules, rules: EXPERIMENTAL });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id}: ${target} ${failureSummary.split("\\n").slice(1).join(" ").slice(0, 160)}`));
}""".replace("EXPERIMENTAL", EXPERIMENTAL)


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


@pytest.mark.parametrize("size", SIZES)
def test_nothing_moves_while_a_text_is_written(page, site, size):
    """A text of steps with one and two figures, and one whose steps come to have three."""
    open_view(page, "Decode")
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
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
@pytest.mark.parametrize("view", TABS)
def test_no_text_is_cut_or_covered(page, view, size):
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    open_view(page, view)
    found = {}
    for scheme in ("light", "dark"):
        for type_size in ("normal", "large"):
            page.evaluate(DRESS, [scheme == "dark", type_size == "large"])
            page.evaluate(IDLE)
            for fault in page.evaluate(LOOK, ".gradio-container"):
                found.setdefault(fault, []).append(f"{scheme}, {type_size}")
    page.evaluate(DRESS, [False, False])
    assert [f"{fault} ({'; '.join(where)})" for fault, where in found.items()] == []


@pytest.mark.parametrize("size", ["projector", "phone"])
def test_the_example_of_the_course_is_not_cut_and_buttons_stay_beside_each_other(page, size):
    open_view(page, "Decode")
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    page.get_by_role("button", name="Example from the course").click()
    expect(page.locator(".pg-strip-prompt")).to_contain_text("·dessert")
    page.evaluate(IDLE)
    assert page.evaluate(LOOK, "#pg-decode") == []
    buttons = page.locator(".pg-ribbon-buttons button, .pg-continuation button")
    places = buttons.evaluate_all("(all) => all.map((one) => one.offsetTop - one.parentElement.firstChild.offsetTop)")
    assert size == "phone" or max(map(abs, places)) < 10, places
    page.get_by_role("button", name="Back to the text").click()


@pytest.mark.parametrize("size", ["laptop", "phone"])
@pytest.mark.parametrize("view", TABS)
def test_axe_finds_nothing(page, view, size):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    open_view(page, view)
    page.evaluate(UNFOLD)
    if not page.evaluate("'axe' in window"):
        page.evaluate((PACKAGES / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = {}
    for scheme in ("light", "dark"):
        page.evaluate(DRESS, [scheme == "dark", False])
        found[scheme] = page.evaluate(AXE, RULES)
    page.evaluate(DRESS, [False, False])
    assert found == {"light": [], "dark": []}
