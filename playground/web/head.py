"""Writes the head of the page: what a browser fetches at once, and what Gradio adds when its own scripts run.

Each request has its own wait and its own headers, so the head begins with all files that the first picture needs, and
the styles of Gradio's components are one file.
"""

import gradio as gr

from playground.places import ASSETS
from playground.sharing.joining import File, tag_of
from playground.web.bundles import joined
from playground.web.gradio_files import gradio_files, text_of
from playground.web.languages import languages_told

UNTIL_DRAWN = (
    "<style>html:not([data-drawn]) gradio-app { visibility: hidden; animation: pg-late 0s 5s forwards; } "
    "@keyframes pg-late { to { visibility: visible; } }</style>"
)
"""Hides the page until `assets/first_picture.js` says that its first picture is drawn, or for five seconds."""

HEAD = "\n".join(
    [
        UNTIL_DRAWN,
        f"<script>{joined().loading((ASSETS / 'early.js').read_text('utf-8'))}</script>",
        f'<link rel="stylesheet" crossorigin href="playground/{joined().styles.address}">',
        f'<script type="module" src="playground/{joined().address("page.js")}"></script>',
    ]
)
"""What Gradio adds. The styles are a link and not `css_paths`: Gradio rewrites a style sheet and loses declarations."""


CLASS = "<script>window.playgroundClass = true;</script>"
"""Tells the page that there is a class. It is the same for every class, so that a restart does not change the head."""


def early_head(page: gr.Blocks, *, has_class: bool = False) -> tuple[str, str]:
    """Returns what stands at the beginning and at the end of the head of a built and mounted page.

    The beginning chooses the language and names the files to fetch. The end holds the styles of Gradio's components,
    because they come after Gradio's general styles. Gradio's scripts do not fetch a style that the head names, and a
    browser does not fetch a style that is disabled.
    """
    names = _names(page)
    styles, scripts = [name for name in names if _is_style(name)], [name for name in names if not _is_style(name)]
    joined_styles = gradio_styles(page).name
    first = [
        *([CLASS] if has_class else []),
        f"<script>{languages_told()}\n{(ASSETS / 'early_language.js').read_text('utf-8')}</script>",
        f'<link rel="preload" as="style" href="assets/{joined_styles}">',
        f'<link rel="preload" as="style" href="theme.css?v={page.theme_hash}">',
        f'<link rel="preload" as="style" crossorigin href="playground/{joined().styles.address}">',
        *(f'<link rel="modulepreload" href="assets/{name}">' for name in scripts),
        f'<link rel="modulepreload" href="playground/{joined().address("page.js")}">',
    ]
    last = [
        f'<link rel="stylesheet" href="assets/{joined_styles}">',
        *(f'<link rel="stylesheet" href="assets/{name}" disabled>' for name in styles),
    ]
    return "".join(first), "".join(last)


def gradio_styles(page: gr.Blocks) -> File:
    """Returns the styles of Gradio's own that a page needs, in the order in which Gradio would add them."""
    content = "\n".join(text_of(name) for name in _names(page) if _is_style(name)).encode()
    return File(f"gradio-{tag_of(content)}.css", content)


def _names(page: gr.Blocks) -> list[str]:
    return gradio_files({block.get_block_name() for block in page.blocks.values()})


def _is_style(name: str) -> bool:
    return name.endswith(".css")
