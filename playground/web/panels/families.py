"""Builds the view that shows one sentence in a model of each family. Its JavaScript fetches what it shows."""

import gradio as gr

from playground.web.bundles import joined
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
import(new URL("playground/assets/families/mount.js", document.baseURI))
    .then((module) => module.mount(element), () => playgroundMissing(element));
""")


def build() -> None:
    """Builds the view on the open page."""
    with view_tab("compare/families"):
        gr.HTML(html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-families")
