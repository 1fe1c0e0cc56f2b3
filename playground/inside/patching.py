"""Copies the residual stream of one text into another, one block and one position at a time (Meng et al. 2022).

The two texts have equally many tokens and differ in a few. The "clean" one is the text that has the answer; the
"corrupted" one has another. Where a copied vector brings the answer back, the difference between the texts is written.

A model with an encoder has two sources for one text of its decoder. The vectors of both stacks are copied.

Knows models and their parts. Does not know traces, threads or pages.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache

from playground.inside.attribution import nothing_told
from playground.inside.gradients import PIECE_TOKENS, Told
from playground.models.cache_layers import for_rows
from playground.models.encoder import encode, encoder_blocks
from playground.models.language_model import LanguageModel
from playground.models.parts import first, parts
from playground.models.split import check_whole

LEAST_NATS = 1e-3
"""Texts after which the answer's log-probabilities differ by less have nothing to bring back."""


@dataclass(frozen=True)
class Patches:
    """What came back, for each block and position.

    Attributes:
        answer: the id of the token whose log-probability is measured.
        clean, corrupted: the log-probability of the answer after each text, in nats.
        logprobs: by block and position, after the corrupted text with that one vector copied. For a model with an
            encoder these are the blocks of the decoder and the positions of its text.
        source_logprobs: the same for the encoder's blocks and the positions of the source; empty without an encoder.
    """

    answer: int
    clean: float
    corrupted: float
    logprobs: tuple[tuple[float, ...], ...]
    source_logprobs: tuple[tuple[float, ...], ...] = ()

    @property
    def recovered(self) -> list[list[float]]:
        """The share of the difference that came back: 0 is nothing, 1 is all of it."""
        return self._shares(self.logprobs)

    @property
    def source_recovered(self) -> list[list[float]]:
        """The same for the encoder's blocks."""
        return self._shares(self.source_logprobs)

    def _shares(self, logprobs: tuple[tuple[float, ...], ...]) -> list[list[float]]:
        whole = self.clean - self.corrupted
        return [[(value - self.corrupted) / whole for value in row] for row in logprobs]

    @property
    def differs(self) -> bool:
        """Whether there is a difference to bring back."""
        return abs(self.clean - self.corrupted) >= LEAST_NATS

    @property
    def nbytes(self) -> int:
        """About the bytes that it holds."""
        return 256 + sum(32 * len(row) for row in (*self.logprobs, *self.source_logprobs))


Pieces = Generator[None, None, Patches]


def patching(
    model: LanguageModel,
    clean: Sequence[int],
    corrupted: Sequence[int],
    answer: int | None = None,
    told: Told = nothing_told,
) -> Pieces:
    """A job: measures the answer after each copy. It yields between pieces of about `PIECE_TOKENS` tokens.

    Positions before the first different token hold the same vectors in both texts, so they are not run.

    Args:
        clean, corrupted: equally many ids, not all equal.
        answer: None for the token that the model finds most probable after the clean text.
    """
    check_whole(model.hf, model.name)
    blocks = [block.module for block in parts(model.hf, model.name).check_blocks()]
    size = len(clean)
    begins = next(place for place in range(size) if clean[place] != corrupted[place])
    of = len(blocks) * (size - begins)
    told(0, of)
    with outputs(blocks) as states:
        clean_logprobs = _logprobs(model, clean, model.new_cache())[0]
    yield
    if answer is None:
        answer = int(clean_logprobs.argmax())
    unchanged = _logprobs(model, corrupted, model.new_cache())[0, answer].item()
    patched = _Patched(model, answer, unchanged, lambda done: told(done, of))
    logprobs = yield from patched.of_text(blocks, states, corrupted, model.new_cache(), begins)
    return Patches(answer, clean_logprobs[answer].item(), unchanged, logprobs)


def source_patching(
    model: LanguageModel,
    clean: Sequence[int],
    corrupted: Sequence[int],
    ids: Sequence[int],
    answer: int | None = None,
    told: Told = nothing_told,
) -> Pieces:
    """A job: does what `patching` does for two sources of a model with an encoder, and copies vectors of both stacks.

    Every position of the source and of the decoder's text is run, because the encoder looks in both directions.

    Args:
        clean, corrupted: equally many ids of sources, not all equal.
        ids: what the decoder has read, the same for both sources.
    """
    blocks = [block.module for block in parts(model.hf, model.name).check_blocks()]
    encoder = encoder_blocks(model)
    of = len(blocks) * len(ids) + len(encoder) * len(clean)
    told(0, of)
    with outputs(encoder) as source_states:
        cache = model.cache_from(encode(model, clean, "eager"))  # it may run the decoder, which is not noted
    with outputs(blocks) as states:
        clean_logprobs = _logprobs(model, ids, cache)[0]
    yield
    if answer is None:
        answer = int(clean_logprobs.argmax())
    encoded = encode(model, corrupted, "eager")
    unchanged = _logprobs(model, ids, model.cache_from(encoded))[0, answer].item()
    patched = _Patched(model, answer, unchanged, lambda done: told(done, of))
    source_logprobs = yield from patched.of_source(encoder, source_states, corrupted, ids)
    logprobs = yield from patched.of_text(blocks, states, ids, model.cache_from(encoded), 0)
    return Patches(answer, clean_logprobs[answer].item(), unchanged, logprobs, source_logprobs)


