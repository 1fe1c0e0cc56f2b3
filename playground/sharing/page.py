"""Makes a page to take home from a trace file: one HTML file that shows the text with its steps, without a server.

`assets/take_home/page.js` opens the trace file in the page, and checks it as the playground does. Knows the form of a
trace file. Does not know models or routes.
"""

import gzip
import json
from collections.abc import Mapping
from typing import Any

from playground.errors import PlaygroundError
from playground.sharing.document import document
from playground.sharing.recorded import VIEWS

ENTRY, ENTRY_WITH_VIEWS = "take_home/mount.js", "take_home/mount_with_views.js"
"""The modules of a page with a text alone, and of one that shows views of the model too."""
FILE = "trace.json.gz"
"""The name of the trace among what is recorded. `assets/take_home/page.js` has the same one."""
MOST_BYTES = 60_000_000
"""The largest trace file that a page holds. A browser needs several times as much memory to open it."""
PROMPT_IN_TITLE = 60
PROMPT_IN_DESCRIPTION = 200


def page(file: bytes, language: str = "en", recorded: Mapping[str, bytes] | None = None) -> str:
    """Returns the page as a text, to be written as UTF-8. The same input gives the same text.

    Args:
        file: a whole or a light trace file, as `playground.traces.file.Writer` writes it.
        language: the tag of the language of the page's texts.
        recorded: further answers of the server that the page shall have, by their path; see `document`.

    Raises:
        PlaygroundError: the file is too large for a page.
        ValueError: the page does not have the language.
    """
    check_size(len(file))
    told = json.loads(gzip.decompress(file))
    prompt, model = _prompt(told), told["model"]
    title = f"“{_shortened(prompt, PROMPT_IN_TITLE)}” · {model} · Decoding playground"
    description = (
        f"A text that {model} wrote after the prompt “{_shortened(prompt, PROMPT_IN_DESCRIPTION)}”, token by token: "
        "the candidates of each step, and what the settings make of them."
    )
    answers = {**(recorded or {}), FILE: file}
    return document(ENTRY_WITH_VIEWS if VIEWS in answers else ENTRY, title, description, answers, language)


def check_size(size: int) -> None:
    """Refuses a trace file that has so many bytes or more.

    Raises:
        PlaygroundError: it is too large for a page.
    """
    if size > MOST_BYTES:
        raise PlaygroundError(
            f"The text takes more than {MOST_BYTES / 1e6:.0f} MB, which is the most that a page holds. Save the light "
            "page, or a text with fewer tokens.",
            status=413,
        )


def _prompt(told: dict[str, Any]) -> str:
    """Returns what the model was given, as a person reads it."""
    conversation = told["conversation"]
    if conversation is not None:
        said = [message["content"] for message in conversation["messages"] if message["role"] == "user"]
        if said and isinstance(said[-1], str):
            return " ".join(said[-1].split())
    words = (told["tokens"][str(token_id)] for token_id in told["source_ids"] or told["prompt_ids"])
    return " ".join("".join(words).replace("·", " ").replace("⏎", " ").split())


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
