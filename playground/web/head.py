"""Writes the head of the page: what a browser fetches at once, and what Gradio adds when its own scripts run.

Each request has its own wait and its own headers, so the head begins with all files that the first picture needs, and
the styles of Gradio's components are one file.
"""

import gradio as gr

from playground.web.bundles import ASSETS, File, joined, tag_of
from playground.web.gradio_files import gradio_files, text_of

HEAD = "\n".join(
    [
        f"<script>{joined().loading((ASSETS / 'early.js').read_text('utf-8'))}</script>",
        f'<link rel="stylesheet" crossorigin href="playground/{joined().styles.address}">',
        f'<script type="module" src="playground/{joined().address("page.js")}"></script>',
    ]
)
"""What Gradio adds. The styles are a link and not `css_paths`: Gradio rewrites a style sheet and loses declarations."""


def early_head(page: gr.Blocks) -> str:
    """Returns what the head of a built and mounted page begins with.

    Gradio's scripts do not fetch a style that the head names, and a browser does not fetch a style that is disabled.
    """
    names = _names(page)
    theme = f"theme.css?v={page.theme_hash}"
    return "".join(
        [
            f'<link rel="stylesheet" href="assets/{gradio_styles(page).name}">',
            *(f'<link rel="stylesheet" href="assets/{name}" disabled>' for name in names if _is_style(name)),
            f'<link rel="preload" as="style" href="{theme}">',
            f'<link rel="preload" as="style" crossorigin href="playground/{joined().styles.address}">',
            *(f'<link rel="modulepreload" href="assets/{name}">' for name in names if not _is_style(name)),
            f'<link rel="modulepreload" href="playground/{joined().address("page.js")}">',
        ]
    )


def gradio_styles(page: gr.Blocks) -> File:
    """Returns the styles of Gradio's own that a page needs, in the order in which Gradio would add them."""
    content = "\n".join(text_of(name) for name in _names(page) if _is_style(name)).encode()
    return File(f"gradio-{tag_of(content)}.css", content)


def _names(page: gr.Blocks) -> list[str]:
    return gradio_files({block.get_block_name() for block in page.blocks.values()})


def _is_style(name: str) -> bool:
    return name.endswith(".css")
