"""Finds all texts of the page in the project's sources."""

from collections.abc import Iterable
from pathlib import Path

from playground.errors import PlaygroundError
from playground.languages import javascript, python
from playground.languages.text import Text
from playground.places import CHECKOUT

ELSEWHERE = (
    "command_line.py",
    "notebook.py",
    "options.py",
    "decoding/generate_kwargs.py",
    "models/in_memory.py",
    "web/openai/",
    "web/mcp_server.py",
    "web/metrics.py",
    "web/listening.py",
    "web/messages/bertviz_page.py",
    "lessons/",
    "languages/",
    "models/__main__.py",
    "models/default_model.py",
    "prompts/reviews.py",
    "prompts/tasks.py",
    "sharing/script.py",
    "sharing/chain_script.py",
    "sharing/stage_code.py",
)
"""Folders and files of `playground/` whose sentences do not come to the page."""


def texts(root: Path | None = CHECKOUT) -> tuple[Text, ...]:
    """Returns the texts of all sources, each once, in the order of the English texts.

    Raises:
        PlaygroundError: a text is not a literal where it has to be one, or there is no checkout.
    """
    if root is None:
        raise PlaygroundError("The catalogues are kept in a checkout of the playground. This is an installed package.")
    found: list[Text] = []
    for path in sorted((root / "assets").rglob("*.js")):
        found += javascript.texts_of(path.read_text("utf-8"), path.relative_to(root).as_posix())
    for path in sorted((root / "playground").rglob("*.py")):
        is_told = not path.relative_to(root / "playground").as_posix().startswith(ELSEWHERE)
        found += python.texts_of(path.read_text("utf-8"), path.relative_to(root).as_posix(), is_told)
    return joined(found)


def joined(found: Iterable[Text]) -> tuple[Text, ...]:
    """Returns each text once, with all files that have it, in the order of the English texts."""
    by_key: dict[str, Text] = {}
    for text in found:
        one = by_key.get(text.one, text)
        by_key[text.one] = Text(text.one, one.other or text.other, one.files | text.files, one.is_told or text.is_told)
    return tuple(by_key[key] for key in sorted(by_key))
