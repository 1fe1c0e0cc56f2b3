"""Looks at every view as a person does, at four sizes, with normal, large and spaced type, light and dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.seats import IDLE
from tests.browser.visitor import VIEWS, ending, generate, open_view, set_number, tokens
from tests.npm import PACKAGES

pytestmark = [pytest.mark.browser, pytest.mark.model]

SIZES = {"laptop": (1440, 900), "projector": (1024, 768), "phone": (390, 844), "200 %": (720, 450)}
"""The last one is a laptop's window in which everything is twice as large."""
TABS = tuple(VIEWS)
LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
LOOKS = [("light", "normal"), ("light", "large"), ("light", "spaced"), ("dark", "normal"), ("dark", "large")]
SPACED = """
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }
"""
"""The spaces that a reader may want between lines, letters, words and paragraphs (WCAG 2.2, 1.4.12)."""
DRESS = """([scheme, type, spaced]) => {
    document.body.classList.toggle("dark", scheme === "dark");
    document.documentElement.style.fontSize = type === "large" ? "20px" : ""; // all our type is relative to it
    window.pgSpaced ??= document.head.appendChild(document.createElement("style"));
    window.pgSpaced.textContent = type === "spaced" ? spaced : "";
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
MOST_STOPS = 250
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = """async (rules) => {
    const found = await axe.run(document, { runOnly: rules });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id}: ${target} ${failureSummary.split("\\n").slice(1).join(" ").slice(0, 160)}`));
}"""
COVERED = """() => {
    const { activeElement: one } = document;
    const { left, top, right, bottom } = one.getBoundingClientRect();
    const [low, near] = [Math.max(0, top), Math.max(0, left)];
    const [high, far] = [Math.min(innerHeight - 1, bottom), Math.min(innerWidth - 1, right)];
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

TELLING = {
    "Decode": [".pg-bar .pg-fill", ".pg-strip [data-shade='7']", ".pg-chain [aria-pressed=true]", ".pg-segment"],
    "Prompts": [".pg-bar .pg-fill", ".pg-prompts-answer [data-shade]", ".pg-prompts-class"],
    "Settings": [".pg-primary"],
    "Beams": [".pg-primary"],
    "Picture": [".pg-parameters-bar"],
    "Tokens": [".pg-languages .pg-tokens-fill"],
    "Embeddings": [".pg-cosine-bar"],
    "Positions": [".pg-order-bar"],
    "Attention": [":is([data-heat='6'], [data-heat='7'])"],
    "Layers": [":is([data-heat='6'], [data-heat='7'])", ".pg-bar .pg-fill"],
    "To a word": [".pg-word-fill"],
    "Why": [".pg-why-bar", ":is([data-differ='0'], [data-differ='6'])"],
}
"""What tells something by its ground, by view."""
GROUNDS = """(telling) => {
    const groundOf = (one) => getComputedStyle(one).background;
    const root = [...document.querySelectorAll("#pg-views .pg-root")].find((one) => one.checkVisibility());
    if (!telling.every((name) => root?.querySelector(name))) return null; // not yet drawn
    return telling.filter((name) => groundOf(root.querySelector(name)) === groundOf(root));
}"""
"""A script that returns what has the ground of the view, and so tells nothing."""
RESTING = """() => ["aria-disabled", "disabled"].filter((name) => {
    const filled = document.querySelector("#pg-views .pg-primary");
    if (!filled) return false;
    const before = filled.getAttribute(name);
    filled.setAttribute(name, "true");
    const { backgroundColor: ground } = getComputedStyle(filled);
    if (before === null) filled.removeAttribute(name);
    else filled.setAttribute(name, before);
    return ground !== getComputedStyle(filled.closest(".pg-root")).backgroundColor;
})"""
"""A script that returns how a filled button can rest and keep a ground on which its grey text is not read."""


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


def load_axe(page):
    if not page.evaluate("'axe' in window"):
        page.evaluate((PACKAGES / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))


@pytest.mark.parametrize("size", ["laptop", "projector", "phone"])
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
    for scheme, type_size in LOOKS:
        page.evaluate(DRESS, [scheme, type_size, SPACED])
        page.evaluate(IDLE)
        for fault in page.evaluate(LOOK, ".gradio-container"):
            found.setdefault(fault, []).append(f"{scheme}, {type_size}")
    page.evaluate(DRESS, [*LOOKS[0], SPACED])
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


@pytest.mark.parametrize("size", ["200 %", "phone"])
@pytest.mark.parametrize("view", TABS)
def test_whatever_has_the_focus_is_seen(page, view, size):
    """Nothing that stays in its place covers it: WCAG 2.2, 2.4.11."""
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    open_view(page, view)
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
    assert 10 < len(stops) < MOST_STOPS


@pytest.mark.parametrize("size", ["laptop", "phone"])
@pytest.mark.parametrize("view", TABS)
def test_axe_finds_nothing(page, view, size):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    open_view(page, view)
    page.evaluate(UNFOLD)
    load_axe(page)
    found = {}
    for scheme in ("light", "dark"):
        page.evaluate(DRESS, [scheme, "normal", SPACED])
        found[scheme] = page.evaluate(AXE, RULES)
    page.evaluate(DRESS, [*LOOKS[0], SPACED])
    assert found == {"light": [], "dark": []}


@pytest.mark.parametrize("view", TABS)
def test_in_the_systems_own_colours_text_is_read_and_grounds_are_seen(page, view):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES["laptop"], strict=True)))
    open_view(page, view)
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        page.evaluate(DRESS, [scheme, "normal", SPACED])
        load_axe(page)
        found[scheme] = page.evaluate(AXE, {"type": "rule", "values": ["color-contrast"]})
        found[scheme] += page.wait_for_function(GROUNDS, arg=TELLING[view]).json_value()
        found[scheme] += page.evaluate(RESTING)
    page.emulate_media(forced_colors="none", color_scheme="light")
    page.evaluate(DRESS, [*LOOKS[0], SPACED])
    assert found == {"light": [], "dark": []}
