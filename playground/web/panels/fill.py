"""Builds the tab for encoder-only models: a text with blanks, or its labels. Its JavaScript fetches what it shows."""

import gradio as gr

from playground.web.bundles import joined
from playground.web.panels.sidebar import Sidebar
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
import(new URL("playground/assets/fill/mount.js", document.baseURI))
    .then((module) => module.mount(element, () => trigger("settings")), () => playgroundMissing(element));
""")


def build(sidebar: Sidebar) -> None:
    """Builds the tab on the open page. A link to a filled text moves the sidebar's controls."""
    with view_tab("fill"):
        view = gr.HTML(html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-fill")
    sidebar.let_page_move(view.settings)
