"""A trace as a file: JSON, gzipped, its arrays in base64 and in the model's dtype. In and out gives the same numbers.

Knows traces, settings and measures. Does not know models, pages or routes: what a token looks like is handed in.
The page reads the same format in `assets/common/trace_file.js`. A file comes from anywhere: nothing in it is believed.

Of a fork it does not tell the parent, whose id is the right to read it.
A light file has, of every step, the 1,000 most probable tokens and those of the text so far, and the log-sum-exp of
the rest, which is read back spread evenly over the remaining tokens.
"""

import base64
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
import torch

from playground.errors import PlaygroundError
from playground.measures import RawFacts, most_probable
from playground.settings import Settings
from playground.traces.trace import STOP_REASONS, Step, Trace

FORMAT, VERSION = "decoding-playground trace", 1
LIGHT_TOKENS = 1000
MOST_PACKED_BYTES = 150_000_000
MOST_UNPACKED_BYTES = 300_000_000
"""What the page can hold at once."""
MOST_TOKENS = 1_000_000
"""Of a vocabulary."""

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
Kind = Literal["full", "light"]

UNREADABLE = "This is not a trace file: it holds no JSON. Choose a file saved with Export."
CUT_OFF = "This trace file is cut off or damaged. Save it again, or fetch it again from where it came."


@dataclass(frozen=True, eq=False)
class Saved:
    """A trace with what it takes to show it where its model is not.

    Attributes:
        trace: of a light file, with the rest spread evenly, in float32 and without attention.
        kind: "full" or "light".
        vocabulary_size: the number of logits of a step.
        tokens: what to show for the ids that were written; all of them in a full file.
        stage_notes: processors that the model brought.
    """

    trace: Trace
    kind: Kind
    vocabulary_size: int
    tokens: dict[int, str]
    stage_notes: tuple[str, ...] = ()


class Writer:
    """Writes the file a piece at a time, so that writing never holds more than a step.

    Args:
        trace: with a step at least; its steps may be bare.
        first: its first step, whole.
        tokens: what to show for each id of the vocabulary, at least as long as the logits are.
        stage_notes: names of processors that the model brings.
        kind: "light" leaves out what is least probable, and attention.

    Raises:
        PlaygroundError: more than a page could open again.
    """

    def __init__(
        self, trace: Trace, first: Step, tokens: Sequence[str], stage_notes: Sequence[str] = (), kind: Kind = "full"
    ) -> None:
        unpacked = _bytes_of(first, len(trace.steps)) * 4 // 3
        if kind == "full" and unpacked > MOST_UNPACKED_BYTES * 0.95:
            raise PlaygroundError(
                f"The whole trace takes {unpacked / 1e6:.0f} MB, and a page opens at most "
                f"{MOST_UNPACKED_BYTES / 1e6:.0f}. Save the light file, or a text with fewer tokens."
            )
        self._trace = trace
        self._first = first
        self._tokens = tokens
        self._stage_notes = stage_notes
        self._kind = kind
        self._shown = {*trace.prompt_ids, *trace.token_ids}
        self._packer = zlib.compressobj(4, wbits=31)

    def begin(self) -> bytes:
        """What comes before the first step."""
        trace, logits = self._trace, self._first.logits
        header = {
            "format": FORMAT,
            "version": VERSION,
            "kind": self._kind,
            "model": trace.model,
            "vocabulary_size": len(logits),
            "dtype": str(logits.dtype).removeprefix("torch."),
            "prompt_ids": list(trace.prompt_ids),
            "settings": trace.settings.to_dict(),
            "stop_reason": trace.stop_reason or "stopped",
            "stage_notes": list(self._stage_notes),
        }
        return self._pack(json.dumps(header)[:-1] + ', "steps": [')

    def step(self, step: Step) -> bytes:
        """The next step, whole."""
        if self._kind == "full":
            arrays = {"logits": _text_of(step.logits), "attention": _attention_of(step)}
        else:
            ids, arrays = _light_arrays(step, self._trace.ids_before(step.index))
            self._shown.update(ids)
        return self._pack((", " if step.index else "") + json.dumps(_facts(step) | arrays))

    def end(self) -> bytes:
        """What comes after the last step."""
        chosen = range(len(self._first.logits)) if self._kind == "full" else sorted(self._shown)
        words = {str(token_id): self._tokens[token_id] for token_id in chosen}
        return self._pack(f'], "tokens": {json.dumps(words, ensure_ascii=False)}}}') + self._packer.flush()

    def _pack(self, text: str) -> bytes:
        return self._packer.compress(text.encode("utf-8", "replace"))


def _bytes_of(first: Step, steps: int) -> int:
    """Bytes of the tensors of so many steps: each sees one key more than the one before."""
    if first.attention is None:
        return steps * first.logits.nbytes
    layers, heads, keys = first.attention.shape
    keys_of_all = steps * keys + steps * (steps - 1) // 2
    return steps * first.logits.nbytes + layers * heads * keys_of_all * first.attention.element_size()


