"""Answers requests for the last step of a model: a position's logits, a token's products, its neurons.

Knows the engine, its store and the jobs of `word`. A text is always a trace. `position` is the index of the token that
reads, whose last vector predicts the token after it.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from playground.engine.any_engine import AnyEngine
from playground.engine.shelf import Shelf
from playground.errors import PlaygroundError
from playground.inside import lens, word
from playground.inside.ending import ending
from playground.inside.layers import check_tokens, computed
from playground.inside.places import check_position, check_range
from playground.inside.reading import Reading, reading
from playground.inside.word import Products, Writings, check_neurons
from playground.models.language_model import LanguageModel
from playground.values import whole

SHELF_BYTES = 32 * 2**20
"""The room for readings and neurons: those of one position of the default model take 0.4 and 0.4 MB."""
MOST_PRODUCTS = 512
MOST_NEURONS = 200
MOST_PUSHED = 50


@dataclass(frozen=True)
class Facts:
    """What the table of a position is made of.

    Attributes:
        width: the number of products of a logit.
        dtype: the weights' dtype.
        after, formula: what the model does to its logits at the end, as in `Ending`.
        neurons: the number of neurons of each block, None if they are not known.
        reason: the sentence that says why, "" if they are known.
    """

    width: int
    dtype: str
    after: str
    formula: str
    neurons: list[int] | None
    reason: str


@dataclass(frozen=True)
class Neuron:
    """One neuron: its activation, what it adds to the logit when that is 1, and what it added (their product)."""

    layer: int
    neuron: int
    activation: float
    push: float
    value: float


@dataclass(frozen=True)
class Ranked:
    """The neurons that wrote most toward a token, and those that wrote most against it.

    Attributes:
        total: what all neurons wrote together; bias: what the feed-forwards' biases add to that.
        layers: what the neurons of each block wrote together.
    """

    toward: list[Neuron]
    against: list[Neuron]
    total: float
    bias: float
    layers: list[float]


@dataclass(frozen=True)
class Pushed:
    """What one neuron added to logits: the tokens that it pushed up and down most, and its mean over all tokens."""

    activation: float
    up: list[tuple[int, float]]
    down: list[tuple[int, float]]
    mean: float


class WordViews:
    """Answers for one engine's model and traces. Keeps results, within `max_bytes`, while their trace is kept."""

    def __init__(self, engine: AnyEngine, max_bytes: int = SHELF_BYTES) -> None:
        self._engine = engine
        self._store = engine.store
        self.shelf = Shelf(max_bytes)
        engine.on_gone.append(lambda: self.shelf.forget_unless(self._store.holds))
        engine.memory["words"] = lambda: self.shelf.nbytes

    async def facts(self, trace_id: str, position: int) -> Facts:
        """Returns what a position's table is made of. The text is read for it."""
        seen = await self._reading(trace_id, position)
        return await self._engine.call(partial(_facts, seen=seen))

    async def row(self, trace_id: str, position: int) -> np.ndarray:
        """Returns the (vocab,) float32 logits of the token after the one at `position`."""
        return (await self._reading(trace_id, position)).row

    async def products(self, trace_id: str, position: int, token_id: int, count: int) -> Products:
        """Returns a token's logit as a sum of products, with the `count` largest ones."""
        check_tokens(self._engine, token_id, None)
        whole("count", count, 1, MOST_PRODUCTS)
        seen = await self._reading(trace_id, position)
        return await self._engine.call(partial(word.products, seen=seen, token_id=token_id, count=count))

    async def neurons(
        self,
        trace_id: str,
        position: int,
        token_id: int,
        against: int | str | None,
        count: int,
        layer: int | None = None,
    ) -> Ranked:
        """Returns the `count` neurons that wrote most toward a token, and as many that wrote most against it.

        With a token `against`, they are those that wrote toward the first rather than the second. `word.MEAN` stands
        for the average of all tokens. With a `layer` only the neurons of that block are listed.
        """
        check_tokens(self._engine, token_id, against if isinstance(against, int) else None)
        whole("count", count, 1, MOST_NEURONS)
        seen = await self._reading(trace_id, position)
        if layer is not None:
            check_range("layer", layer, len(check_neurons(self._engine.model, seen).active), self._engine.model.name)
        job = partial(word.writings, seen=seen, token_id=token_id, against=against)
        key = (trace_id, "writings", str(position), str(token_id), str(against))
        told: Writings = await self.shelf.get(key, partial(computed, self._engine, job))
        return await self._engine.call(partial(_ranked, seen=seen, told=told, count=count, only=layer))

    async def pushed(self, trace_id: str, position: int, layer: int, neuron: int, count: int) -> Pushed:
        """Returns the `count` tokens whose logit a neuron raised most, and as many whose logit it lowered most."""
        whole("count", count, 1, MOST_PUSHED)
        seen = await self._reading(trace_id, position)
        active = check_neurons(self._engine.model, seen).active
        check_range("layer", layer, len(active), self._engine.model.name)
        check_range("neuron", neuron, len(active[layer]), f"layer {layer}")
        job = partial(word.pushed, seen=seen, layer=layer, neuron=neuron)
        shares: np.ndarray = await computed(self._engine, job)
        order = np.argsort(-shares, kind="stable")
        best, worst = order[:count].tolist(), order[::-1][:count].tolist()
        up, down = ([(token_id, float(shares[token_id])) for token_id in ids] for ids in (best, worst))
        return Pushed(float(active[layer][neuron]), up, down, float(shares.mean(dtype=float)))

    async def _reading(self, trace_id: str, position: int) -> Reading:
        ids = self._store.ids(trace_id)[0]
        check_position(position, len(ids))
        await self._engine.call(lens.after)  # refuses a model whose end is not found before the text is read
        key = (trace_id, "reading", str(position))
        job, source = partial(reading, ids=ids[: position + 1]), self._store.get(trace_id).source_ids
        return await self.shelf.get(key, partial(computed, self._engine, job, source))


def _facts(model: LanguageModel, seen: Reading) -> Facts:
    reason, sizes = "", None
    try:
        sizes = [len(one) for one in check_neurons(model, seen).active]
    except PlaygroundError as refusal:
        reason = str(refusal)
    end = ending(model)
    return Facts(len(seen.vector), model.dtype, end.after, end.formula, sizes, reason)


def _ranked(model: LanguageModel, seen: Reading, told: Writings, count: int, only: int | None) -> Ranked:
    active = check_neurons(model, seen).active
    values = np.concatenate(told.values)
    starts = np.cumsum([0, *map(len, told.values)])
    first, end = (0, len(values)) if only is None else (starts[only], starts[only + 1])
    order: list[int] = (first + np.argsort(-values[first:end], kind="stable")).tolist()

    def neuron(place: int) -> Neuron:
        layer = int(np.searchsorted(starts, place, side="right")) - 1
        own = int(place - starts[layer])
        return Neuron(layer, own, float(active[layer][own]), float(told.pushes[layer][own]), float(values[place]))

    toward = [neuron(place) for place in order[:count] if values[place] > 0]
    against = [neuron(place) for place in order[::-1][:count] if values[place] < 0]
    layers = [float(one.sum(dtype=float)) for one in told.values]
    return Ranked(toward, against, sum(layers), sum(told.biases), layers)