Rows = tuple[tuple[float, ...], ...]


class _Patched:
    """Runs the corrupted text with copied vectors, and counts the runs."""

    def __init__(self, model: LanguageModel, answer: int, unchanged: float, told: Callable[[int], None]) -> None:
        self._model, self._answer, self._unchanged = model, answer, unchanged
        self._told, self._done = told, 0

    def of_text(
        self,
        blocks: Sequence[nn.Module],
        states: Sequence[torch.Tensor],
        ids: Sequence[int],
        cache: DynamicCache,
        begins: int,
    ) -> Generator[None, None, Rows]:
        """Returns the answer's log-probabilities by block and position. Those before `begins` are not run.

        What stands before the copied position is read once for all blocks, into the empty `cache`.
        """
        size = len(ids)
        logprobs = [[self._unchanged] * size for _ in blocks]
        for position in range(begins, size):
            if position > cache.get_seq_length():
                self._model.prefill(ids[cache.get_seq_length() : position], cache)
            at_once = max(1, PIECE_TOKENS // (size - position))
            for start in range(0, len(blocks), at_once):
                yield
                numbers = range(start, min(start + at_once, len(blocks)))
                copies = {number: ([row], [0], states[number][[position]]) for row, number in enumerate(numbers)}
                with copied(blocks, copies):
                    after = _logprobs(self._model, ids[position:], for_rows(cache, len(numbers)), len(numbers))
                for number, logprob in zip(numbers, self._count(after), strict=True):
                    logprobs[number][position] = logprob
        return tuple(map(tuple, logprobs))

    def of_source(
        self, blocks: Sequence[nn.Module], states: Sequence[torch.Tensor], source: Sequence[int], ids: Sequence[int]
    ) -> Generator[None, None, Rows]:
        """Returns the same for the encoder's blocks and the source's positions. The decoder then reads `ids` anew."""
        at_once = max(1, PIECE_TOKENS // (len(source) + len(ids)))
        logprobs: list[list[float]] = [[] for _ in blocks]
        for number, found in enumerate(logprobs):
            for start in range(0, len(source), at_once):
                yield
                places = list(range(start, min(start + at_once, len(source))))
                rows = range(len(places))
                with copied(blocks, {number: (rows, places, states[number][places])}):
                    encoded = encode(self._model, source, "eager", len(places))
                found += self._count(_logprobs(self._model, ids, self._model.cache_from(encoded), len(places)))
        return tuple(map(tuple, logprobs))

    def _count(self, logprobs: torch.Tensor) -> list[float]:
        self._done += len(logprobs)
        self._told(self._done)
        return logprobs[:, self._answer].tolist()


Copy = tuple[Sequence[int], Sequence[int], torch.Tensor]
"""Rows and positions of a forward, and the vectors that are put there."""


@contextmanager
def copied(blocks: Sequence[nn.Module], copies: Mapping[int, Copy]) -> Iterator[None]:
    """In the block, these blocks' outputs have the given vectors at the given rows and positions."""

    def hook_of(copy: Copy) -> Callable[[nn.Module, Any, Any], Any]:
        rows, positions, vectors = copy

        def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:
            changed = first(output).clone()
            changed[rows, positions] = vectors
            return (changed, *output[1:]) if isinstance(output, tuple) else changed

        return hook

    hooks = [blocks[number].register_forward_hook(hook_of(copy)) for number, copy in copies.items()]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()


@contextmanager
def outputs(blocks: Sequence[nn.Module]) -> Iterator[list[torch.Tensor]]:
    """In the block, a forward of one row notes each block's output, (position, width), in the list."""
    seen: list[torch.Tensor] = []

    def see(_module: nn.Module, _inputs: Any, output: Any) -> None:
        seen.append(first(output)[0])

    hooks = [block.register_forward_hook(see) for block in blocks]
    try:
        yield seen
    finally:
        for handle in hooks:
            handle.remove()


def _logprobs(model: LanguageModel, ids: Sequence[int], cache: DynamicCache, rows: int = 1) -> torch.Tensor:
    """Reads equal rows of `ids` after the tokens in `cache`. Returns (row, vocab) log-probabilities after them."""
    return model.extend([ids] * rows, cache).float().log_softmax(-1)
