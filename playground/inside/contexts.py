"""Compares the vectors of two tokens in their texts, layer by layer: the same word in two sentences comes apart.

Knows models, their parts and the engine. A text is read in slices, so that other texts can take their steps in between.
Layer 0 is what enters the first block, layer k is what leaves block k; the final norm is not applied. An encoder reads
a text at once: the vectors of an encoder-only model are those that its head would read, and those of an encoder–decoder
are its encoder's hidden states, of which the last is what the decoder reads.
"""

from collections.abc import AsyncGenerator, Collection, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from transformers import DynamicCache

from playground.engine.reader import Reader
from playground.engine.shelf import Key
from playground.errors import PlaygroundError
from playground.inside.embeddings import shelf_of
from playground.inside.places import check_position
from playground.models.encoder import encoder_states
from playground.models.language_model import LanguageModel
from playground.models.masked_model import MaskedModel
from playground.models.memory import give_back_soon
from playground.models.parts import first, parts

MOST_TOKENS = 512
SLICE_TOKENS = 128


class Place(NamedTuple):
    """One token of a text. `position` counts from 0."""

    ids: tuple[int, ...]
    position: int


class Progress(NamedTuple):
    """How many slices of the texts have been read."""

    done: int
    of: int


@dataclass(frozen=True, eq=False)
class Vectors:
    """What was read of one text.

    Attributes:
        chosen: (layer, width) float32, the vectors of the chosen token.
        others: (layer, width) float32, the mean over the unit vectors of all tokens but the chosen one and those on
            which attention rests, see `Reading`; None if there are no others.
    """

    chosen: torch.Tensor
    others: torch.Tensor | None

    @property
    def nbytes(self) -> int:
        """The bytes of both."""
        return self.chosen.nbytes + (0 if self.others is None else self.others.nbytes)


