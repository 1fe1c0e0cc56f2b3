"""Tests the command line: options, the sentences that end a start, and that the server sends no request outside."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from playground import command_line
from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.web.listening import network_address

ROOT = Path(__file__).parent.parent

WATCHER = """
import os, sys

def tell(event, arguments):
    if event == "socket.connect":
        asked = str(arguments[1][0])
    elif event == "socket.getaddrinfo":
        asked = str(arguments[0])
    else:
        return
    if asked not in ("127.0.0.1", "::1", "localhost", "None", "192.0.2.1"):
        with open(os.environ["TOLD"], "a") as file:
            file.write(asked + "\\n")

sys.addaudithook(tell)
"""
"""A `sitecustomize` that records every host that a process contacts. Nothing is sent to 192.0.2.1."""


def test_help_documents_every_option(capsys):
    with pytest.raises(SystemExit):
        command_line.arguments(["--help"])
    told = capsys.readouterr().out
    models = "--model --models --variant --adapter --no-built-in --device --dtype --stage --lessons"
    names = "--host --port --auth --log-level --allow-host --allow-frame --root-path"
    limits = "--max-rows --max-waiting --max-prompt-tokens --max-new-tokens"
    memory = "--trace-memory --cache-memory --attention-memory"
    for name in [*models.split(), *names.split(), *limits.split(), *memory.split()]:
        assert name in told


def test_the_limits_of_the_command_line_are_those_of_the_engine():
    given = command_line.arguments([])
    limits = Limits()
    assert (given.max_rows, given.max_waiting) == (limits.rows, limits.waiting)
    assert (given.max_prompt_tokens, given.max_new_tokens) == (limits.prompt_tokens, limits.new_tokens)
    assert given.attention_memory * 2**20 == limits.map_bytes


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--auth", "nobody"], "--auth is 'nobody'. Write it as user:password."),
        (["--auth", ":secret"], "Write it as user:password."),
        (["--port", "99999"], "--port is 99999."),
        (["--port", "http"], "--port: invalid int value: 'http'"),
        (["--log-level", "loud"], "--log-level: invalid choice: 'loud'"),
        (
            ["--allow-host", "https://play.example"],
            "--allow-host is 'https://play.example'. Give a name without",
        ),
        (["--allow-host", "play.example:80"], "--allow-host is 'play.example:80'."),
        (["--allow-frame", "moodle.example"], "--allow-frame is 'moodle.example'. Write it as https://course.example"),
        (["--allow-frame", "https://moodle.example/x"], "--allow-frame is 'https://moodle.example/x'."),
        (["--allow-frame", "https://a.example; script-src *"], "--allow-frame is"),
        (["--root-path", "play"], "--root-path is 'play'. Write it as /play, or / for the proxy's root."),
        (["--root-path", "https://uni.example/play"], "--root-path is 'https://uni.example/play'."),
        (["--root-path", "/playground/"], "--root-path is '/playground', the name of the server's own routes."),
        (["--max-rows", "0"], "--max-rows: 0 is too small. Give 1 or more"),
    ],
)
def test_an_option_that_cannot_be_is_a_sentence(capsys, given, sentence):
    with pytest.raises(SystemExit):
        command_line.arguments(given)
    assert sentence in capsys.readouterr().err


def test_the_slash_at_the_end_of_a_root_path_is_not_needed():
    for path, kept in (("/", ""), ("/play/", "/play"), ("/a/b", "/a/b")):
        assert command_line.arguments(["--root-path", path]).root_path == kept
    assert command_line.arguments([]).root_path is None


def test_a_taken_port_is_told_before_a_model_is_loaded():
    with command_line.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PlaygroundError, match=f"Port {port} is in use. Choose another, for example --port"):
            command_line.listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_a_sentence():
    with pytest.raises(PlaygroundError, match=re.escape("Check --host and --port.")):
        command_line.listen("192.0.2.1", 7860)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_small_answers_are_sent_at_once(host):
    """With Nagle's algorithm, the second of two small pieces would wait for the receipt of the first."""
    sends_at_once = asyncio.get_running_loop().create_future()

    def on_connection(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        sends_at_once.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with command_line.listen(host, 0) as listener:
        async with await asyncio.start_server(on_connection, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            assert await sends_at_once
            writer.close()


def test_the_class_gets_an_address_of_this_machine():
    assert re.fullmatch(r"[\w.-]+", network_address())


def start(*options: str, **environment: str) -> subprocess.Popen:
    """Starts `python app.py` in a process of its own, with these environment variables."""
    command = [sys.executable, "app.py", *options]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "./no-such-folder"], "There is no file or folder ./no-such-folder."),
        pytest.param(["--model", "LICENSE"], "LICENSE is a file, but not a .gguf file.", marks=LONG),
        pytest.param(["--dtype", "int3"], "--dtype is 'int3'. Choose one of float32, bfloat16, float16.", marks=LONG),
        pytest.param(["--device", "abacus"], "--device is 'abacus'.", marks=LONG),
    ],
)
def test_a_model_that_cannot_be_ends_the_start_with_one_sentence(options, sentence):
    process = start("--port", "0", *options)
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert told.strip().startswith(sentence)
    assert "Traceback" not in told


def test_a_server_whose_model_thread_ends_stops_with_a_sentence(engine):
    def end(model):
        raise SystemExit(3)

    async def ends_when_somebody_asks(scope, receive, send):
        """An application whose start-up ends the engine's thread, as a bug could at any time."""
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.complete"})
        with pytest.raises(PlaygroundError):
            await engine.call(end)
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    with (
        command_line.listen("127.0.0.1", 0) as listener,
        pytest.raises(PlaygroundError, match=re.escape("the thread that runs the model ended with SystemExit(3)")),
    ):
        command_line.serve(ends_when_somebody_asks, engine, listener)


@pytest.mark.model
def test_the_server_asks_nobody_outside(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WATCHER)
    told = tmp_path / "told"
    process = start("--port", "0", PYTHONPATH=str(tmp_path), TOLD=str(told))
    try:
        url = re.search(r"http://[\d.]+:\d+", next(line for line in process.stdout if "playground is at" in line))[0]
        assert "gradio" in urllib.request.urlopen(url).read().decode()
        body = json.dumps({"data": ["The sky", {"max_new_tokens": 2}]}).encode()
        asked = urllib.request.Request(f"{url}/gradio_api/call/trace", body, {"Content-Type": "application/json"})
        event = json.load(urllib.request.urlopen(asked))["event_id"]
        answer = urllib.request.urlopen(f"{url}/gradio_api/call/trace/{event}").read().decode()
        assert "event: complete" in answer
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=60)
    assert not told.exists(), told.read_text()
    assert "Traceback" not in rest


@pytest.mark.model
def test_the_watcher_sees_what_is_asked(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WATCHER)
    told = tmp_path / "told"
    ask = "import socket\ntry:\n socket.getaddrinfo('example.invalid', 80)\nexcept OSError:\n pass"
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "TOLD": str(told)}
    subprocess.run([sys.executable, "-c", ask], env=environment, check=True)
    assert told.read_text() == "example.invalid\n"
