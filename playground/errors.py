"""Defines the only error whose text a user sees.

The text is shown as it is, so it names the problem, the value that was given and the remedy. Every other error
is a bug: its traceback goes to the log, and the user sees one plain sentence.
"""

import re

PATH = re.compile(r"""(?:^|[\s'"`(<\[=,])(?:~|[A-Za-z]:)?[/\\]{1,2}(?=[^\s/\\])""")
"""The beginning of a path from a root or from a home folder."""


class PlaygroundError(ValueError):
    """An error that the user can fix.

    Args:
        sentence: a complete sentence that says what is wrong, which value was given and what to do.
        status: the HTTP status that a route answers with. 400: a value that no request may have. 404: nothing exists
            under this name. 409: it cannot be done now, because something else is under way. 413: too large.
            422: the value is valid, but this model or this server cannot do it. 429: this visitor asks for too
            much at once. 503: the server is busy or is shutting down.
    """

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def tells_path(sentence: str) -> bool:
    """Returns whether a sentence names a place on the server's disk, which a visitor should not learn."""
    return PATH.search(sentence) is not None


def first_sentence(error: Exception) -> str:
    """Returns what another library's error says first, for a sentence of our own: without a full stop at its end."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    count = next((number for number, line in enumerate(lines, 1) if not line.endswith(":")), len(lines))
    return " ".join(lines[:count]).rstrip(".:")
