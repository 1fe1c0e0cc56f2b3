"""Keeps the tokenisers of `tokenizer.json` files that visitors sent, each in a process of its own, for a while.

Knows processes. What they do is in `inside.tokenizer_process`.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from playground.errors import PlaygroundError
from playground.inside import tokenizer_process
from playground.places import IMPORTED_FROM

LARGEST_FILE = 24_000_000
"""Bytes. Llama 3's file has 17 million; the page sends it compressed."""
MOST_FILES = 3
"""The most processes. When one more file comes, the one that was used longest ago is given up."""
LONGEST_ERROR = 200
"""Characters of the library's own words."""
READING_SECONDS, ANSWER_SECONDS = 30.0, 3.0
GONE = "The server has given up this file's tokeniser. Choose the file again."
TOO_SLOW = (
    "This file's tokeniser took longer than {} s, so it was stopped. Its regular expressions may not suit this "
    "text. Choose another file."
)

FAILED = "This file's tokeniser failed at this text ({}), so it was stopped. Choose the file again, or another one."
NO_TOKENISER = "This file is no tokenizer.json ({}). Choose the file tokenizer.json of a model."


def unpacked(packed: bytes) -> str:
    """Returns the text of a file that the page sent compressed with gzip.

    Raises:
        PlaygroundError: it is not compressed in this way, too large, or no text.
    """
    reader = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = reader.decompress(packed, LARGEST_FILE + 1)
    except zlib.error as error:
        raise PlaygroundError("The file did not come as a whole. Choose it again.") from error
    if len(content) > LARGEST_FILE:
        raise PlaygroundError(
            f"The file has more than {LARGEST_FILE:,} bytes, which is the limit. Choose a smaller tokenizer.json.",
            status=413,
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise PlaygroundError(NO_TOKENISER.format("it is not text in UTF-8")) from error


class TokenizerFiles:
    """The tokenisers of files, by unguessable ids. Its methods are called on one event loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Process] = OrderedDict()
        self._threads = ThreadPoolExecutor(MOST_FILES, "tokenizer-files")

    async def open(self, packed: bytes) -> dict[str, Any]:
        """Reads a file. Returns `{id, algorithm, size}`.

        Raises:
            PlaygroundError: it is too large, or no tokeniser's file.
        """
        process, facts = await self._do(_opened, packed)
        file_id = secrets.token_urlsafe(16)
        self._kept[file_id] = process
        while len(self._kept) > MOST_FILES:
            self._kept.popitem(last=False)[1].end()
        return {"id": file_id, **facts}

    async def messages(self, file_id: str, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Returns what `Pieces.message` says of each text.

        Raises:
            PlaygroundError: there is no such tokeniser any more, or it takes too long.
        """
        process = self._kept.get(file_id)
        if process is None:
            raise PlaygroundError(GONE, status=404)
        self._kept.move_to_end(file_id)
        answer = await self._do(process.ask, list(texts), ANSWER_SECONDS)
        if "error" in answer:
            raise PlaygroundError(FAILED.format(answer["error"][:LONGEST_ERROR]), status=422)
        return answer

    def close(self) -> None:
        """Ends all processes. They also end by themselves when the server has ended."""
        for process in self._kept.values():
            process.end()
        self._kept.clear()

    async def _do(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


def _opened(packed: bytes) -> "tuple[_Process, dict[str, Any]]":
    content = unpacked(packed)
    process = _Process()
    try:
        facts = process.ask(content, READING_SECONDS)
        if "error" in facts:
            raise PlaygroundError(NO_TOKENISER.format(facts["error"][:LONGEST_ERROR]))
    except PlaygroundError:
        process.end()
        raise
    return process, facts


def _killed(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError), process:
        process.kill()


class _Process:
    """One process. It answers one line at a time, to threads that may wait for it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", tokenizer_process.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(IMPORTED_FROM), "TOKENIZERS_PARALLELISM": "false"},
        )
        weakref.finalize(self, _killed, self._process)  # when nobody can ask it any more, or the server ends

    def ask(self, asked: Any, seconds: float) -> Any:
        """Returns the answer to one line. A process that takes longer is ended."""
        with self._turn:
            is_late = threading.Event()
            timer = threading.Timer(seconds, lambda: (is_late.set(), self._process.kill()))
            timer.start()
            try:
                line = self._exchanged(json.dumps(asked).encode())
            finally:
                timer.cancel()
        if line:
            return json.loads(line)
        if is_late.is_set():
            raise PlaygroundError(TOO_SLOW.format(f"{seconds:.0f}"), status=422)
        raise PlaygroundError(GONE, status=404)

    def end(self) -> None:
        """Kills the process. Its pipes close when no thread waits for them any more."""
        self._process.kill()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        with self._turn, suppress(OSError), self._process:  # closing sends what it did not read any more
            pass

    def _exchanged(self, line: bytes) -> bytes:
        """Sends a line and returns the next one; an empty one if the process has ended."""
        sent, answers = self._process.stdin, self._process.stdout
        assert sent is not None, "it is a pipe"
        assert answers is not None, "it is a pipe"
        try:
            sent.write(line + b"\n")
            sent.flush()
        except (OSError, ValueError):  # ended a moment ago, or closed
            return b""
        return answers.readline()
