"""A server with several tiny models: two of one vocabulary, one of another, and one that cannot be loaded."""

from collections.abc import Iterator
from contextlib import contextmanager

from transformers import PreTrainedModel

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.models.offer import Offer
from playground.traces.store import TraceStore
from tests import fakes

OTHER_MERGES = ["h e", "Ġ o", "i n", "n e"]
KINDS = {"one": "llama", "two": "gpt2", "three": "qwen2"}
BROKEN = "broken cannot be read. Choose another model."


@contextmanager
def tiny_engines(tiny_models: dict[str, PreTrainedModel]) -> Iterator[tuple[Engines, dict[str, fakes.PacedModel]]]:
    """Yields engines of the models "one", "two", "three" and "broken", of which the first is loaded, and the models."""
    models = {
        name: fakes.PacedModel(
            tiny_models[kind], fakes.byte_level_tokenizer(OTHER_MERGES if name == "three" else fakes.MERGES), name
        )
        for name, kind in KINDS.items()
    }
    store, started = TraceStore(50_000_000), []

    def start(offer: Offer, most_bytes: int) -> tuple[Engine, int]:
        started.append(Engine(offer.load(), store).start())
        return started[-1], 0

    def broken() -> fakes.PacedModel:
        raise PlaygroundError(BROKEN)

    offers = [Offer(name, 38_000, "float32", "cpu", 1, lambda model=model: model) for name, model in models.items()]
    engines = Engines([*offers, Offer("broken", 38_000, "float32", "cpu", 1, broken)], store, Speed(), start, 2**40)
    engines.hold("one", *start(offers[0], 0))
    try:
        yield engines, models
    finally:
        for engine in started:
            engine.model.free()
            engine.close()
