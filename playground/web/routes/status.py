"""Adds the routes about the server's state: `/healthz`, `/status`, `/metrics`, and `/playground/status` for the page.

Anybody may ask `/healthz`. The numbers are for visitors who are logged in. On a server without a login they are for
programs on the same machine, as long as no reverse proxy stands between.
"""

from dataclasses import asdict
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from playground.web.guards.proxy import LOCAL
from playground.web.metrics import CONTENT_TYPE, text_of
from playground.web.report import Reporter

NOT_HERE = (
    "The server's numbers are shown on its own machine only, or to visitors who are logged in. "
    "Start it with --auth user:password to see them from elsewhere."
)


def add_status_routes(app: FastAPI, reporter: Reporter, has_login: bool) -> None:
    """Adds the routes. On a server with a login, the guard in front of all routes has checked it already."""
    metrics = text_of(reporter.report)

    def check(request: Request) -> None:
        if not may_look(request, has_login):
            raise HTTPException(403, NOT_HERE)

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Response:
        alive = await reporter.is_alive()
        told = "The model answers." if alive else "The model does not answer. Start the server again."
        return JSONResponse({"detail": told}, 200 if alive else 503, {"Cache-Control": "no-store"})

    @app.get("/status", dependencies=[Depends(check)])
    async def status() -> dict[str, Any]:
        return asdict(reporter.report())

    @app.get("/metrics", dependencies=[Depends(check)])
    async def prometheus() -> Response:
        return Response(metrics(), headers={"Content-Type": CONTENT_TYPE})

    @app.get("/playground/status")
    async def status_for_the_page(request: Request) -> Response:
        """Returns the same to the page, which asks without knowing whether it may: 204 refuses, and is no error."""
        if not may_look(request, has_login):
            return Response(status_code=204)
        return JSONResponse(asdict(reporter.report()), headers={"Cache-Control": "no-store"})


def may_look(request: Request, has_login: bool) -> bool:
    """Returns whether a visitor may see what others do: one who is logged in, or a program on the same machine.

    Args:
        request: the request, which a guard has let in.
        has_login: whether the server has a login, which the guard has checked.
    """
    return has_login or request.scope.get(LOCAL, False)
