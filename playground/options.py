"""The options of the command line: what they are called, what they mean, and which values they take.

Does not know what is done with them.
"""

import argparse
import re
from importlib.util import find_spec

DTYPES = ("float32", "bfloat16", "float16")
SCHEMES = ("int8", "nf4")
LOG_LEVELS = ("debug", "info", "warning", "error")
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
ORIGIN = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?")
API_KEY = re.compile("[!-~]+")
LEAST_SECRET = 12
SECRET = re.compile(rf"[A-Za-z0-9_-]{{{LEAST_SECRET},}}")
ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Returns the parsed and checked options. Exits with a message if one cannot be used."""
    parser = argparse.ArgumentParser(
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
        choices=(*DTYPES, *SCHEMES),
        action="append",
        default=[],
        help="offer each --model in this precision, or quantised so, as a model of its own",
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
    model.add_argument(
        "--device",
        help="cpu, cuda, cuda:1, mps, or auto for all cards together, and the CPU where they do not suffice "
        "(default: the first available of cuda, mps, cpu)",
    )
    model.add_argument("--dtype", help="float32, bfloat16 or float16 (default: float32 up to a billion parameters)")
    model.add_argument(
        "--quantize",
        choices=SCHEMES,
        help="pack each model's weights to a part of the memory while they are read (needs requirements-quantize.txt)",
    )
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
    server.add_argument(
        "--teacher",
        metavar="SECRET",
        nargs="?",
        const="",
        help="hold a class: pupils follow the teacher's page. The secret is made, or given to survive a restart",
    )
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
    cluster = parser.add_argument_group("a cluster (needs requirements-cluster.txt)")
    cluster.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="write on replicas of the models: on the Ray cluster at this address, or with 'local' on this machine",
    )
    cluster.add_argument(
        "--replicas", metavar="MIN:MAX", type=_replicas, help="replicas, as texts need them (default: 1)"
    )
    cluster.add_argument("--gpus-per-replica", type=_share, default=0.0, help="a share of one GPU, or a whole number")
    cluster.add_argument("--cpus-per-replica", type=_positive, default=1, help="cores of each replica")
    limits = parser.add_argument_group("limits (the defaults suit a class of thirty)")
    limits.add_argument("--max-rows", type=_positive, default=64, help="texts generated at the same time")
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
    if options.teacher and not SECRET.fullmatch(options.teacher):
        parser.error(
            f"--teacher has to be at least {LEAST_SECRET} of the signs A to Z, a to z, 0 to 9, - and _. Choose another "
            "secret, or leave it out to have one made."
        )
    if options.cluster is not None and find_spec("ray") is None:
        parser.error("--cluster needs the package ray, which is missing. Install it with: make cluster-packages")
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


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too small. Give 1 or more")
    return number


def _replicas(text: str) -> tuple[int, int]:
    """Returns the bounds of "2:5", or twice the number of "3"."""
    least, colon, most = text.partition(":")
    numbers = (least, most if colon else least)
    if not all(number.isdecimal() for number in numbers) or not 1 <= int(numbers[0]) <= int(numbers[1]):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of replicas. Give one such as 3, or the least and the most, such as 1:5"
        )
    return int(numbers[0]), int(numbers[1])


def _share(text: str) -> float:
    """Returns a number of GPUs: Ray shares out whole ones, or parts of a single one."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf") or (number > 1 and number != int(number)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of GPUs. Give a whole number, or a share such as 0.5")
    return number
