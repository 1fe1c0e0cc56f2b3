"""Fixtures of all tests: tokenizers and tiny models, built once; an engine for each test; the default model."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Two test processes and their browsers share two cores, so that more threads, or threads that spin while they wait,
# would slow each other down. torch reads this once, so it is set before torch is imported.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "passive"

from fastapi import FastAPI
from starlette.testclient import TestClient
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.routes.beside_gradio import add_routes
from tests import fakes


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return fakes.byte_level_tokenizer()


@pytest.fixture(scope="session")
def tiny_models() -> dict[str, PreTrainedModel]:
    """A random model of each kind, by kind."""
    return {kind: fakes.tiny(kind) for kind in fakes.KINDS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_models, tokenizer) -> Path:
    """A model folder with the tiny Llama."""
    path = tmp_path_factory.mktemp("models") / "tiny-llama"
    tiny_models["llama"].save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def llama(tiny_models, tokenizer) -> Iterator[fakes.PacedModel]:
    """The tiny Llama, paced. It holds nothing back until a test calls `hold`."""
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    yield model
    model.free()


@pytest.fixture
def engine(llama) -> Iterator[Engine]:
    """A started engine on the tiny Llama, with 50 MB for traces."""
    engine = Engine(llama, TraceStore(50_000_000)).start()
    yield engine
    llama.free()
    engine.close()


@pytest.fixture
def client(engine) -> Iterator[TestClient]:
    """A client of the routes beside Gradio's, without the guards. It uses the file's own engine if there is one."""
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def default_model() -> LanguageModel:
    """The default model in float32. Tests that use it have the mark `model`."""
    from playground.models.loading import load

    return load(dtype="float32")


@pytest.fixture(scope="session")
def default_in_16_bits() -> LanguageModel:
    """The default model in bfloat16, the default for models of more than a billion parameters."""
    from playground.models.loading import load

    return load(dtype="bfloat16")
