"""Makes the place of a view on the page. `assets/common/navigation.js` knows the views' labels and opens them."""

import gradio as gr


def view_tab(name: str) -> gr.Tab:
    """Returns the tab in which a view is built. Its name is the one that stands in the page's address.

    Gradio's own row of tabs is not shown, so that the end of the name serves as the label.
    """
    return gr.Tab(name.rpartition("/")[2].capitalize(), id=name, elem_id=f"pg-view-{name.replace('/', '-')}")
