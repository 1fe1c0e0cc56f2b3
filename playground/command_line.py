"""The command line: it loads the model, starts the engine and serves the page."""

import argparse
import io
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from playground.models.device_settings import compute_in_full_float32, use_expandable_segments
from playground.models.threads import bound_spinning
from playground.options import arguments
from playground.web.announcing import announce
from playground.web.listening import build_server, listen

if TYPE_CHECKING:
    from fastapi import FastAPI
    from gradio.routes import App
    from starlette.types import ASGIApp, Receive, Scope, Send

    from playground.engine.engines import Engines
    from playground.lessons.lesson import Lesson
    from playground.web.classroom.room import Room
    from playground.web.guards.visits import Visits

log = logging.getLogger("playground")


def main() -> None:
    """Serves until it is interrupted. Exits with a one-line message when the error is the user's to fix."""
    options = arguments()
    for stream in (sys.stdout, sys.stderr):  # on Windows a file or a pipe lacks many characters that a name may have
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # The chosen level applies only to the playground's own log, because libraries could log a visitor's prompt.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    log.setLevel(options.log_level.upper())
    for library in ("torchao", "torch.utils._pytree"):  # tell of parts for other devices, wherever torchao is installed
        logging.getLogger(library).setLevel(logging.ERROR)
    bound_spinning()
    use_expandable_segments()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if all(os.path.exists(model) for model in options.model or ()):
        os.environ["HF_HUB_OFFLINE"] = "1"

    from playground.decoding import own_files
    from playground.errors import PlaygroundError
    from playground.models.ranks import leave

    own_files.give(options.stage)
    try:
        if is_led(options):
            return follow(options)
        read_stages()
        lessons = read_lessons(options)
        listener = listen(options.host, options.port)
        engines = start(options)
        room = build_room(engines, options)
        try:
            app = build_app(engines, options, lessons, room)
            secret = room.secret if room else None
            announce(options.host, listener.getsockname()[1], options.root_path, secret)
            serve(app, engines, listener, app.end)
        finally:
            engines.close()
            leave()
    except PlaygroundError as refusal:
        sys.exit(str(refusal))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)  # ends the process at once, also while a model is loaded, as SIGTERM does


def is_led(options: argparse.Namespace) -> bool:
    """Returns whether `torchrun` started this process together with others, and another one of them leads.

    Raises:
        PlaygroundError: it did, and the options ask for something that several processes do not do together.
    """
    from playground.errors import PlaygroundError
    from playground.models.ranks import started_together

    if started_together() == 1:
        return False
    alone = ("--models", "--adapter", "--variant", "--cluster")
    given = [name for name in alone if getattr(options, name.removeprefix("--"))]
    if given or len(options.model or ()) > 1:
        further = given[0] if given else "all but one --model"
        raise PlaygroundError(f"Under torchrun the processes have one model together. Leave out {further}.")
    options.no_built_in = True
    return os.environ["RANK"] != "0"


def follow(options: argparse.Namespace) -> None:
    """Loads this process's part of the model, and computes what the leading process asks for, until it ends."""
    from playground.models.loading import load
    from playground.models.ranks import leave
    from playground.models.split import split

    compute_in_full_float32()
    model = load(*(options.model or ()), device=options.device, dtype=options.dtype, quantize=options.quantize)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all processes, and the leading one ends the others
    split(model.hf).mirror.follow()
    leave()


def read_stages() -> None:
    """Reads the registry of stages, so that a fault in a file of `--stage` is told before anything else begins.

    Raises:
        PlaygroundError: one of the files defines no stage that can be used.
    """
    from playground.web.bundles import joined

    joined()  # reads the registry, and the stages' JavaScript


def read_lessons(options: argparse.Namespace) -> "tuple[Lesson, ...]":
    """Reads the lessons that come with the playground and those of `--lessons`. Call it after `read_stages`.

    Raises:
        PlaygroundError: names every fault of every file, with its line.
    """
    from playground.lessons.folders import read_all

    return read_all(options.lessons)


def start(options: argparse.Namespace) -> "Engines":
    """Finds all models, loads the first, and returns the engines. With `--cluster`, replicas do this."""
    from playground.engine.request import Limits
    from playground.engine.starting import Bounds, start_engines
    from playground.models.built_in import built_in_folders
    from playground.models.offering import Asked, offers

    limits = Limits(
        rows=options.max_rows,
        waiting=options.max_waiting,
        prompt_tokens=options.max_prompt_tokens,
        new_tokens=options.max_new_tokens,
        map_bytes=options.attention_memory * 2**20,
    )
    bounds = Bounds(limits, options.cache_memory * 2**20, options.trace_memory * 2**20)
    memory = None if options.model_memory is None else options.model_memory * 2**20
    named = (options.model or (), options.models, options.variant, options.adapter)
    asked = Asked(*map(tuple, named), device=options.device, dtype=options.dtype, quantize=options.quantize)
    if options.cluster is not None:
        from playground.fleet.cluster import Cluster, start_fleet

        least, most = options.replicas or (1, 1)
        each = (options.gpus_per_replica, options.cpus_per_replica)
        further = (not options.no_built_in, tuple(options.stage))
        return start_fleet(Cluster(options.cluster, least, most, *each, asked, bounds, memory, *further))
    compute_in_full_float32()
    built_in = () if options.no_built_in else built_in_folders()
    return start_engines(offers(replace(asked, built_in=built_in)), bounds, memory)


