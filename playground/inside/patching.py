"""Copies the residual stream of one text into another, one block and one position at a time (Meng et al. 2022).

The two texts have equally many tokens and differ in a few. The "clean" one is the text that has the answer; the
"corrupted" one has another. Where a copied vector brings the answer back, the difference between the texts is written.

Knows models and their parts. Does not know traces, threads or pages.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache

from playground.inside.attribution import PIECE_TOKENS, Told, nothing_told
from playground.models.cache_layers import for_rows
from playground.models.language_model import LanguageModel
from playground.models.parts import first, parts

LEAST_NATS = 1e-3
"""Texts after which the answer's log-probabilities differ by less have nothing to bring back."""


@dataclass(frozen=True)
class Patches:
    """What came back, for each block and position.

    Attributes:
        answer: the id of the token whose log-probability is measured.
        clean, corrupted: the log-probability of the answer after each text, in nats.
        logprobs: by block and position, after the corrupted text with that one vector copied.
    """

    answer: int
    clean: float
    corrupted: float
    logprobs: tuple[tuple[float, ...], ...]

    @property
    def recovered(self) -> list[list[float]]:
        """The share of the difference that came back: 0 is nothing, 1 is all of it."""
        whole = self.clean - self.corrupted
        return [[(value - self.corrupted) / whole for value in row] for row in self.logprobs]

    @property
    def differs(self) -> bool:
        """Whether there is a difference to bring back."""
        return abs(self.clean - self.corrupted) >= LEAST_NATS

    @property
    def nbytes(self) -> int:
        """About the bytes that it holds."""
        return 256 + sum(32 * len(row) for row in self.logprobs)


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
    What stands before the copied position is read once for all blocks.

    Args:
        clean, corrupted: equally many ids, not all equal.
        answer: None for the token that the model finds most probable after the clean text.
    """
    blocks = [block.module for block in parts(model.hf, model.name).check_blocks()]
    size = len(clean)
    begins = next(place for place in range(size) if clean[place] != corrupted[place])
    of = len(blocks) * (size - begins)
    told(0, of)
    states, clean_logprobs = _outputs(model, clean, blocks)
    yield
    if answer is None:
        answer = int(clean_logprobs.argmax())
    unchanged = _logprobs(model, corrupted, model.new_cache())[0, answer].item()
    logprobs = [[unchanged] * size for _ in blocks]
    cache, done = model.new_cache(), 0
    for position in range(begins, size):
        if position > cache.get_seq_length():
            model.prefill(corrupted[cache.get_seq_length() : position], cache)
        at_once = max(1, PIECE_TOKENS // (size - position))
        for start in range(0, len(blocks), at_once):
            yield
            numbers = range(start, min(start + at_once, len(blocks)))
            copies = {number: ([row], [0], states[number][[position]]) for row, number in enumerate(numbers)}
            with copied(blocks, copies):
                after = _logprobs(model, corrupted[position:], for_rows(cache, len(numbers)), len(numbers))
            for number, logprob in zip(numbers, after[:, answer].tolist(), strict=True):
                logprobs[number][position] = logprob
            done += len(numbers)
            told(done, of)
    return Patches(answer, clean_logprobs[answer].item(), unchanged, tuple(map(tuple, logprobs)))


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


def _outputs(
    model: LanguageModel, ids: Sequence[int], blocks: Sequence[nn.Module]
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Reads a text once. Returns each block's output, (position, width), and the (vocab,) log-probabilities."""
    seen: list[torch.Tensor] = []

    def see(_module: nn.Module, _inputs: Any, output: Any) -> None:
        seen.append(first(output)[0])

    hooks = [block.register_forward_hook(see) for block in blocks]
    try:
        logprobs = _logprobs(model, ids, model.new_cache())[0]
    finally:
        for handle in hooks:
            handle.remove()
    return seen, logprobs


def _logprobs(model: LanguageModel, ids: Sequence[int], cache: DynamicCache, rows: int = 1) -> torch.Tensor:
    """Reads equal rows of `ids` after the tokens in `cache`. Returns (row, vocab) log-probabilities after them."""
    return model.extend([ids] * rows, cache).float().log_softmax(-1)
