"""Shares the free memory of the model's device out, when the server starts: texts, recorded steps, searches and more.

Knows the model and the limits. Does not know requests, threads or pages. What is measured is free memory and the
model's own caches; from what is free, what forwards need is kept back, and the rest is divided.
"""

from dataclasses import dataclass, replace

from playground.engine.request import OPTIONS, Limits, Tokens
from playground.errors import PlaygroundError
from playground.models.device_memory import REMEDY, free_bytes, gib, shares_host_memory
from playground.models.footprint import LEAST_ROWS, LEAST_TEXT, TEXTS_IN_PARTS, Footprint, footprint, text_shares
from playground.models.language_model import LanguageModel
from playground.models.spread import brought_bytes, is_spread
from playground.traces.store import ATTENTION_SHARE

SEARCHES = 2
"""The number of beam searches that run at once on one engine; others wait for their turn."""
MOST_BEAMS, TREE_ROWS, LABEL_ROWS = 16, 16, 64
"""The rows whose states are planned for: of a beam search, of a forward of the whole tree, and of one over labels."""
SINGLE_TEXTS = 2
"""The texts that are read beside the running ones, for a look, a score or the prompt of a search."""
TOLD_TOKENS = 2048
"""The length of the texts in the sentence that says how many there is room for."""
RECORDED = "recorded steps"
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Share:
    """One part of the memory.

    Attributes:
        name: what it is for, as it is printed.
        weight: its part of what is left when each share has its least, in proportion to the other weights.
        least: the bytes that it always has.
        most: the bytes that it can use; the limits allow no more.
    """

    name: str
    weight: int
    least: int
    most: int


@dataclass(frozen=True)
class Measured:
    """What the plan is made from.

    Attributes:
        name, device: the model's name, and the name of its device.
        footprint: what the model's texts take.
        free: the bytes that are free on the device.
        shares_host_memory: whether what is kept on the host takes of the same memory.
    """

    name: str
    device: str
    footprint: Footprint
    free: int
    shares_host_memory: bool


@dataclass(frozen=True)
class MemoryPlan:
    """How the memory is shared out. All sizes are bytes.

    Attributes:
        limits: the server's limits, made smaller where they do not fit.
        cache_bytes: the memory for kept prefixes.
        trace_bytes: the memory for recorded steps, whose rows of logits and attention stay on the device.
        attention_bytes: the part of it that attention keeps when all of it is taken.
        parts: the size of every share by its name, then what is kept back for computing, and what is left to others.
            Together they are what was free.
        sentences: what is printed: the room, then each limit that was made smaller.
    """

    limits: Limits
    cache_bytes: int
    trace_bytes: int
    attention_bytes: int
    parts: dict[str, int]
    sentences: tuple[str, ...]

    @property
    def used(self) -> int:
        """The bytes of all shares and of computing: what was free, without what is left to other programs."""
        return sum(self.parts.values()) - self.parts["other programs"]


def measured(model: LanguageModel) -> Measured:
    """Measures a loaded model and its device.

    Of a model on several devices, a plan for one is made that holds on each of them: texts take there what they take
    where most of their keys and values are, and as much is free as where least is free.
    """
    device, size = model.hf.device, footprint(model.hf)
    free = free_bytes(device) - brought_bytes(model.hf)
    if is_spread(model.hf):
        shares = text_shares(model.hf)
        size = size.on_one(max(shares.values()))
        free = min([free, *(free_bytes(other) for other in shares if other != device)])
    return Measured(model.name, model.device, size, free, shares_host_memory(device))


