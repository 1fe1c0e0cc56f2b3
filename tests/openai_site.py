"""A running server of OpenAI's API, and the official client for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from openai import OpenAI

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.web.openai.history import History
from playground.web.openai.routes import add_openai_routes
from playground.web.routes.beside_gradio import add_routes
from tests.browser.serving import serving


@contextmanager
def speaking(served: Engine | Engines, history: History | None = None) -> Iterator[OpenAI]:
    """Serves engines without Gradio and the guards until the block ends, and yields a client that tries once."""
    app = FastAPI()
    engines = Engines.only(served) if isinstance(served, Engine) else served
    add_routes(app, engines)
    add_openai_routes(app, engines, history)
    with serving(app) as url, OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client
