"""The command line: it loads the model, starts the engine and serves the page."""

import argparse
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from playground.models.device_settings import compute_in_full_float32, use_expandable_segments
from playground.models.threads import bound_spinning
from playground.web.listening import build_server, listen, network_address

if TYPE_CHECKING:
    from fastapi import FastAPI
    from gradio.routes import App
    from starlette.types import ASGIApp

    from playground.engine.engines import Engines
    from playground.lessons.lesson import Lesson
    from playground.web.guards.visits import Visits

log = logging.getLogger("playground")

DTYPES = ("float32", "bfloat16", "float16")
LOG_LEVELS = ("debug", "info", "warning", "error")
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
ORIGIN = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?")
API_KEY = re.compile("[!-~]+")
ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Returns the parsed and checked options. Exits with a message if one cannot be used."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="See how a language model picks its next token: an interactive decoding playground.",
        formatter_class=_Help,
    )
    model = parser.add_argument_group("the model")
    model.add_argument(
        "--model",
        action="append",
        help="Hugging Face id, local folder or .gguf file (default: SmolLM2-135M-Instruct). Give it again for each "
        "further model: the first is loaded at the start, the others when somebody chooses them",
    )
    model.add_argument(
        "--models", metavar="FOLDER", action="append", default=[], help="offer every model below this folder as well"
    )
    model.add_argument(
        "--variant",
        choices=DTYPES,
        action="append",
        default=[],
        help="offer each --model in this precision too, as a model of its own",
    )
    model.add_argument(
        "--adapter",
        metavar="FOLDER",
        action="append",
        default=[],
        help="offer this LoRA adapter (needs the package peft) beside its model, whose weights it shares",
    )
    model.add_argument(
        "--no-built-in", action="store_true", help="do not offer the small models that come with the playground as well"
    )
    model.add_argument("--device", help="cpu, cuda, cuda:1 or mps (default: the first available of cuda, mps, cpu)")
    model.add_argument("--dtype", help="float32, bfloat16 or float16 (default: float32 up to a billion parameters)")
    model.add_argument(
        "--stage",
        metavar="FILE",
        action="append",
        default=[],
        help="add the stage that this Python file defines to the chain; docs/your-own-stage.md says how",
    )
    parser.add_argument_group("lessons").add_argument(
        "--lessons",
        metavar="FOLDER",
        action="append",
        default=[],
        help="offer the lessons of this folder as well; docs/write-a-lesson.md says how to write one",
    )
    server = parser.add_argument_group("the server")
    server.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines of the network connect")
    server.add_argument("--port", type=int, default=7860, help="port of the server")
    server.add_argument("--auth", metavar="USER:PASSWORD", help="ask visitors for this name and password")
    server.add_argument("--api-key", metavar="KEY", help="ask the programs that use /v1 (OpenAI's API) for this key")
    server.add_argument(
        "--api-history", metavar="N", type=_positive, help="keep the last N requests to /v1, to open them in the page"
    )
    server.add_argument("--mcp", action="store_true", help="offer the API as tools to assistants (needs gradio[mcp])")
    server.add_argument("--log-level", choices=LOG_LEVELS, default="warning", help="info writes one line per request")
    web = parser.add_argument_group("the server on a network")
    web.add_argument(
        "--allow-host", metavar="NAME", action="append", default=[], help="host name to accept as well; * accepts all"
    )
    web.add_argument(
        "--allow-frame", metavar="ORIGIN", action="append", default=[], help="origin that may show the page in a frame"
    )
    web.add_argument(
        "--root-path", metavar="PATH", help="path at which a reverse proxy serves the page: /play, or / for its root"
    )
    limits = parser.add_argument_group("limits (the defaults suit a class of thirty)")
    limits.add_argument("--max-rows", type=_positive, default=32, help="texts generated at the same time")
    limits.add_argument("--max-waiting", type=_positive, default=64, help="requests waiting for a place")
    limits.add_argument("--max-prompt-tokens", type=_positive, default=2048, help="tokens of one prompt")
    limits.add_argument("--max-new-tokens", type=_positive, default=512, help="tokens generated for one prompt")
    limits.add_argument("--trace-memory", type=_positive, default=2048, help="MiB for the steps of all sessions")
    limits.add_argument(
        "--cache-memory", type=_positive, default=512, help="MiB for the caches that spare forks a second reading"
    )
    limits.add_argument(
        "--model-memory", type=_positive, help="MiB for all loaded models and their texts (default: nearly all)"
    )
    limits.add_argument("--attention-memory", type=_positive, default=96, help="MiB for the attention maps of texts")
    options = parser.parse_args(given)
    if options.auth is not None and not all(options.auth.partition(":")):
        parser.error(f"--auth is {options.auth!r}. Write it as user:password.")
    if options.api_key is not None and not API_KEY.fullmatch(options.api_key):
        parser.error("--api-key has to be at least one of the signs from ! to ~, without spaces. Choose another key.")
    if options.mcp and find_spec("mcp") is None:
        parser.error("--mcp needs the package mcp, which is missing. Install it with: pip install 'gradio[mcp]'")
    if not 0 <= options.port <= 65535:
        parser.error(f"--port is {options.port}. Choose one from 1024 to 65535.")
    for name in options.allow_host:
        if name != "*" and not HOST_NAME.fullmatch(name):
            parser.error(f"--allow-host is {name!r}. Give a name without scheme, port and path, or '*' for all names.")
    for origin in options.allow_frame:
        if not ORIGIN.fullmatch(origin):
            parser.error(f"--allow-frame is {origin!r}. Write it as https://course.example, without a path.")
    if options.root_path is not None:
        options.root_path = options.root_path.rstrip("/")
        if not ROOT_PATH.fullmatch(options.root_path):
            parser.error(f"--root-path is {options.root_path!r}. Write it as /play, or / for the proxy's root.")
        if options.root_path == "/playground":
            parser.error(
                "--root-path is '/playground', the name of the server's own routes. Choose another, such as /play."
            )
    return options


