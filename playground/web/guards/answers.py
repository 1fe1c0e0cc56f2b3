"""Builds the answers that a guard gives in place of the routes behind it. Knows HTTP and nothing of the playground."""

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OPENAI_PREFIX = "/v1"
"""The prefix of the routes that speak OpenAI's API."""

KINDS = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", None),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", None),
}
"""OpenAI's type and code of an error with each status. All other statuses have the type "invalid_request_error"."""


def refusal(status: int, sentence: str, **headers: str) -> ASGIApp:
    """Builds the answer to a request that no route will see.

    The page's JavaScript and Gradio's both show `detail`. OpenAI's clients read `error`.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        body = openai_error(status, sentence) if is_openai(scope["path"]) else {"detail": sentence}
        await JSONResponse(body, status, named)(scope, receive, send)

    return answer


def is_openai(path: str) -> bool:
    """Returns whether a path is that of a route that speaks OpenAI's API, whether or not there is such a route."""
    return path == OPENAI_PREFIX or path.startswith(f"{OPENAI_PREFIX}/")


def openai_error(status: int, sentence: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """Returns an error's body in OpenAI's form. `param` is the parameter that it is about, if it is about one."""
    kind, usual = KINDS.get(status, ("invalid_request_error", None))
    return {"error": {"message": sentence, "type": kind, "param": param, "code": code or usual}}
