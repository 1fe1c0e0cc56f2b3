"""A limit on how much one address may ask of the routes that cost the model's time or the server's memory.

It is a token bucket an address: a request takes one token, and a full bucket is a burst. The numbers suit a class of
thirty behind one address: each of them can open everything at once (200 requests), and then step, drag and look at
about seven things a second, all at the same time. How the model's time is shared between visitors is the engine's part.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from playground.web.answers import refusal

BURST = 6000
PER_SECOND = 200
ADDRESSES = 4096
"""Buckets kept. The one used longest ago gives way; it is full again after half a minute anyway."""

COSTLY = (
    "/playground/traces/",
    "/playground/next-logits",
    "/gradio_api/queue/join",
    "/gradio_api/run/",
    "/gradio_api/api/",
    "/gradio_api/call/",
    "/gradio_api/component_server",
    "/gradio_api/upload",
)
SENTENCE = "Your address asks for too much at once. Wait a moment and try again; what is being generated goes on."


class Buckets:
    """One bucket an address, in constant memory."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> float:
        """Takes one token. Returns 0, or the seconds to wait when the bucket is empty."""
        now = self._clock()
        left, then = self._kept.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        enough = left >= 1
        self._kept[address] = (left - 1 if enough else left, now)
        if len(self._kept) > ADDRESSES:
            self._kept.popitem(last=False)
        return 0.0 if enough else (1 - left) / self._per_second


class PerAddress:
    """Answers 429, with the seconds to wait, to an address whose bucket is empty."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self._app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(COSTLY):
            wait = self._buckets.take(network(scope["client"][0] if scope.get("client") else ""))
            if wait:
                return await refusal(429, SENTENCE, Retry_After=str(math.ceil(wait)))(scope, receive, send)
        return await self._app(scope, receive, send)


def network(address: str) -> str:
    """Whose an address is: of IPv6 the first half, because one machine has the whole of the second."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))
