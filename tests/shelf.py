"""Engines of several tiny models, for tests: not all have one vocabulary, and each is loaded in a moment."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from starlette.testclient import TestClient
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.peers import Peers
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.offer import Offer
from playground.traces.store import TraceStore
from playground.web.routes.beside_gradio import add_routes
from tests import fakes

WEIGHTS = 1000 * 2**20
"""What each model is said to take, so that a shelf can be as small as a test needs."""
NAMES = ("first", "second", "third")
PACED = {"one": "llama", "two": "gpt2", "three": "qwen2"}
"""The models of `paced_shelf`: the first two have one vocabulary."""
BROKEN = "broken cannot be read. Choose another model."


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Builds a tokenizer of bytes without merges, so that its ids are others than those of `fakes`."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet(), reverse=True)
    pieces = ["<s>", "</s>", *alphabet]
    backend = Tokenizer(models.BPE(vocab={piece: number for number, piece in enumerate(pieces)}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")


def tiny_language_models(tiny_models: dict[str, PreTrainedModel]) -> dict[str, Callable[[], LanguageModel]]:
    """Returns what loads each of the three models, by its name."""
    parts = {
        "first": (tiny_models["llama"], fakes.byte_level_tokenizer()),
        "second": (tiny_models["gpt2"], byte_tokenizer()),
        "third": (tiny_models["qwen2"], fakes.byte_level_tokenizer()),
    }

    def loader(name: str) -> Callable[[], LanguageModel]:
        hf, tokenizer = parts[name]
        return lambda: LanguageModel(copy.deepcopy(hf), tokenizer, name)

    return {name: loader(name) for name in NAMES}


def shelf(loaders: dict[str, Callable[[], LanguageModel]], room: int = 3, store: TraceStore | None = None) -> Engines:
    """Returns the engines of these models, of which `room` fit into the memory at once. None is loaded yet."""
    kept, speed, peers = store or TraceStore(50_000_000), Speed(), Peers[Engine]()
    offers = [Offer(name, 1000, "float32", "cpu", WEIGHTS, load) for name, load in loaders.items()]

    def start(offer: Offer, most_bytes: int) -> tuple[Engine, int]:
        return Engine(offer.load(), kept, peers=peers, speed=speed).start(), 300 * 2**20

    return Engines(offers, kept, speed, start, memory=room * (WEIGHTS + 300 * 2**20))


@contextmanager
def paced_shelf(tiny_models: dict[str, PreTrainedModel]) -> Iterator[tuple[Engines, dict[str, fakes.PacedModel]]]:
    """Yields engines of the models of `PACED` and of one that cannot be loaded, "broken", and the models by name.

    The first one is loaded.
    """
    models = {
        name: fakes.PacedModel(
            tiny_models[kind], byte_tokenizer() if name == "three" else fakes.byte_level_tokenizer(), name
        )
        for name, kind in PACED.items()
    }
    loaders = {name: lambda model=model: model for name, model in models.items()}
    engines = shelf({**loaders, "broken": _broken}, room=len(PACED) + 1)
    engines.hold("one", *engines._start(engines.offers[0], 0))
    try:
        yield engines, models
    finally:
        for model in models.values():
            model.free()
        engines.close()


def _broken() -> LanguageModel:
    raise PlaygroundError(BROKEN)


@contextmanager
def client_of(engines: Engines) -> Iterator[TestClient]:
    """Yields a client of the routes beside Gradio's."""
    app = FastAPI()
    add_routes(app, engines)
    with TestClient(app) as client:
        yield client
