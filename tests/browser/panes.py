"""Puts panes of "Inside the model" on a bare page. There is no Gradio: the test opens the texts that they ask for."""

from playwright.sync_api import Locator, Page, expect

from playground.decoding.settings import Settings
from playground.traces.trace import Trace
from tests.browser.views import STYLED, STYLES

MOUNTED = """async ([module, name]) => {
    const { mount } = await import(new URL(`playground/assets/${module}`, document.baseURI));
    const element = document.body.appendChild(document.createElement("div"));
    element.id = `pg-${name}`;
    element.hidden = true;
    window.panes ??= {};
    const pane = window.panes[name] = { asked: [], props: { value: null } };
    mount(element, pane.props, (request) => pane.asked.push(request), (_, told) => (pane.tell = told));
}"""
"""Mounts a pane out of view. `panes` on the page holds, by its name, what it asks Python for."""
TEST_PANE = """async (name) => {
    const { mountPane } = await import(new URL("playground/assets/inside/pane.js", document.baseURI));
    const element = document.body.appendChild(document.createElement("div"));
    element.id = `pg-${name}`;
    element.hidden = true;
    window.panes ??= {};
    const pane = window.panes[name] = { asked: [], shown: [], props: { value: null } };
    const makePane = (looking) => {
        const drawn = document.createElement("p");
        drawn.tabIndex = 0;
        const show = () => {
            pane.shown.push(looking.text ? [looking.text.tokens.join(""), looking.query] : null);
            drawn.textContent = JSON.stringify(pane.shown.at(-1));
        };
        pane.looking = looking;
        return { element: drawn, show };
    };
    mountPane(makePane, element, pane.props, (request) => pane.asked.push(request), (_, told) => (pane.tell = told));
}"""
"""Mounts a pane that writes down what it shows."""
OPENED = """([name, message]) => {
    const pane = window.panes[name];
    pane.props.value = message;
    pane.tell();
}"""


def style(page: Page) -> None:
    page.evaluate(STYLED, STYLES)


def mount_pane(page: Page, module: str, name: str) -> Locator:
    """Mounts the pane of a module on the bare page, out of view."""
    page.evaluate(MOUNTED, [module, name])
    return page.locator(f"#pg-{name}")


def mount_test_pane(page: Page, name: str) -> Locator:
    """Mounts a pane that notes what it is told: `shown` returns it."""
    page.evaluate(TEST_PANE, name)
    return page.locator(f"#pg-{name}")


def view(page: Page, name: str) -> None:
    """Brings one pane into view and takes the others out of it, as the tabs do. `name` may be of none.

    It waits until the panes have been told, which is in the frame after the one that shows them.
    """
    page.evaluate(
        """(name) => {
            for (const pane of Object.keys(window.panes)) document.getElementById(`pg-${pane}`).hidden = pane !== name;
            const frame = () => new Promise(requestAnimationFrame);
            return frame().then(frame).then(frame);
        }""",
        name,
    )


def shown(page: Page, name: str) -> list:
    return page.evaluate("(name) => window.panes[name].shown", name)


def open_asked(page: Page, site, name: str, number: int) -> None:
    """Waits for a pane's request with this number, and opens its texts as Python does."""
    page.wait_for_function(
        "([name, number]) => window.panes[name].asked.some(({ asked }) => asked === number)", arg=[name, number]
    )
    asked = page.evaluate(
        "([name, number]) => window.panes[name].asked.find((one) => one.asked === number)", [name, number]
    )
    model, store = site.engine.model, site.engine.store
    all_ids = [tuple(model.tokenizer.encode(text)) for text in asked["texts"]]
    texts = [
        {"trace_id": store.open(Trace(model.name, ids, Settings(), stop_reason="stopped")), "ids": list(ids)}
        for ids in all_ids
    ]
    page.evaluate(OPENED, [name, {"asked": number, "texts": texts}])


def refuse_asked(page: Page, name: str, number: int, sentence: str) -> None:
    page.evaluate(OPENED, [name, {"asked": number, "error": sentence}])


def tokens(page: Page) -> Locator:
    """Returns the row of the text's tokens in view."""
    return page.get_by_role("listbox", name="Tokens of the text")


def expect_chosen(page: Page, text: str) -> None:
    expect(tokens(page).get_by_role("option", selected=True)).to_have_text(text)
