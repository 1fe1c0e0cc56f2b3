"""A trace as a file: JSON, gzipped, its arrays in base64 and in the model's dtype, so that every number stays as it is.

Knows traces and measures. Does not know models, pages or routes: what a token looks like is handed in.
The page opens the file again (`assets/common/trace_file.js`); the server never reads one.

Of a fork it does not tell the parent, whose id is the right to read it.
A light file has, of every step, the 1,000 most probable tokens and those of the text so far, and the log-sum-exp of
the rest, which is read back spread evenly over the remaining tokens.
"""

import base64
import json
import math
import zlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch

from playground.decoding.measures import most_probable
from playground.errors import PlaygroundError
from playground.traces.trace import Step, Trace

FORMAT, VERSION = "decoding-playground trace", 1
LIGHT_TOKENS = 1000
MOST_UNPACKED_BYTES = 300_000_000
MOST_STEPS = 20_000
MOST_PROMPT_TOKENS = 100_000
"""What the page opens; `assets/common/trace_file.js` has the same limits."""

Kind = Literal["full", "light"]


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
        if len(trace.steps) > MOST_STEPS or len(trace.prompt_ids) > MOST_PROMPT_TOKENS:
            raise PlaygroundError(
                f"The text has {len(trace.prompt_ids):,} prompt tokens and {len(trace.steps):,} steps, and a page "
                f"opens a file with at most {MOST_PROMPT_TOKENS:,} and {MOST_STEPS:,}. Save a shorter text.",
                status=413,
            )
        unpacked = _bytes_of(first, len(trace.steps)) * 4 // 3
        if kind == "full" and unpacked > MOST_UNPACKED_BYTES * 0.95:
            raise PlaygroundError(
                f"The whole trace takes {unpacked / 1e6:.0f} MB, and a page opens at most "
                f"{MOST_UNPACKED_BYTES / 1e6:.0f}. Save the light file, or a text with fewer tokens.",
                status=413,
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
