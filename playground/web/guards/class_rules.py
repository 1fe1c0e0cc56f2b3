"""Refuses to pupils of a class what the teacher does not allow now: that the model works, and the lessons' sources.

Where Gradio carries a request, only the event knows whether the model works for it. So the rule travels in the
request's scope, and `panels/events.py` asks for it. Does not know the class.
"""

from collections.abc import Mapping
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.web.addresses import PREFIX
from playground.web.guards.answers import OPENAI_PREFIX, refusal

WHY_NO_PLAY = "playground.why_no_play"
"""The name in a request's scope of the sentence that says why the model may not work for whoever asks, or of None."""
WORK = (
    f"{OPENAI_PREFIX}/",
    *(f"{PREFIX}/{path}" for path in ("next-logits", "scores", "inside/patching", "inside/tokens/space")),
    f"{PREFIX}/inside/embeddings/layers",
)
"""What the model does for a POST below these paths is somebody's own idea. The other routes show what is in view, which
pages that follow the class ask for too."""
SOURCES = f"{PREFIX}/assets/lessons/"
SOURCES_HIDDEN = "The sources of lessons hold the answers, so that a class does not get them. Open them in the page."


class Rules(Protocol):
    """Declares what this guard asks."""

    def why_no_play(self, headers: Mapping[str, str]) -> str | None:
        """Returns why the model may not work for whoever asks with these headers; None if it may."""
        ...

    def is_teacher(self, headers: Mapping[str, str]) -> bool:
        """Returns whether the teacher asks."""
        ...


class ClassRules:
    """Answers 409 to work that the teacher has switched off, and 403 to a pupil who asks for a lesson's source."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers, path = Headers(scope=scope), scope["path"]
        why = scope[WHY_NO_PLAY] = self._rules.why_no_play(headers)
        if why is not None and scope["method"] == "POST" and path.startswith(WORK):
            return await refusal(409, why)(scope, receive, send)
        if path.startswith(SOURCES) and not self._rules.is_teacher(headers):
            return await refusal(403, SOURCES_HIDDEN)(scope, receive, send)
        return await self._app(scope, receive, send)
