"""Sizes of the window, and how the page is dressed: light or dark, with normal, large or spaced type."""

from playwright.sync_api import Page

SIZES = {"laptop": (1440, 900), "projector": (1024, 768), "phone": (390, 844), "200 %": (720, 450)}
"""The last one is a laptop's window in which everything is twice as large."""
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


def size(page: Page, name: str) -> None:
    """Gives the window one of `SIZES`."""
    width, height = SIZES[name]
    page.set_viewport_size({"width": width, "height": height})


def dress(page: Page, scheme: str = "light", type_size: str = "normal") -> None:
    """Dresses the page, and waits until nothing moves."""
    page.evaluate(DRESS, [scheme, type_size, SPACED])
