"""Refuses to pupils of a class what the teacher does not allow now: that the model works, and the lessons' sources.

Where Gradio carries a request, only the event knows whether the model works for it. So the rules travel in the
request's scope, and `panels/events.py` asks for them. Does not know the class.
"""

import re
from collections.abc import Mapping
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.errors import PlaygroundError
from playground.web.addresses import PREFIX
from playground.web.guards.answers import OPENAI_PREFIX, refusal

WHY_NO_PLAY = "playground.why_no_play"
"""The name in a request's scope of the sentence that says why the model may not work for whoever asks, or of None."""
WHY_PAUSED = "playground.why_paused"
"""The same for the sentence that says why not even what is in view may be computed, or for None."""
WITHOUT_MODEL = re.compile(
    f"{PREFIX}/(class/.*|settings/.*|stages/.*|traces|mask|watermark|word_ids.json|encoder/text|inside/tokens"
    "|inside/tokens/files|inside/embeddings/(points|sum|read)|inside/patching/tokens.json)"
)
"""A POST to these paths is no work for the model, or the class has rules of its own for it."""
LOOKS = re.compile(f"{PREFIX}/(encoder/(row|likelihood|labels)|families)")
"""A POST to these paths shows what is in view, which pages that follow the class ask for too. Any other POST is
somebody's own idea."""
OF_TEXT = re.compile(f"{PREFIX}/traces/([^/]+)/")
LOOKS_AT_TEXT = re.compile(f"{OF_TEXT.pattern}(?!(logits|head|script)/[^/]+$|(prompt|written)$)")
"""A GET of these paths is work for the model. The others below a text answer what is recorded, and ask `WHY_PAUSED`
themselves where it is not."""
SOURCES = f"{PREFIX}/assets/lessons/"
SOURCES_HIDDEN = "The sources of lessons hold the answers, so that a class does not get them. Open them in the page."


class Rules(Protocol):
    """Declares what this guard asks."""

    def why_no_play(self, headers: Mapping[str, str]) -> str | None:
        """Returns why the model may not work for whoever asks with these headers; None if it may."""
        ...

    def why_paused(self, headers: Mapping[str, str]) -> str | None:
        """Returns why nothing may be computed for whoever asks with these headers; None if it may."""
        ...

    def is_seen(self, trace_id: str) -> bool:
        """Returns whether the class looks at a text, or others than whoever asks."""
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
        paused = scope[WHY_PAUSED] = self._rules.why_paused(headers)
        if why is not None and scope["method"] == "POST" and _is_work(path, paused is not None):
            return await refusal(409, why)(scope, receive, send)
        if paused is not None and (text := OF_TEXT.match(path)) and self._rules.is_seen(text[1]):
            scope[WHY_PAUSED] = None  # the class looks at it, and what is computed of it is kept for all
        elif paused is not None and LOOKS_AT_TEXT.match(path):
            return await refusal(409, paused)(scope, receive, send)
        if path.startswith(SOURCES) and not self._rules.is_teacher(headers):
            return await refusal(403, SOURCES_HIDDEN)(scope, receive, send)
        return await self._app(scope, receive, send)


def refuse_while_paused(scope: Scope) -> None:
    """Refuses to compute something anew while the class is paused. For routes that mostly have an answer already.

    Raises:
        PlaygroundError: the class is paused, and the request is not about a text that the class looks at.
    """
    if (why := scope.get(WHY_PAUSED)) is not None:
        raise PlaygroundError(why, status=409)


def _is_work(path: str, is_paused: bool) -> bool:
    """Returns whether a POST is work for the model that waits until the teacher allows it again."""
    if not path.startswith((f"{OPENAI_PREFIX}/", f"{PREFIX}/")) or WITHOUT_MODEL.fullmatch(path):
        return False
    return is_paused or LOOKS.fullmatch(path) is None