class Reading:
    """Reads a text slice by slice and keeps the vectors of one token, and the sum of the directions of the others.

    The first token is none of the others, because many models use it as a resting place.
    """

    def __init__(self, place: Place) -> None:
        self.slices = -(-len(place.ids) // SLICE_TOKENS)
        self.read = 0
        self._place = place
        self._left_out = {0, place.position}
        self._cache: DynamicCache | None = None
        self._chosen: dict[int, torch.Tensor] = {}
        self._sums: dict[int, torch.Tensor] = {}

    def go_on(self, model: LanguageModel) -> Generator[None, None, None]:
        """Reads the next slice. This is a job for the engine's thread."""
        start = self.read * SLICE_TOKENS
        blocks = [block.module for block in parts(model.hf, model.name).check_blocks()]
        hooks = [blocks[0].register_forward_pre_hook(self._enters(start), with_kwargs=True)]
        for layer, block in enumerate(blocks, start=1):
            hooks.append(block.register_forward_hook(self._leaves(layer, start)))
        try:
            self._cache = self._cache or model.new_cache()
            model.prefill(self._place.ids[start : start + SLICE_TOKENS], self._cache)
        finally:
            for hook in hooks:
                hook.remove()
        self.read += 1
        yield

    def vectors(self) -> Vectors:
        """Returns what was read, once all slices are."""
        layers = sorted(self._chosen)
        others = len(self._place.ids) - len(self._left_out)
        return Vectors(
            torch.stack([self._chosen[layer] for layer in layers]),
            torch.stack([self._sums[layer] for layer in layers]) / others if others else None,
        )

    def _enters(self, start: int) -> Any:
        def hook(_module: Any, args: Any, kwargs: Any) -> None:
            self._take(0, start, args[0] if args else kwargs["hidden_states"])

        return hook

    def _leaves(self, layer: int, start: int) -> Any:
        return lambda _module, _args, output: self._take(layer, start, first(output))

    def _take(self, layer: int, start: int, hidden: torch.Tensor) -> None:
        vectors = hidden[0].float()
        at = self._place.position - start
        if 0 <= at < len(vectors):
            self._chosen[layer] = vectors[at].cpu().clone()
        counts = torch.ones(len(vectors), 1, device=vectors.device)
        for left_out in self._left_out:
            if 0 <= left_out - start < len(vectors):
                counts[left_out - start] = 0
        directions = (torch.nn.functional.normalize(vectors, dim=1) * counts).sum(0).cpu()
        self._sums[layer] = self._sums.get(layer, 0) + directions


class WholeReading(Reading):
    """Reads a text with an encoder, which sees all of it at once.

    None of its special tokens, such as [CLS], [SEP] and </s>, is one of the others.
    """

    def __init__(self, place: Place, special: Collection[int]) -> None:
        super().__init__(place)
        self.slices = 1
        self._left_out = {at for at, token_id in enumerate(place.ids) if token_id in special} | {place.position}

    def go_on(self, model: Any) -> Generator[None, None, None]:
        """Reads the text with a `MaskedModel`, or the encoder of a model. This is a job for the engine's thread."""
        ids = self._place.ids
        states = model.states(ids) if isinstance(model, MaskedModel) else encoder_states(model, ids)
        for layer, vectors in enumerate(states):
            self._take(layer, 0, vectors[None])
        self.read += 1
        yield


async def compared(engine: Reader[Any], places: Sequence[Place]) -> AsyncGenerator[Progress | list[dict[str, Any]]]:
    """Yields the progress of the reading, and then the answer as plain JSON values.

    The answer has, for each place after the first, how it compares with the first: `{cosines, others}`. `cosines` has a
    number for each layer. `others` has the mean cosine of all other pairs of a token of the one text and a token of the
    other, without the tokens that models use as resting places: the first of each text, or the special ones of an
    encoder's. It is null if there is no such pair.

    Raises:
        PlaygroundError: the model's blocks are not found.
    """
    model = engine.model
    shelf = shelf_of(engine)
    sources: list[Vectors | Reading] = [shelf.peek(_key(place)) or _begun(model, place) for place in places]
    of = sum(source.slices for source in sources if isinstance(source, Reading))
    done, found = 0, list[Vectors]()
    try:
        for place, source in zip(places, sources, strict=True):
            if isinstance(source, Vectors):
                found.append(source)
                continue
            async with engine.held(partial(_same, source)) as reading:
                for _ in range(source.slices):
                    yield Progress(done, of)
                    await reading.work(_go_on, place.ids if model.takes_source else ())
                    done += 1
                vectors = await reading.look(_vectors)
            found.append(await shelf.get(_key(place), partial(_given, vectors)))
    finally:
        if of:
            give_back_soon()
    yield [_pair(found[0], other) for other in found[1:]]


def _same(reading: Reading, _model: Any) -> Reading:
    return reading


def _go_on(model: Any, reading: Reading) -> Generator[None, None, None]:
    return reading.go_on(model)


def _vectors(_model: Any, reading: Reading) -> Vectors:
    return reading.vectors()


def check_place(engine: Reader[Any], ids: Sequence[int], position: int) -> Place:
    """Returns the place of a token in a text.

    Raises:
        PlaygroundError: the text is empty or too long, or has no such position.
    """
    model = engine.model
    most = min(MOST_TOKENS, model.source_window if model.takes_source else model.window)
    if not ids:
        raise PlaygroundError("A text is empty. Write one.")
    if len(ids) > most:
        raise PlaygroundError(
            f"A text has {len(ids):,} tokens, and two tokens are compared in texts of at most {most}. "
            f"Shorten it by {len(ids) - most:,}.",
            status=413,
        )
    check_position(position, len(ids))
    return Place(tuple(ids), position)


def _begun(model: LanguageModel | MaskedModel, place: Place) -> Reading:
    if isinstance(model, MaskedModel):
        return WholeReading(place, model.special_ids)
    return WholeReading(place, model.tokenizer.hf.all_special_ids) if model.takes_source else Reading(place)


def _key(place: Place) -> Key:
    return place.ids, "vectors", place.position


async def _given(vectors: Vectors) -> Vectors:
    return vectors


def _pair(one: Vectors, other: Vectors) -> dict[str, Any]:
    cosines = torch.nn.functional.cosine_similarity(one.chosen, other.chosen, dim=1).clamp(-1, 1)
    means = None
    if one.others is not None and other.others is not None:
        means = (one.others * other.others).sum(1).tolist()
    return {"cosines": cosines.tolist(), "others": means}