def build_room(engines: "Engines", options: argparse.Namespace) -> "Room | None":
    """Returns the room of the class, with a new secret if none is given; None without `--teacher`."""
    if options.teacher is None:
        return None
    from playground.web.classroom.room import Room

    return Room(engines.store, options.teacher or secrets.token_urlsafe(12))


class Application:
    """The whole server as one ASGI application: the page and the other routes, behind the guards."""

    def __init__(self, asgi: "ASGIApp", gradio: "App", room: "Room | None") -> None:
        self._asgi, self._gradio, self._room = asgi, gradio, room

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        await self._asgi(scope, receive, send)

    def end(self) -> None:
        """Ends the streams of open pages, so that the server does not break them off. Call it on the event loop."""
        self._gradio.stop_event.set()
        if self._room:
            self._room.close()


def build_app(
    engines: "Engines", options: argparse.Namespace, lessons: "Sequence[Lesson]" = (), room: "Room | None" = None
) -> Application:
    """Returns the server. With `--teacher` there is a class in `room`, or in a room of its own."""
    from playground.web.guards.chain import Policy, guarded
    from playground.web.guards.hosts import own_names
    from playground.web.guards.visits import Visits
    from playground.web.head import early_head
    from playground.web.panels.visit import leave_heartbeat_to_page

    room = room or build_room(engines, options)
    visits, credentials = Visits(), _credentials(options)
    app = build_routes(engines, options, visits, lessons, room)
    gradio = gradio_app(app)
    policy = Policy(
        hosts=own_names(options.host) | set(options.allow_host),
        frames=tuple(options.allow_frame),
        root_path=options.root_path,
        credentials=credentials,
        api_key=options.api_key,
        head=early_head(gradio.get_blocks(), has_class=room is not None),
        rules=room,
    )
    leave_heartbeat_to_page(gradio.get_blocks())
    return Application(guarded(app, policy, gradio, visits), gradio, room)


def build_routes(
    engines: "Engines",
    options: argparse.Namespace,
    visits: "Visits",
    lessons: "Sequence[Lesson]" = (),
    room: "Room | None" = None,
) -> "FastAPI":
    """Returns the application with the page and the other routes, without the guards."""
    import gradio as gr
    from fastapi import FastAPI

    from playground.web.head import gradio_styles
    from playground.web.mcp_server import call_in_process
    from playground.web.openai.history import History
    from playground.web.openai.routes import add_openai_routes
    from playground.web.page import appearance, build_page
    from playground.web.report import Reporter
    from playground.web.routes.beside_gradio import add_routes
    from playground.web.routes.classroom import add_class_routes
    from playground.web.routes.files import add_gradio_files
    from playground.web.routes.lessons import add_lesson_routes
    from playground.web.routes.requests import add_request_routes
    from playground.web.routes.status import add_status_routes

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    credentials = _credentials(options)
    history = None if options.api_history is None else History(engines.store, options.api_history)
    add_routes(app, engines)
    add_lesson_routes(app, lessons, *([room.hidden_parts] if room else []))
    if room:
        add_class_routes(app, engines, room, lessons, options.host, options.root_path)
    add_openai_routes(app, engines, history)
    add_status_routes(app, Reporter(engines, visits), has_login=credentials is not None)
    add_request_routes(app, history, has_login=credentials is not None)
    page = build_page(engines)
    add_gradio_files(app, gradio_styles(page))
    options_of_gradio = appearance(engines) | {"root_path": options.root_path, "mcp_server": options.mcp}
    gr.mount_gradio_app(app, page, path="/", auth=credentials, **options_of_gradio)
    if options.mcp:
        call_in_process(page)
    return app


def gradio_app(app: "FastAPI") -> "App":
    """Returns the application that Gradio mounted into `app`. It keeps the sessions of visitors who are logged in."""
    from gradio.routes import App

    return next(mounted for route in app.routes if isinstance(mounted := getattr(route, "app", None), App))


def _credentials(options: argparse.Namespace) -> tuple[str, str] | None:
    user, _, password = (options.auth or "").partition(":")
    return (user, password) if user else None


def serve(
    app: "ASGIApp", engines: "Engines", listener: socket.socket, at_end: Callable[[], None] = lambda: None
) -> None:
    """Serves the page until Ctrl+C. When the server begins to end, `at_end` is called.

    Raises:
        PlaygroundError: the thread that runs the model ended, so no request can be answered any more.
    """
    from playground.errors import PlaygroundError

    server = build_server(app, at_end)

    def stop() -> None:
        server.should_exit = True

    engines.on_failure = stop
    if engines.failure is None:
        server.run(sockets=[listener])
    if engines.failure is not None:
        raise PlaygroundError(
            f"The server stops, because the thread that runs the model ended with {engines.failure!r}. "
            "The log above shows where. Start the server again."
        )