def main() -> None:
    """Serves until it is interrupted. Exits with a one-line message when the error is the user's to fix."""
    options = arguments()
    # The chosen level applies only to the playground's own log, because libraries could log a visitor's prompt.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    log.setLevel(options.log_level.upper())
    bound_spinning()
    use_expandable_segments()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if all(os.path.exists(model) for model in options.model or ()):
        os.environ["HF_HUB_OFFLINE"] = "1"

    from playground.decoding import own_files
    from playground.errors import PlaygroundError

    own_files.give(options.stage)
    try:
        read_stages()
        lessons = read_lessons(options)
        listener = listen(options.host, options.port)
        engines = start(options)
        try:
            serve(build_app(engines, options, lessons), engines, listener, options.host)
        finally:
            engines.close()
    except PlaygroundError as refusal:
        sys.exit(str(refusal))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)  # ends the process at once, also while a model is loaded, as SIGTERM does


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
    """Finds all models, loads the first, and returns the engines."""
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
    compute_in_full_float32()
    asked = Asked(
        options.model or (),
        options.models,
        options.variant,
        options.adapter,
        [] if options.no_built_in else built_in_folders(),
        options.device,
        options.dtype,
    )
    memory = None if options.model_memory is None else options.model_memory * 2**20
    return start_engines(offers(asked), bounds, memory)


def build_app(engines: "Engines", options: argparse.Namespace, lessons: "Sequence[Lesson]" = ()) -> "ASGIApp":
    """Returns the whole server as one ASGI application: the page and the other routes, behind the guards."""
    from playground.web.guards.chain import Policy, guarded
    from playground.web.guards.hosts import own_names
    from playground.web.guards.visits import Visits
    from playground.web.head import early_head
    from playground.web.panels.visit import leave_heartbeat_to_page

    visits, credentials = Visits(), _credentials(options)
    app = build_routes(engines, options, visits, lessons)
    gradio = gradio_app(app)
    policy = Policy(
        hosts=own_names(options.host) | set(options.allow_host),
        frames=tuple(options.allow_frame),
        root_path=options.root_path,
        credentials=credentials,
        api_key=options.api_key,
        head=early_head(gradio.get_blocks()),
    )
    leave_heartbeat_to_page(gradio.get_blocks())
    return guarded(app, policy, gradio, visits)


def build_routes(
    engines: "Engines", options: argparse.Namespace, visits: "Visits", lessons: "Sequence[Lesson]" = ()
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
    from playground.web.routes.files import add_gradio_files
    from playground.web.routes.lessons import add_lesson_routes
    from playground.web.routes.requests import add_request_routes
    from playground.web.routes.status import add_status_routes

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    credentials = _credentials(options)
    history = None if options.api_history is None else History(engines.store, options.api_history)
    add_routes(app, engines)
    add_lesson_routes(app, lessons)
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


def serve(app: "ASGIApp", engines: "Engines", listener: socket.socket, host: str) -> None:
    """Prints the page's address and serves the page until Ctrl+C.

    Raises:
        PlaygroundError: the thread that runs the model ended, so no request can be answered any more.
    """
    from playground.errors import PlaygroundError

    port = listener.getsockname()[1]
    own = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    print(f"The playground is at http://{f'[{own}]' if ':' in own else own}:{port} (Ctrl+C ends it)", flush=True)
    if host in ("0.0.0.0", "::"):
        print(f"Address for the class: http://{network_address()}:{port}", flush=True)
    server = build_server(app)

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


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too small. Give 1 or more")
    return number


if __name__ == "__main__":
    main()
