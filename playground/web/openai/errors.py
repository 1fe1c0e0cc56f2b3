"""Writes refusals in OpenAI's form, which its clients turn into exceptions. Knows nothing of what is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playground.errors import PlaygroundError
from playground.web.guards.answers import openai_error
from playground.web.panels.messages import sentence_of

OURS = {413: 400, 422: 400}
"""The statuses of ours for which OpenAI has 400: a request that this model or this server cannot do."""
INTERNAL = 500


class RefusalError(PlaygroundError):
    """A refusal that names the parameter it is about, and a code that programs can compare."""

    def __init__(self, sentence: str, status: int = 400, param: str | None = None, code: str | None = None) -> None:
        super().__init__(sentence, status)
        self.param = param
        self.code = code


@contextmanager
def about(param: str, status: int | None = None, code: str | None = None) -> Iterator[None]:
    """Names the parameter in the refusals that the block raises.

    Args:
        param: the name of the parameter.
        status: a status in place of the refusal's own.
        code: the refusal's code.
    """
    try:
        yield
    except RefusalError:
        raise
    except PlaygroundError as refusal:
        raise RefusalError(str(refusal), status or refusal.status, param, code) from None


def told(error: Exception) -> tuple[int, dict[str, Any]]:
    """Returns the status and the body that answer an error. Call it in the `except` block, as `sentence_of`."""
    status = error.status if isinstance(error, PlaygroundError) else INTERNAL
    status = OURS.get(status, status)
    param, code = (error.param, error.code) if isinstance(error, RefusalError) else (None, None)
    return status, openai_error(status, sentence_of(error), param, code)