def _facts(step: Step) -> dict[str, Any]:
    """The plain numbers."""
    return {
        "token_id": step.token_id,
        "draw": step.draw,
        "probability": step.probability,
        "kept": step.kept,
        "seconds": step.seconds,
        "forced": step.forced,
        "settings": step.settings and step.settings.to_dict(),
        "raw_probability": step.raw.probability,
        "entropy_bits": step.raw.entropy_bits,
        "rank": step.raw.rank,
    }


def _light_arrays(step: Step, ids_before: Sequence[int]) -> tuple[list[int], dict[str, Any]]:
    """Penalties move the tokens of the text, so those are written too, however improbable."""
    row = step.row
    ids = sorted({*most_probable(row, LIGHT_TOKENS), step.token_id, *ids_before})
    arrays = {
        "ids": base64.b64encode(np.array(ids, "<u4").tobytes()).decode(),
        "logits": _text_of(step.logits[ids]),
        "rest_log_sum_exp": _log_sum_exp(np.delete(row, ids)),
    }
    return ids, arrays


def _log_sum_exp(logits: np.ndarray) -> float | None:
    """None for no logit at all, or none above -inf."""
    highest = float(logits.max(initial=-np.inf))
    if highest == -math.inf:
        return None
    return highest + math.log(float(np.exp(logits - np.float32(highest)).sum(dtype=np.float64)))


def _text_of(tensor: torch.Tensor) -> str:
    whole_numbers = torch.int16 if tensor.element_size() == 2 else torch.int32
    bits = tensor.contiguous().view(whole_numbers).numpy()
    return base64.b64encode(bits.astype(bits.dtype.newbyteorder("<")).tobytes()).decode()


def _attention_of(step: Step) -> dict[str, Any] | None:
    return (
        None if step.attention is None else {"shape": list(step.attention.shape), "float16": _text_of(step.attention)}
    )


def read(file: BinaryIO) -> Saved:
    """What a `Writer` wrote.

    Raises:
        PlaygroundError: too large, cut off, of another version, or edited into something that is no trace.
    """
    content = _unpack(file)
    try:
        told = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise PlaygroundError(UNREADABLE) from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise PlaygroundError("This file is JSON, but not a trace. Choose a file saved with Export.")
    if told.get("version") != VERSION:
        raise PlaygroundError(
            f"This trace file has version {_shown(told.get('version'))}, and this playground reads version {VERSION}. "
            "Open it with the playground that wrote it."
        )
    return _Reader(told).saved()


