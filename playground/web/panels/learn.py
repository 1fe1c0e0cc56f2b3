"""Builds the view with the list of lessons. Its JavaScript fetches what it shows."""

import gradio as gr

from playground.web.bundles import joined
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
import(new URL("playground/assets/learn/mount.js", document.baseURI))
    .then((module) => module.mount(element), () => playgroundMissing(element));
""")


def build() -> None:
    """Builds the view on the open page."""
    with view_tab("learn"):
        gr.HTML(html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-learn")
