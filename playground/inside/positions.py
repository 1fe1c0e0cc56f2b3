"""Says how a model knows the order of a text, from its modules and config, and what happens without that order.

Knows models. There are six ways: a sinusoidal or a learned vector for each position, which is added to the token's
(Vaswani et al. 2017); rotary pairs of numbers in queries and keys (Su et al. 2021); a bias for distance, fixed as in
ALiBi (Press et al. 2022) or learned as in T5 (Raffel et al. 2020); and none that is found here. A decoder of the last
kind still knows that a token sees only earlier ones.
"""

import sys
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from playground.inside.biases import Biases, relative_biases
from playground.inside.tables import first_row, position_tables
from playground.models.language_model import LanguageModel
from playground.models.masked_model import MaskedModel

Model = LanguageModel | MaskedModel
SINUSOIDAL, LEARNED, ROTARY, ALIBI, RELATIVE, NONE = KINDS = (
    "sinusoidal",
    "learned",
    "rotary",
    "alibi",
    "relative",
    "none",
)
SHOWN = 64
"""The most positions whose learned vectors are compared, spread over the whole table."""
SLICE_TOKENS = 128
FREQUENCIES = "inv_freq"
"""transformers' name of the buffer that holds how fast each rotary pair turns, sometimes with a word before it."""


@dataclass(frozen=True)
class Turning:
    """How fast the rotary pairs turn, in radians for each position. `name` tells which layers, "" for all."""

    name: str
    frequencies: tuple[float, ...]


@dataclass(frozen=True)
class Positions:
    """How a model knows the order of a text.

    Attributes:
        model: the model's name.
        kind: one of `KINDS`.
        width: the numbers in a vector of the residual stream's first table.
        head_width: the numbers in one head's query.
        heads, window: of the model.
        turning: for rotary: one for each kind of layers that turns in its own way.
        scaling: for rotary: how the speeds were changed for longer texts, such as "llama3"; "" if they were not.
        unturned: for rotary: the layers that do not turn at all.
        slopes: for ALiBi: the bias of each head for one token of distance, as a positive number.
        biases: for a learned bias: that of each table, of the encoder first.
        places: for a table: the positions that are compared.
        cosines: for a table: the cosine between the vectors of each two of them.
        first_row: for a learned table: the row of a text's first position; the rows before it stand for none.
        can_remove: whether the model can be told that all tokens stand at one position.
    """

    model: str
    kind: str
    width: int
    head_width: int
    heads: int
    window: int
    turning: tuple[Turning, ...]
    scaling: str
    unturned: tuple[int, ...]
    slopes: tuple[float, ...]
    biases: tuple[Biases, ...]
    places: tuple[int, ...]
    cosines: tuple[tuple[float, ...], ...]
    first_row: int
    can_remove: bool


@torch.inference_mode()
def positions(model: Model) -> Positions:
    """Returns how a model knows the order of a text. It is short enough for `engine.call`."""
    config = model.hf.config.get_text_config(decoder=model.takes_source or None)
    turning, slopes, biases = _turning(model.hf), _slopes(model), relative_biases(model.hf)
    table, is_fixed, start = _table(model)
    kind = NONE
    if table is not None:
        kind = SINUSOIDAL if is_fixed else LEARNED
    elif biases:
        kind = RELATIVE
    elif slopes:  # a model with this bias may still hold the speeds of pairs that it does not turn
        kind = ALIBI
    elif turning:
        kind = ROTARY
    places, cosines = ((), ()) if table is None else _compared(table)
    heads = config.num_attention_heads
    rope = getattr(config, "rope_parameters", None) or {}
    scaling = rope.get("rope_type", "default")
    turns = getattr(config, "no_rope_layers", None) or []
    return Positions(
        model=model.name,
        kind=kind,
        width=config.hidden_size,
        head_width=getattr(config, "head_dim", None) or config.hidden_size // heads,
        heads=heads,
        window=model.window,
        turning=turning if kind == ROTARY else (),
        scaling="" if scaling == "default" else scaling,
        unturned=tuple(number for number, turns_here in enumerate(turns) if not turns_here) if kind == ROTARY else (),
        slopes=slopes if kind == ALIBI else (),
        biases=biases if kind == RELATIVE else (),
        places=places,
        cosines=cosines,
        first_row=start,
        can_remove=kind not in (ALIBI, RELATIVE, NONE) and model.takes_positions,
    )


@dataclass(frozen=True, eq=False)
class Experiment:
    """What becomes of the next token, or of the token in the place of a mask.

    Attributes:
        ids: the ids of the text as it was read.
        moved: those in the other order.
        rows: (vocab,) float32 logits by name: "as it is", "moved", and "no positions" and "moved, no positions" if the
            model can be told positions.
    """

    ids: tuple[int, ...]
    moved: tuple[int, ...]
    rows: dict[str, np.ndarray]


AS_IT_IS, MOVED, REMOVED, BOTH = "as it is", "moved", "no positions", "moved, no positions"


def experiment(
    model: LanguageModel, ids: Sequence[int], moved: Sequence[int], can_remove: bool
) -> Generator[None, None, Experiment]:
    """Reads a text as it is, in another order, and both with all tokens told the position 0.

    Args:
        model: the model.
        ids: the text up to the token that reads.
        moved: the same ids in another order.
        can_remove: whether the model can be told positions.
    """
    rows: dict[str, np.ndarray] = {}
    for name, read, is_removed in _runs(ids, moved, can_remove):
        cache, last = model.new_cache(), None
        for start in range(0, len(read), SLICE_TOKENS):
            part = read[start : start + SLICE_TOKENS]
            places = [0] * len(part) if is_removed else list(range(start, start + len(part)))
            last = model.read_at(part, places, cache) if can_remove else model.read(part, cache)[-1]
            yield
        assert last is not None, "a text has at least one token"
        rows[name] = last.cpu().numpy()
    return Experiment(tuple(ids), tuple(moved), rows)


