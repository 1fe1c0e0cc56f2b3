"""Adds the routes that the page uses beside Gradio's, under one prefix.

They note which visitor asks, and answer a refusal with its sentence and its status.
"""

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from playground import visitor
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.places import ASSETS
from playground.values import trace_id as check_trace_id
from playground.web.addresses import PREFIX, VISIT_HEADER
from playground.web.asked import UntilAnswered, engines_of
from playground.web.inside.embeddings import add_embedding_routes
from playground.web.inside.layers import add_layer_routes
from playground.web.inside.picture import add_picture_routes
from playground.web.inside.positions import add_position_routes
from playground.web.inside.tokens import add_tokens_routes
from playground.web.inside.why import add_why_routes
from playground.web.inside.word import add_word_routes
from playground.web.routes.attention import add_attention_routes
from playground.web.routes.encoders import add_encoder_routes
from playground.web.routes.exports import add_export_routes
from playground.web.routes.families import add_family_routes
from playground.web.routes.files import Assets, add_file_routes
from playground.web.routes.leaving import LeavingRoute
from playground.web.routes.masks import add_mask_routes
from playground.web.routes.models import add_model_routes
from playground.web.routes.scores import add_score_routes
from playground.web.routes.settings import add_settings_routes
from playground.web.routes.stages import add_stage_routes
from playground.web.routes.traces import add_trace_routes
from playground.web.routes.watermark import add_watermark_routes
from playground.web.routes.word_ids import add_word_id_routes

RETRY_SECONDS = "5"


def add_routes(app: FastAPI, engines: Engines) -> None:
    """Adds everything under `/playground` but its status. Call it before Gradio is mounted at the root."""
    app.state.engines = engines
    app.add_middleware(UntilAnswered)
    router = APIRouter(
        prefix=PREFIX, route_class=LeavingRoute, dependencies=[Depends(_visitor), Depends(_text_asked_for)]
    )
    add_file_routes(router)
    add_model_routes(router)
    add_word_id_routes(router)
    add_trace_routes(router, engines.store)
    add_mask_routes(router)
    add_watermark_routes(router)
    add_score_routes(router)
    add_stage_routes(router)
    add_family_routes(router)
    add_settings_routes(router)
    add_attention_routes(router)
    add_tokens_routes(router)
    add_encoder_routes(router)
    add_export_routes(router)
    add_embedding_routes(router)
    add_layer_routes(router)
    add_position_routes(router)
    add_word_routes(router)
    add_why_routes(router)
    add_picture_routes(router)
    app.include_router(router)
    app.exception_handler(PlaygroundError)(_refused)
    app.exception_handler(RequestValidationError)(_unreadable)
    app.mount(f"{PREFIX}/assets", Assets(directory=ASSETS))


async def _visitor(request: Request) -> None:
    """Notes which visitor asks: a page by the name that it gave itself, any other client by its address."""
    address = request.client.host if request.client else ""
    visitor.current.set(request.headers.get(VISIT_HEADER, address)[:64])


async def _text_asked_for(request: Request) -> None:
    """Refuses a request whose address holds an id that no text can have, and looks for the text everywhere."""
    if "trace_id" in request.path_params:
        await engines_of(request).find(check_trace_id("The text's id", request.path_params["trace_id"]))


async def _unreadable(request: Request, error: RequestValidationError) -> Response:
    """Answers a request with a missing value or a body that is not JSON, in our words and not in FastAPI's."""
    named = [".".join(str(part) for part in one["loc"][1:]) or "The body" for one in error.errors()]
    sentence = f"The request cannot be read: {', '.join(named)} is missing or malformed. Send it as the page does."
    return await _refused(request, PlaygroundError(sentence))


async def _refused(request: Request, refusal: PlaygroundError) -> Response:
    """Answers a refusal with its sentence and its status, and says when to try again where that helps."""
    headers = {"Retry-After": RETRY_SECONDS} if refusal.status in (429, 503) else {}
    return JSONResponse({"detail": str(refusal)}, refusal.status, headers)
