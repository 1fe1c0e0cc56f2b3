"""Puts a single view on a bare page with the page's styles, for tests that need no model and no server's answers."""

from playwright.sync_api import Page

from playground.web.bundles import joined

STYLES = f"playground/{joined().styles.address}"
STYLED = """(styles) => new Promise((resolve) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: styles, onload: () => resolve() });
    document.head.append(link);
})"""
MOUNTED = """async ([module, id, value, events, width]) => {
    const { mount } = await import(new URL(`playground/assets/${module}`, document.baseURI));
    const element = document.querySelector("body").appendChild(document.createElement("div"));
    Object.assign(element, { id });
    element.style.width = `${width}px`;
    const props = { value };
    let tell;
    window.asked = [];
    mount(element, props, (...asked) => window.asked.push(asked), (_, told) => (tell = told), events);
    window.receive = (message) => {
        props.value = message;
        tell();
    };
}"""


def mount(page: Page, module: str, name: str, value: dict, events: list[str], width: int = 1000):
    """Mounts the view of a module. `asked` on the page lists what it sends; `receive` gives it a message."""
    page.evaluate(STYLED, STYLES)
    page.evaluate(MOUNTED, [module, name, value, events, width])
    return page.locator(f"#{name}")