def experiment_on_blank(
    model: MaskedModel, ids: Sequence[int], places: Sequence[int], at: int, can_remove: bool
) -> Generator[None, None, Experiment]:
    """Reads a text of an encoder-only model with one token masked, in the same runs as `experiment`.

    Args:
        model: the model.
        ids: the whole text.
        places: the places of its tokens in another order.
        at: the place of the token that is masked.
        can_remove: whether the model can be told positions. They are then those of the first token.
    """
    mask = model.mask_id
    assert mask is not None, "a model without a mask token is refused before"
    own = [*ids[:at], mask, *ids[at + 1 :]]
    moved = [own[place] for place in places]
    rows: dict[str, np.ndarray] = {}
    for name, read, is_removed in _runs(own, moved, can_remove):
        told = [model.first_position] * len(read) if is_removed else None
        rows[name] = model.logits([read], told)[0, at if read is own else list(places).index(at)].cpu().numpy()
        yield
    return Experiment(tuple(own), tuple(moved), rows)


def _runs(ids: Sequence[int], moved: Sequence[int], can_remove: bool) -> Iterator[tuple[str, Sequence[int], bool]]:
    """Yields each run's name, what is read, and whether all its tokens are told one position."""
    yield from ((AS_IT_IS, ids, False), (MOVED, moved, False))
    if can_remove:
        yield from ((REMOVED, ids, True), (BOTH, moved, True))


def other_order(starts: Sequence[bool], framing: Collection[int], at: int, order: str) -> tuple[int, ...]:
    """Returns the places of a text's tokens with its words in another order. The word of the token that is looked at
    stays where it is among the words.

    Args:
        starts: whether each token begins a word; the tokens of a word stay together.
        framing: the places of tokens that stay and belong to no word, such as a start token.
        at: the place of the token that is looked at.
        order: "reversed", or "shuffled" in a way that is the same for the same text.
    """
    words: list[list[int]] = []
    for place, is_start in enumerate(starts):
        if is_start or not words or place in framing or place - 1 in framing:
            words.append([])
        words[-1].append(place)
    free = [number for number, word in enumerate(words) if at not in word and word[0] not in framing]
    mixed = [words[number] for number in free]
    if order == "reversed":
        mixed.reverse()
    else:
        np.random.default_rng(len(starts)).shuffle(mixed)
    for number, word in zip(free, mixed, strict=True):
        words[number] = word
    return tuple(place for word in words for place in word)


def _turning(hf: PreTrainedModel) -> tuple[Turning, ...]:
    """Returns the speeds of the rotary pairs: those of transformers' buffers, or of GPT-J's table of sines."""
    found: dict[str, torch.Tensor] = {}
    for path, buffer in hf.get_decoder().named_buffers():
        name = path.rpartition(".")[2]
        if name.endswith(FREQUENCIES) and "original" not in name:
            found.setdefault(name.removesuffix(FREQUENCIES).strip("_").replace("_", " "), buffer)
        elif name == "embed_positions" and hasattr(hf.config, "rotary_dim"):
            found.setdefault("", buffer[1, : buffer.shape[1] // 2].asin())  # one position further is one turn
    return tuple(Turning(name, tuple(buffer.float().flatten().tolist())) for name, buffer in sorted(found.items()))


def _slopes(model: Model) -> tuple[float, ...]:
    """Returns the slopes of ALiBi, from the model's own function; empty if it has none."""
    hf = model.hf
    config = hf.config.get_text_config()
    of_model = sys.modules[type(hf).__module__]
    heads = config.num_attention_heads
    if hasattr(of_model, "build_mpt_alibi_tensor"):
        if not config.attn_config.alibi:
            return ()
        bias = of_model.build_mpt_alibi_tensor(heads, 2, config.attn_config.alibi_bias_max)
    elif hasattr(of_model, "build_alibi_tensor") and getattr(config, "alibi", True):
        bias = of_model.build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)
    else:
        return ()
    two = bias.reshape(heads, -1)[:, -2:].float()
    return tuple((two[:, 1] - two[:, 0]).tolist())


def _table(model: Model) -> tuple[torch.Tensor | None, bool, int]:
    """Returns the vectors of the positions, (position, width), or None; whether they are fixed sines; and the row of
    the first one."""
    for table in position_tables(model.hf):
        start = first_row(table, model.hf)
        vectors = table.weight[start : start + model.window]
        return vectors, "Sinusoidal" in type(table).__name__, start
    for module in model.hf.modules():
        weights = getattr(module, "weights", None)
        if "Sinusoidal" in type(module).__name__ and isinstance(weights, torch.Tensor):
            return weights[weights.shape[0] - model.window :], True, 0
    return None, False, 0


def _compared(table: torch.Tensor) -> tuple[tuple[int, ...], tuple[tuple[float, ...], ...]]:
    """Returns some positions of a table, and the cosines between their vectors."""
    count = min(SHOWN, len(table))
    places = [round(number * (len(table) - 1) / max(1, count - 1)) for number in range(count)]
    chosen = torch.nn.functional.normalize(table[places].float(), dim=-1)
    return tuple(places), tuple(tuple(round(value, 4) for value in row) for row in (chosen @ chosen.T).tolist())
