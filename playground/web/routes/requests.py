"""Tells the page which requests the clients of `/v1` sent lately. Who may see the server's numbers may see them."""

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from playground.web.addresses import PREFIX
from playground.web.openai.history import History
from playground.web.routes.status import may_look


def add_request_routes(app: FastAPI, history: History | None, has_login: bool) -> None:
    """Adds the route. It answers 204 on a server that keeps no requests, and to visitors who may not see them."""

    @app.get(f"{PREFIX}/requests")
    async def requests(request: Request) -> Response:
        if history is None or not may_look(request, has_login):
            return Response(status_code=204)
        return JSONResponse(history.listed(), headers={"Cache-Control": "no-store"})
