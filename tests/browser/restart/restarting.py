"""A small server that can be ended and started again at the same address while pages are open on it."""

import asyncio
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from gradio.context import Context

from playground import command_line
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Limits
from playground.fleet.described import offered
from playground.fleet.far_engines import far_engines
from playground.fleet.fleet import Fleet
from playground.traces.store import TraceStore
from tests import fakes
from tests.fleet.near_replicas import NearReplicas

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60


class Restarting:
    """The tiny Llama behind a separate server. A server forgets everything when it ends.

    Attributes:
        options: the command line of the next server.
    """

    def __init__(self, model: fakes.PacedModel) -> None:
        self.model = model
        self.options: list[str] = []
        self._thread = ThreadPoolExecutor(1)  # Playwright's event loop runs on the test's own thread
        self._port = 0
        self._engines: Engines | None = None
        self._server = None
        self._serving: Future | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """Starts a server at the address of the one before."""
        options = command_line.arguments(self.options)
        limits = Limits(new_tokens=options.max_new_tokens)
        listener = command_line.listen(HOST, self._port)
        self._port = listener.getsockname()[1]
        Context.id = 0  # a new process would begin to count its components from 0
        self._engines = self._started(limits)
        asgi = self._thread.submit(command_line.build_app, self._engines, options).result()
        self._server = command_line.build_server(asgi)
        self._serving = self._thread.submit(asyncio.run, self._serve(listener))
        while not self._server.started:
            assert not self._serving.done(), "the server did not start"
            threading.Event().wait(0.01)

    def _started(self, limits: Limits) -> Engines:
        return Engines.only(Engine(self.model, TraceStore(2**26), limits).start())

    async def _serve(self, listener: socket.socket) -> None:
        """Serves until the end, and then closes the connections that came just as it ended.

        uvicorn leaves these open, because they are closed with the process. Here the process goes on, and a browser
        would wait for an answer on such a connection.
        """
        await self._server.serve(sockets=[listener])
        for connection in self._server.server_state.connections:
            connection.transport.abort()

    def end(self) -> None:
        """Ends the server at once; its connections break."""
        self._server.should_exit = True
        self._serving.result(timeout=PATIENCE_SECONDS)
        self.model.free()
        self._engines.close()

    def close(self) -> None:
        if not self._serving.done():
            self.end()
        self._thread.shutdown()


class Replicated(Restarting):
    """As `Restarting`, with a replica that stays when a server ends: the next server is another page's process."""

    def __init__(self, model: fakes.PacedModel) -> None:
        super().__init__(model)
        self.replica = Engines.only(Engine(model, TraceStore(2**26)).start())
        self._replicas = NearReplicas({"one": self.replica})

    def _started(self, limits: Limits) -> Engines:
        return far_engines(Fleet(self._replicas, TraceStore(0)).start(), offered(self.replica.offers).offers)

    def close(self) -> None:
        super().close()
        self.replica.close()
