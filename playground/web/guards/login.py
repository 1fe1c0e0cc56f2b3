"""Guards every route, Gradio's and ours, when the server asks for a name and a password.

Gradio's login page sets the cookies, and Gradio keeps the sessions; this guard reads both. A program, for instance one
that collects `/metrics`, may send the name and the password with each request instead (HTTP Basic).
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.web.guards.answers import is_openai, refusal

OPEN = {("GET", "/"), ("HEAD", "/"), ("POST", "/login"), ("GET", "/healthz"), ("HEAD", "/healthz")}
"""The requests that need no login. At `/` a visitor who is not logged in gets Gradio's login page."""
OPEN_FOLDERS = ("/assets/", "/static/")
"""Gradio's own scripts, styles and pictures, which its login page loads. They are the same on every server."""
OPEN_PARTS = ("page.js", "styles.css")
"""Our files that the head of every page loads, the login page's too. They are the same for everybody."""
OPEN_FILES = ("/theme.css", "/favicon.ico", "/manifest.json")


class Sessions(Protocol):
    """Declares what this guard reads of Gradio's application."""

    cookie_id: str

    @property
    def tokens(self) -> Mapping[str, str]:
        """The names of those who are logged in, by the token in their cookie."""
        ...


class Login:
    """Answers 401 to anybody who is not logged in.

    Args:
        app: the application that answers everybody else.
        sessions: Gradio's application.
        user: the name to log in with.
        password: the password that belongs to it.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, user: str, password: str) -> None:
        self._app = app
        self._sessions = sessions
        self._credentials = f"{user}:{password}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["method"], scope["path"]) or self._knows(Headers(scope=scope)):
            return await self._app(scope, receive, send)
        answer = refusal(401, "You are not logged in. Open the page's address in a browser and log in first.")
        return await answer(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        cookies = cookie_parser(headers.get("cookie", ""))
        names = (f"access-token-{self._sessions.cookie_id}", f"access-token-unsecure-{self._sessions.cookie_id}")
        if any(cookies.get(name) in self._sessions.tokens for name in names):
            return True
        kind, _, encoded = headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        return secrets.compare_digest(given, self._credentials)


def is_open(method: str, path: str) -> bool:
    """Returns whether a request needs no login. `ApiKey` has let in those of OpenAI's API, which need its key."""
    if (method, path) in OPEN or is_openai(path):
        return True
    if method not in ("GET", "HEAD"):
        return False
    is_part = path.startswith("/playground/files/") and path.endswith(OPEN_PARTS)
    return is_part or path in OPEN_FILES or path.startswith(OPEN_FOLDERS)
