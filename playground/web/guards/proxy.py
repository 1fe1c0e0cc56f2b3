"""Decides whether to believe what a reverse proxy says about a request, and removes the proxy's subpath.

Without a root path, nothing is believed: anybody can send `X-Forwarded-Host`, and Gradio would use it.
Also asks the proxy to pass a stream on as it comes. Does not know the routes.
"""

import ipaddress
from typing import Any

from starlette.datastructures import URL, Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = "playground.local"
"""This key of the request's scope is True when a program on this machine asks and no proxy stands between."""
PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix")
OTHER_HEADERS = ("forwarded", "via", "x-real-ip", "x-gradio-server")
"""Signs of a proxy whose values are never used. Gradio would take its own address from the last one."""

STREAM = "text/event-stream"


class Forwarded:
    """Rewrites a request to what the visitor's browser asked for.

    Args:
        app: the application that answers.
        root_path: "" or "/play" when a reverse proxy serves the page there; None when there is no proxy.
    """

    def __init__(self, app: ASGIApp, root_path: str | None) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        is_forwarded = any(name in headers for name in (*PROXY_HEADERS, *OTHER_HEADERS))
        asked = dict(scope)
        if self._root_path is not None:
            asked |= _believed(scope, headers) | _below(scope, self._root_path)
            if self._root_path and scope["path"] == self._root_path:
                # The page's links are relative, so the address of the page has to end with a slash.
                there = URL(scope=asked).replace(path=f"{self._root_path}/")
                return await RedirectResponse(str(there))(scope, receive, send)
        hidden = {name.encode() for name in (*PROXY_HEADERS, *OTHER_HEADERS)}
        asked["headers"] = [(name, value) for name, value in asked["headers"] if name not in hidden]
        is_direct = self._root_path is None and not is_forwarded
        asked[LOCAL] = is_direct and _is_loopback(scope)

        async def send_as_it_comes(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("Content-Type", "").startswith(STREAM):
                    headers["X-Accel-Buffering"] = "no"  # nginx would gather a text until the model has written it
            await send(message)

        return await self._app(asked, receive, send_as_it_comes)


def _believed(scope: Scope, headers: Headers) -> dict[str, Any]:
    """Returns scheme, host and client as the proxy states them. Of several clients, the proxy saw the last one."""
    found: dict[str, Any] = {"headers": scope["headers"]}
    if (scheme := _parts(headers, "x-forwarded-proto")) and scheme[0] in ("http", "https"):
        found["scheme"] = scheme[0]
    if host := _parts(headers, "x-forwarded-host"):
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        found["headers"] = [*others, (b"host", host[0].encode("latin-1"))]
    if client := _parts(headers, "x-forwarded-for"):
        found["client"] = (client[-1], 0)
    return found


def _parts(headers: Headers, name: str) -> list[str]:
    return [part.strip() for part in ",".join(headers.getlist(name)).split(",") if part.strip()]


def _below(scope: Scope, root_path: str) -> dict[str, Any]:
    """Returns the path without the subpath, which some proxies remove and some leave in."""
    if not root_path or not scope["path"].startswith(f"{root_path}/"):
        return {}
    raw = scope.get("raw_path") or scope["path"].encode()
    return {"path": scope["path"].removeprefix(root_path), "raw_path": raw.removeprefix(root_path.encode())}


def _is_loopback(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
