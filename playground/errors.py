"""The one error a user may see.

Its text is shown as it is, so it names the thing, the value that was given and the remedy. Everything else that
goes wrong is a bug: it keeps its traceback in the log and reaches the user as one plain sentence.
"""


class PlaygroundError(ValueError):
    """Something the user can put right.

    Args:
        sentence: a complete sentence that says what is wrong, which value was given and what to do.
        status: the HTTP status that a route answers with. 400: a value that no request may have. 404: nothing is
            there under this name. 409: it cannot be done now, because something else is under way. 413: too large.
            422: the value is a good one, but this model or this server cannot do it. 429: this visitor asks for too
            much at once. 503: the server is busy or is shutting down.
    """

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status
