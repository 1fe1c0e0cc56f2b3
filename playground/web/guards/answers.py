"""Builds the answers that a guard gives in place of the routes behind it. Knows HTTP and nothing of the playground."""

from starlette.responses import JSONResponse, Response


def refusal(status: int, sentence: str, **headers: str) -> Response:
    """Builds the answer to a request that no route will see. The page's JavaScript and Gradio's both show `detail`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"detail": sentence}, status, named)