def make_plan(found: Measured, limits: Limits, cache_bytes: int, trace_bytes: int) -> MemoryPlan:
    """Returns the plan for what was found. The other arguments say what the server may use at most.

    Raises:
        PlaygroundError: there is no room for texts of a few hundred tokens.
    """
    size = found.footprint
    longest, recorded_least = _longest(found, limits, trace_bytes)
    reserve = size.reserve(longest)
    shares = _shares(size, limits, cache_bytes, size.of_text(longest))
    shares += [
        Share(RECORDED, 4, recorded_least, trace_bytes),
        Share("positions computed again", 1, 0, limits.look_bytes),
        Share("attention maps", 1, 0, limits.map_bytes if found.shares_host_memory else 0),
    ]
    bytes_of = _divided(found.free - reserve, shares)
    choosing, texts, kept, searches, forwards, _, recorded, looks, maps = bytes_of
    smaller = _smaller(size, limits, longest, choosing, texts, searches, forwards)
    smaller = replace(
        smaller,
        fitted=_fitted(limits, smaller),
        look_bytes=looks,
        map_bytes=maps if found.shares_host_memory else limits.map_bytes,
    )
    parts = {share.name: part for share, part in zip(shares, bytes_of, strict=True) if share.most}
    attention = int(parts.pop(RECORDED, 0) * ATTENTION_SHARE)
    parts |= {f"logits of {RECORDED}": recorded - attention, f"attention of {RECORDED}": attention}
    parts["computing"] = reserve
    parts["other programs"] = found.free - sum(parts.values())
    told = [*_room(found, smaller, parts), *_shrunk(limits, smaller)]
    stores = [
        (cache_bytes, kept, "kept prefixes (--cache-memory)"),
        (trace_bytes, recorded, f"{RECORDED} (--trace-memory)"),
        (limits.look_bytes, looks, "positions computed again"),
        (limits.map_bytes, smaller.map_bytes, "attention maps (--attention-memory)"),
    ]
    told += [
        _at_most(new // MEBIBYTE, f"MiB are for {what}", old // MEBIBYTE) for old, new, what in stores if new < old
    ]
    return MemoryPlan(smaller, kept, recorded, attention, parts, tuple(told))


def _longest(found: Measured, limits: Limits, recorded: int) -> tuple[int, int]:
    """Returns the tokens of the longest text of which each share has room for as many as it must, and the least bytes
    for at most `recorded` bytes of recorded steps: an eighth of what the shortest texts leave."""
    size, wanted = found.footprint, limits.prompt_tokens + limits.new_tokens
    least, rows = min(LEAST_TEXT, wanted), min(LEAST_ROWS, limits.rows)
    needed = size.least_for(rows, least)
    if found.free < needed:
        raise PlaygroundError(
            f"{found.name} is loaded, and {found.device} has {gib(found.free)} free. To write texts of {least} tokens "
            f"it needs {gib(needed)}. {REMEDY}."
        )
    recorded_least = min(recorded, (found.free - needed) // 8)
    usable = found.free - size.reserve(0) - rows * size.row - recorded_least
    longest = (usable - TEXTS_IN_PARTS * size.text) // (TEXTS_IN_PARTS * size.step + size.scores)
    return min(wanted, longest), recorded_least


def _shares(size: Footprint, limits: Limits, cache_bytes: int, text: int) -> list[Share]:
    """Returns what the device's memory is for. `text`: the bytes of the longest text, which fits into each share.

    The weights say what matters when there is little: the texts that people read, then their recorded steps.
    """
    longest = limits.prompt_tokens + limits.new_tokens
    batch = min(limits.batch_tokens, limits.rows * longest)
    forward = max(
        limits.tree_tokens * size.step + TREE_ROWS * size.text,
        limits.label_tokens * size.step + LABEL_ROWS * size.text,
        size.of_text(longest),
    )
    search = max(limits.search_tokens * size.step + MOST_BEAMS * size.text, size.of_text(longest))
    return [
        Share("choosing tokens", 2, min(LEAST_ROWS, limits.rows) * size.row, limits.rows * size.row),
        Share("texts", 10, text, batch * size.running_step + limits.rows * size.text),
        Share("kept prefixes", 1, 0, cache_bytes),
        Share("beam searches", 2, SEARCHES * text, SEARCHES * search),
        Share("label words and whole trees", 2, text, forward),
        Share("single texts", 1, text, SINGLE_TEXTS * size.of_text(longest)),
    ]


def _divided(sum_: int, shares: list[Share]) -> list[int]:
    """Returns the bytes of each share. Each gets its least, and the rest goes by weight until each has its most."""
    found = [share.least for share in shares]
    open_ = [place for place, share in enumerate(shares) if found[place] < share.most]
    while open_ and (rest := sum_ - sum(found)) >= sum(shares[place].weight for place in open_):
        weights = sum(shares[place].weight for place in open_)
        for place in open_:
            found[place] = min(shares[place].most, found[place] + rest * shares[place].weight // weights)
        open_ = [place for place in open_ if found[place] < shares[place].most]
    return found


def _smaller(
    size: Footprint, limits: Limits, longest: int, choosing: int, texts: int, searches: int, forwards: int
) -> Limits:
    """Returns the limits that the shares allow."""
    rows = min(limits.rows, choosing // size.row)
    if size.text:
        rows = min(rows, max(1, texts // 2 // size.text))
    wanted = min(limits.batch_tokens, limits.rows * (limits.prompt_tokens + limits.new_tokens))
    batch = max(longest, (texts - rows * size.text) // size.running_step)  # a text alone has no spare row
    states = -(-size.text // size.step)
    new = min(limits.new_tokens, max(longest // 4, longest - limits.prompt_tokens))
    return replace(
        limits,
        rows=rows,
        batch_tokens=limits.batch_tokens if batch >= wanted else batch,
        prompt_tokens=min(limits.prompt_tokens, longest - new),
        new_tokens=new,
        search_tokens=min(limits.search_tokens + MOST_BEAMS * states, searches // SEARCHES // size.step),
        tree_tokens=min(limits.tree_tokens + TREE_ROWS * states, forwards // size.step),
        label_tokens=min(limits.label_tokens + LABEL_ROWS * states, forwards // size.step),
        text_tokens=states,
    )


def _fitted(before: Limits, after: Limits) -> frozenset[Tokens]:
    """Returns the limits of a text that became smaller."""
    return frozenset(name for name in OPTIONS if getattr(after, name) < getattr(before, name))


def _room(found: Measured, limits: Limits, parts: dict[str, int]) -> list[str]:
    length = min(TOLD_TOKENS, limits.prompt_tokens + limits.new_tokens)
    count = min(limits.rows, max(1, limits.batch_tokens // length))
    uses = ", ".join(f"{gib(part)} for {name}" for name, part in parts.items())
    told = [
        f"Room for {count} {'text' if count == 1 else 'texts'} of {length:,} tokens at the same time.",
        f"{found.device} has {gib(found.free)} free: {uses}.",
    ]
    if not found.shares_host_memory:
        most = limits.map_bytes // MEBIBYTE
        told.append(f"Attention maps take at most {most:,} MiB of the host's memory (--attention-memory).")
    return told


def _shrunk(before: Limits, after: Limits) -> list[str]:
    """Returns a sentence for each limit that does not fit."""
    told = [
        (before.rows, after.rows, "texts run at the same time (--max-rows)"),
        (before.batch_tokens, after.batch_tokens, "tokens of all running texts together are in memory"),
        (before.prompt_tokens, after.prompt_tokens, "tokens may be in a prompt (--max-prompt-tokens)"),
        (before.new_tokens, after.new_tokens, "tokens are generated for a prompt (--max-new-tokens)"),
        (before.search_tokens, after.search_tokens, "tokens of one beam search are in memory"),
        (before.tree_tokens, after.tree_tokens, "tokens of one forward of a whole tree are in memory"),
        (before.label_tokens, after.label_tokens, "tokens of one forward over label words are in memory"),
    ]
    return [_at_most(new, what, old) for old, new, what in told if new < old]


def _at_most(new: int, what: str, old: int) -> str:
    return f"At most {new:,} {what}, not {old:,}, because the memory has no room for more."
