"""Lets axe-core look at every view, with its folds open, and looks at it in the system's own colours."""

import pytest

from tests.browser.dress import dress, size
from tests.browser.seats import IDLE
from tests.browser.visitor import VIEWS, open_view
from tests.npm import PACKAGES

pytestmark = [pytest.mark.browser, pytest.mark.model]

UNFOLD = """() => {
    for (const fold of document.querySelectorAll(".pg-root details")) if (fold.checkVisibility()) fold.open = true;
    for (const toggle of document.querySelectorAll(".pg-root .pg-button[aria-expanded=false]:not([popovertarget])"))
        if (toggle.checkVisibility()) toggle.click();
}"""
"""Opens the folds and the panels of the view."""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
LOOKED_AT = [
    ("laptop, light", "laptop", "light", {"runOnly": LEVELS}),
    ("laptop, dark", "laptop", "dark", COLOURS),
    ("phone, light", "phone", "light", {"runOnly": LEVELS, "rules": {"color-contrast": {"enabled": False}}}),
]
AXE = """async (rules) => {
    const hidden = [...document.querySelectorAll("[role=tabpanel]")].filter((panel) => !panel.checkVisibility());
    const found = await axe.run({ exclude: hidden }, rules);
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id}: ${target} ${failureSummary.split("\\n").slice(1).join(" ").slice(0, 160)}`));
}"""
"""A script that returns what axe finds. It leaves out the views that are hidden, which have a test of their own."""
TELLING = {
    "Decode": [".pg-bar .pg-fill", ".pg-strip [data-shade='7']", ".pg-chain [aria-pressed=true]", ".pg-segment"],
    "Prompts": [".pg-bar .pg-fill", ".pg-prompts-answer [data-shade]", ".pg-prompts-class"],
    "Settings": [".pg-primary"],
    "Models": [],
    "Families": [".pg-primary"],
    "Beams": [".pg-primary"],
    "Picture": [".pg-parameters-bar"],
    "Tokens": [".pg-languages .pg-tokens-fill"],
    "Embeddings": [".pg-cosine-bar"],
    "Positions": [".pg-order-bar"],
    "Attention": [":is([data-heat='6'], [data-heat='7'])"],
    "Layers": [":is([data-heat='6'], [data-heat='7'])", ".pg-bar .pg-fill"],
    "To a word": [".pg-word-fill"],
    "Why": [".pg-why-bar", ":is([data-differ='0'], [data-differ='6'])"],
    "Learn": [],
}
"""What tells something by its ground, by view."""
DRAWN = """(telling) => {
    const root = [...document.querySelectorAll("#pg-views .pg-root")].find((one) => one.checkVisibility());
    const waits = [...document.querySelectorAll(".pg-root .pg-waiting")].some((one) => one.checkVisibility());
    return !waits && telling.every((name) => root?.querySelector(name)) && root;
}"""
"""A script that returns the view once all of it is drawn and nothing on it is pale because it waits for the server."""
SCROLLED = """() => [...document.querySelectorAll(".pg-scroller > .pg-scroll")].every((part) => !part.checkVisibility()
    || part.tabIndex === 0
    || (part.scrollWidth <= part.clientWidth + 1 && part.scrollHeight <= part.clientHeight + 1))"""
"""A script that returns whether the Tab key reaches all that scrolls, as it does from the next frame on."""
GROUNDS = """([root, telling]) => {
    const groundOf = (one) => getComputedStyle(one).background;
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


def load_axe(page):
    if not page.evaluate("'axe' in window"):
        page.evaluate((PACKAGES / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))


def found_by_axe(page) -> dict[str, list]:
    """Returns what axe finds on the page as it is, in each of the ways in which it is looked at."""
    load_axe(page)
    found = {}
    for name, window, scheme, rules in LOOKED_AT:
        size(page, window)
        dress(page, scheme)
        page.wait_for_function(SCROLLED)
        found[name] = page.evaluate(AXE, rules)
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(page, view):
    """In the dark only the colours are others, on a phone only the places."""
    open_view(page, view)
    page.evaluate(UNFOLD)
    page.evaluate(IDLE)
    page.wait_for_function(DRAWN, arg=TELLING[view])
    found = found_by_axe(page)
    size(page, "laptop")
    dress(page)
    assert found == {name: [] for name in found}


@pytest.mark.parametrize("view", VIEWS)
def test_in_the_systems_own_colours_text_is_read_and_grounds_are_seen(page, view):
    size(page, "laptop")
    open_view(page, view)
    root = page.wait_for_function(DRAWN, arg=TELLING[view])
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        dress(page, scheme)
        load_axe(page)
        found[scheme] = page.evaluate(AXE, COLOURS)
        found[scheme] += page.evaluate(GROUNDS, [root, TELLING[view]])
        found[scheme] += page.evaluate(RESTING)
    page.emulate_media(forced_colors="none", color_scheme="light")
    dress(page)
    assert found == {"light": [], "dark": []}