def _unpack(file: BinaryIO) -> bytes:
    packed = file.read(MOST_PACKED_BYTES + 1)
    if len(packed) > MOST_PACKED_BYTES:
        raise PlaygroundError(
            f"This file is larger than {MOST_PACKED_BYTES / 1e6:.0f} MB, the most a trace file may be."
        )
    if packed[:2] != b"\x1f\x8b":
        content = packed  # unpacked already
    else:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            content = unpacker.decompress(packed, MOST_UNPACKED_BYTES + 1)
        except zlib.error:
            raise PlaygroundError(CUT_OFF) from None
        if not unpacker.eof and len(content) <= MOST_UNPACKED_BYTES:
            raise PlaygroundError(CUT_OFF)
    if len(content) > MOST_UNPACKED_BYTES:
        raise PlaygroundError(
            f"This file unpacks to more than {MOST_UNPACKED_BYTES / 1e6:.0f} MB, so it is not opened."
        )
    return content


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class _Reader:
    """Reads the parts of one file's JSON, each checked, and names the part that is wrong."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.kind: Kind = self._one_of("kind", ("full", "light"))
        self.size = self._whole(told.get("vocabulary_size"), "vocabulary_size", 1, MOST_TOKENS)
        self.dtype = DTYPES[self._one_of("dtype", tuple(DTYPES))]

    def saved(self) -> Saved:
        told = self.told
        settings = self._settings(told.get("settings"), "settings")
        steps = told.get("steps")
        if not isinstance(steps, list) or not steps:
            raise _edited("steps", "is not a list with a step at least")
        trace = Trace(
            model=self._text(told.get("model"), "model"),
            prompt_ids=self._prompt_ids(),
            settings=settings,
            steps=tuple(self._step(index, step) for index, step in enumerate(steps)),
            stop_reason=self._one_of("stop_reason", STOP_REASONS),
        )
        notes = told.get("stage_notes")
        if not isinstance(notes, list):
            raise _edited("stage_notes", "is not a list")
        names = tuple(self._text(note, "stage_notes") for note in notes)
        return Saved(trace, self.kind, self.size, self._tokens(), names)

    @staticmethod
    def _settings(told: Any, where: str) -> Settings:
        try:
            return Settings.from_dict(told)
        except PlaygroundError as refusal:
            raise _edited(where, f"cannot be used. {refusal}") from None

    def _prompt_ids(self) -> tuple[int, ...]:
        ids = self.told.get("prompt_ids")
        if not isinstance(ids, list) or not ids:
            raise _edited("prompt_ids", "is not a list with an id at least")
        return tuple(self._token_id(token_id, "prompt_ids") for token_id in ids)

    def _tokens(self) -> dict[int, str]:
        tokens = self.told.get("tokens")
        if not isinstance(tokens, dict) or len(tokens) > self.size:
            raise _edited("tokens", "is not an object of texts by token id")
        known = {str(token_id): token_id for token_id in range(self.size)}
        if not known.keys() >= tokens.keys():
            raise _edited("tokens", "has an id that is not in the vocabulary")
        return {known[key]: self._text(text, "tokens") for key, text in tokens.items()}

    def _step(self, index: int, step: object) -> Step:
        where = f"step {index}"
        if not isinstance(step, dict):
            raise _edited(where, "is not an object")
        draw, settings = step.get("draw"), step.get("settings")
        if not isinstance(step.get("forced"), bool):
            raise _edited(f"{where}, forced", f"is {_shown(step.get('forced'))} and not true or false")
        return Step(
            index=index,
            logits=self._logits(step, where),
            token_id=self._token_id(step.get("token_id"), where),
            draw=None if draw is None else self._number(draw, f"{where}, draw", 0, 1),
            probability=self._number(step.get("probability"), f"{where}, probability", 0, 1),
            kept=self._whole(step.get("kept"), f"{where}, kept", 1, self.size),
            attention=self._attention(step.get("attention"), where),
            seconds=self._number(step.get("seconds"), f"{where}, seconds", 0, 1e9),
            forced=step["forced"],
            settings=None if settings is None else self._settings(settings, f"{where}, settings"),
            raw=RawFacts(
                self._number(step.get("raw_probability"), f"{where}, raw_probability", 0, 1),
                self._number(step.get("entropy_bits"), f"{where}, entropy_bits", 0, 1e9),
                self._whole(step.get("rank"), f"{where}, rank", 1, self.size),
            ),
        )

    def _logits(self, step: dict[str, Any], where: str) -> torch.Tensor:
        where += ", logits"
        if self.kind == "full":
            logits = self._array(step.get("logits"), self.dtype, where)
            if len(logits) != self.size:
                raise _edited(where, f"are {len(logits):,} and not {self.size:,}")
        else:
            logits = self._light_logits(step, where)
        if not bool((logits < torch.inf).all()) or not bool((logits > -torch.inf).any()):
            raise _edited(where, "hold what is not a number, or infinity")
        return logits

    def _light_logits(self, step: dict[str, Any], where: str) -> torch.Tensor:
        ids = self._array(step.get("ids"), torch.uint32, where).long()
        written = self._array(step.get("logits"), self.dtype, where)
        if not len(ids) == len(written) == len(ids.unique()) or not bool((ids < self.size).all()):
            raise _edited(where, "do not fit their ids")
        row = torch.full((self.size,), self._rest(step, self.size - len(ids), where), dtype=torch.float32)
        row[ids] = written.float()
        return row

    def _rest(self, step: dict[str, Any], count: int, where: str) -> float:
        rest = step.get("rest_log_sum_exp")
        if rest is None or not count:
            return -math.inf
        return self._number(rest, f"{where} of the rest", -1e30, 1e30) - math.log(count)

    def _attention(self, told: object, where: str) -> torch.Tensor | None:
        if told is None:
            return None
        shape = told.get("shape") if isinstance(told, dict) else None
        if not isinstance(shape, list) or len(shape) != 3:
            raise _edited(f"{where}, attention", "has no shape")
        sizes = [self._whole(size, f"{where}, attention", 1, MOST_TOKENS) for size in shape]
        rows = self._array(told.get("float16"), torch.float16, f"{where}, attention")
        if len(rows) != math.prod(sizes):
            raise _edited(f"{where}, attention", "does not fit its shape")
        return rows.reshape(sizes)

    def _array(self, text: object, dtype: torch.dtype, where: str) -> torch.Tensor:
        encoded = self._text(text, where)
        try:
            content = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise _edited(where, "is not base64") from None
        if not content or len(content) % dtype.itemsize:
            raise _edited(where, "has the wrong length")
        whole_numbers = np.dtype(f"<i{dtype.itemsize}")
        return torch.from_numpy(np.frombuffer(content, whole_numbers).astype(whole_numbers.newbyteorder("="))).view(
            dtype
        )

    def _one_of(self, name: str, choices: Sequence[str]) -> Any:
        value = self.told.get(name)
        if not isinstance(value, str) or value not in choices:
            raise _edited(name, f"is {_shown(value)} and not one of {', '.join(choices)}")
        return value

    def _token_id(self, value: object, where: str) -> int:
        return self._whole(value, f"{where}, token id", 0, self.size - 1)

    @staticmethod
    def _whole(value: object, where: str, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _edited(where, f"is {_shown(value)} and not a whole number from {low} to {high:,}")
        return value

    @staticmethod
    def _number(value: object, where: str, low: float, high: float) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise _edited(where, f"is {_shown(value)} and not a number from {low:g} to {high:g}")
        return float(value)

    @staticmethod
    def _text(value: object, where: str) -> str:
        if not isinstance(value, str):
            raise _edited(where, f"is {_shown(value)} and not a text")
        return value


def _edited(where: str, what: str) -> PlaygroundError:
    return PlaygroundError(f"This trace file cannot be used: {where} {what}.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
