"""The one error a user may see.

Its text is shown as it is, so it names the thing, the value that was given and the remedy. Everything else that
goes wrong is a bug: it keeps its traceback in the log and reaches the user as one plain sentence.
"""


class PlaygroundError(ValueError):
    """Something the user can put right. The message is a complete sentence that says how."""
