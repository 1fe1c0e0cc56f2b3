"""Says which modules the page loads and in which part each is, and joins them.

The first part holds what the page and its first tab use and what several tabs share; each further part holds what one
more tab uses. Where the server has further stages, the module of all stages is written anew
(`playground/sharing/registry.py`). Knows no route.
"""

from functools import cache

from playground.decoding.stages import STAGES
from playground.errors import PlaygroundError
from playground.places import ASSETS
from playground.sharing.joining import Joined
from playground.sharing.registry import own_modules

PARTS = {
    "page": (
        "page.js",
        "common/connection.js",
        "common/controls.js",
        "further_line.js",
        "common/kept_controls.js",
        "tab_rows.js",
        "sidebar.js",
        "seed_lock.js",
        "models/chosen.js",
        "models/source_options.js",
        "models/picker.js",
        "chat/editor.js",
        "chat/prompt_tokens.js",
        "server_fold.js",
        "requests_fold.js",
        "presenter/mount.js",
        "face/mount.js",
        "decode/mount.js",
    ),
    "inside": (
        "inside/picture/mount.js",
        "inside/tokens/mount.js",
        "inside/embeddings/mount.js",
        "inside/positions/mount.js",
        "attention/mount.js",
        "inside/layers/mount.js",
        "inside/word/mount.js",
        "inside/why/mount.js",
    ),
    "prompts": ("prompts/mount.js", "prompts/evaluation.js"),
    "compare": ("compare/tab.js",),
    "compare_models": ("compare_models/mount.js",),
    "families": ("families/mount.js",),
    "beams": ("beams/tab.js",),
    "fill": ("fill/mount.js",),
    "learn": ("learn/mount.js", "lesson/mount.js"),
    "class": ("class/mount.js",),
}
"""The modules that the page itself loads, by the part that holds each. The first part is always loaded."""


@cache
def joined() -> Joined:
    """Returns the files of this server's page. They are made once.

    Raises:
        PlaygroundError: the JavaScript of a stage that whoever runs the server added cannot be joined.
    """
    own = own_modules(STAGES)
    try:
        return Joined(ASSETS, PARTS, own)
    except (ValueError, FileNotFoundError) as fault:
        if not own:
            raise
        raise PlaygroundError(f"The JavaScript of a stage cannot be joined to the page. {fault}") from fault
