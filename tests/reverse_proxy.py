"""A small reverse proxy for tests. It serves another server below a path, with nginx's headers."""

import asyncio
import contextlib

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding")


def reverse_proxy(upstream: str, prefix: str, strips: bool) -> ASGIApp:
    """Returns an application that forwards requests below `prefix` and passes the answers on piece by piece.

    Args:
        upstream: the other server's address.
        prefix: the path, such as "/play".
        strips: whether the prefix is removed from the path before the other server sees it.
    """

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["raw_path"].decode()
        if not path.startswith(prefix + "/"):
            await PlainTextResponse("not here", 404)(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        url = upstream + (path.removeprefix(prefix) if strips else path)
        if scope["query_string"]:
            url += "?" + scope["query_string"].decode()
        told = {
            "X-Forwarded-For": request.client.host,
            "X-Forwarded-Proto": scope["scheme"],
            "X-Forwarded-Host": request.headers["host"],
        }
        headers = [*(pair for pair in request.headers.items() if pair[0] not in HOP_BY_HOP), *told.items()]
        handing = asyncio.create_task(_hand_on(request.method, url, headers, body, send))
        leaving = asyncio.create_task(_has_left(receive))
        await asyncio.wait([handing, leaving], return_when=asyncio.FIRST_COMPLETED)
        for task in (handing, leaving):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await handing

    return proxy


async def _hand_on(method: str, url: str, headers: list[tuple[str, str]], body: bytes, send: Send) -> None:
    async with (
        httpx.AsyncClient(timeout=None, verify=False) as client,  # plain HTTP needs no certificates
        client.stream(method, url, headers=headers, content=body) as answer,
    ):
        kept = [pair for pair in answer.headers.raw if pair[0].lower().decode() not in HOP_BY_HOP]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
        async for piece in answer.aiter_raw():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _has_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
