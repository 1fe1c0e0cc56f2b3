"""Refuses requests that a page of another site makes a visitor's browser send.

Such a page can point its own name at this server (DNS rebinding), which the `Host` header shows. Or it can send
requests across sites, which the `Origin` header shows. Programs other than browsers send no `Origin` and are let in.
"""

import ipaddress
import logging
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.web.guards.answers import refusal

log = logging.getLogger(__name__)

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/?#@\\\s]+?)\.?(?::(\d+))?", re.IGNORECASE)
DEFAULT_PORTS = {"http": "80", "https": "443"}


def own_names(host: str) -> frozenset[str]:
    """Returns the names of this machine: localhost, its host name (also short, and as `.local`), and `--host`."""
    machine = socket.gethostname().lower()
    short = machine.partition(".")[0]
    return frozenset({"localhost", machine, short, f"{short}.local", host.lower()})


class KnownHosts:
    """Lets in requests to an IP address or a known name. DNS rebinding needs a name that belongs to the attacker."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        header = Headers(scope=scope).get("host", "")
        name = host_name(header)
        if name is None:
            sentence = f"The Host header is {header[:100]!r}, which is not a host name. Send the server's name."
            return await refusal(400, sentence)(scope, receive, send)
        if name not in self._names and not _is_address(name):
            sentence = f"This server does not answer to the name {name[:100]!r}. Open it by its IP address or as "
            sentence += "localhost, or start it with --allow-host and this name."
            return await refusal(400, sentence)(scope, receive, send)
        return await self._app(scope, receive, send)


class SameOrigin:
    """Refuses every request from a page of another site, reading included: Gradio would let other sites read.

    The first refusal is logged. Behind a reverse proxy of which the server does not know, the page stays empty, since a
    browser sends the `Origin` with each request for a module, and nobody sees the sentence.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._has_refused = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or _is_of(origin, headers.get("host", "")):
            return await self._app(scope, receive, send)
        sentence = f"The request comes from a page of {origin[:100]!r}, and this server answers its own pages only. "
        sentence += "Open the playground at its own address; behind a reverse proxy start it with --root-path."
        if not self._has_refused:
            self._has_refused = True
            log.warning("%s The request asked for %r.", sentence, headers.get("host", "")[:100])
        return await refusal(403, sentence)(scope, receive, send)


def host_name(header: str) -> str | None:
    """Returns the name or address in a `Host` header, in lower case and without its port; None if there is none."""
    match = HOST.fullmatch(header)
    return match[1].strip("[]").lower() if match else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_of(origin: str, host: str) -> bool:
    """Returns whether an origin has the host and port of a `Host` header, which leaves out the scheme's own port."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        return False
    default = DEFAULT_PORTS[parts.scheme]
    theirs, ours = HOST.fullmatch(parts.netloc), HOST.fullmatch(host)
    if theirs is None or ours is None:
        return False
    return (theirs[1].lower(), theirs[2] or default) == (ours[1].lower(), ours[2] or default)
