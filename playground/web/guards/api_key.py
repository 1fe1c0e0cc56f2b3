"""Asks the clients of OpenAI's API for the key of the server, in place of the login that pages have."""

import secrets

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.web.guards.answers import is_openai, refusal

NO_KEY = (
    "This server has a login, and no key for programs. Start it with --api-key to use /v1, and send the key as "
    "'Authorization: Bearer ...'."
)
WRONG_KEY = "The key is missing or wrong. Send the server's --api-key as 'Authorization: Bearer ...'."


class ApiKey:
    """Answers 401 to a request to `/v1` without the right key.

    Args:
        app: the application that answers everybody else.
        key: the key; None if there is none, and then nobody is let in.
    """

    def __init__(self, app: ASGIApp, key: str | None) -> None:
        self._app = app
        self._key = None if key is None else key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_openai(scope["path"]) or self._knows(Headers(scope=scope)):
            return await self._app(scope, receive, send)
        return await refusal(401, NO_KEY if self._key is None else WRONG_KEY)(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if self._key is None or kind.lower() != "bearer":
            return False
        return secrets.compare_digest(given.strip().encode(), self._key)
