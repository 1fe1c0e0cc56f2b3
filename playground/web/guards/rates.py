"""Limits how much one address may ask of the routes that cost the model's time or the server's memory.

The limit is made of token buckets: a request takes one token, and a full bucket allows a burst. An address has one
bucket for looks (what its pages read) and one for events (what Python does for them). Each open page also has a bucket
for its own looks, so that one page of many behind an address empties its own bucket before that of the address. A page
says in a header which one it is; all requests of an address without this header count as one page.

The numbers suit a class of thirty behind one address. Each visitor can open everything at once (200 looks, 100 events)
and then make six looks and three events a second, all thirty at the same time. The engine decides how the model's time
is shared.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.web.addresses import CLASS, PREFIX, VISIT_HEADER
from playground.web.guards.answers import OPENAI_PREFIX, refusal


class Rate(NamedTuple):
    """The tokens that a full bucket holds, and how fast it fills."""

    burst: int
    per_second: float


LOOKS, EVENTS = Rate(6000, 200), Rate(3000, 100)
"""The rates of an address. Looks read traces' rows, attention and exports. Events are Gradio's events, calls, uploads
and server functions."""
LOOKS_OF_A_PAGE = Rate(1000, 60)
"""A key that is held down looks at thirty steps a second."""
JOINS = Rate(200, 1)
"""Who joins the class from one address: a full class at once, as after a restart of the server, and then few."""
BUCKETS = 4096
"""The number of buckets kept. The one used longest ago is removed; half a minute would fill it again anyway."""

COSTLY_LOOKS = tuple(f"{PREFIX}/{path}" for path in ("traces", "next-logits", "scores", "inside/", "class/"))
COSTLY_EVENTS = (
    *(f"/gradio_api/{path}" for path in ("queue/join", "run/", "api/", "call/", "component_server", "upload", "mcp")),
    f"{OPENAI_PREFIX}/",
)
SENTENCE = "Your address sends too many requests. Wait a moment and try again. Texts that are being generated continue."


class Buckets:
    """Keeps one bucket for each key, in bounded memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, key: Hashable, rate: Rate) -> float:
        """Takes one token. Returns 0, or the seconds to wait when the bucket is empty."""
        now = self._clock()
        left, then = self._kept.pop(key, (rate.burst, now))
        left = min(rate.burst, left + (now - then) * rate.per_second)
        enough = left >= 1
        self._kept[key] = (left - 1 if enough else left, now)
        if len(self._kept) > BUCKETS:
            self._kept.popitem(last=False)
        return 0.0 if enough else (1 - left) / rate.per_second


class PerAddress:
    """Answers 429, with the seconds to wait, when a bucket of the request is empty."""

    def __init__(self, app: ASGIApp, buckets: Buckets | None = None) -> None:
        self._app = app
        self._buckets = buckets or Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for key, rate in rates_of(scope) if scope["type"] == "http" else ():
            wait = self._buckets.take(key, rate)
            if wait:
                return await refusal(429, SENTENCE, Retry_After=str(math.ceil(wait)))(scope, receive, send)
        return await self._app(scope, receive, send)


def rates_of(scope: Scope) -> list[tuple[Hashable, Rate]]:
    """Returns the buckets that a request takes from, in this order; none if it costs little."""
    path, address = scope["path"], network(scope["client"][0] if scope.get("client") else "")
    if path.startswith(COSTLY_EVENTS):
        return [((address, "events"), EVENTS)]
    if path == f"{CLASS}/join":
        return [((address, "joins"), JOINS)]
    if path.startswith(COSTLY_LOOKS):
        page = Headers(scope=scope).get(VISIT_HEADER, "")[:64]
        return [((address, "page", page), LOOKS_OF_A_PAGE), ((address, "looks"), LOOKS)]
    return []


def network(address: str) -> str:
    """Returns what stands for an address: of IPv6 its first half, because one machine has the whole second half."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))
