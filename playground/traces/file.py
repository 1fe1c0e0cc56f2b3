"""Writes a trace as a gzipped JSON file. Its arrays are base64 in the model's dtype, so every number stays exact.

Knows traces and measures. Does not know models, pages or routes: the caller gives the text of each token.
The page opens the file again (`assets/common/trace_file.js`); the server never reads such a file.

The file of a fork does not name the parent, because everybody who knows a trace's id may read the trace.
A light file has, for every step, the logits of the 1,000 most probable tokens and of the tokens of the text so far, and
the log-sum-exp of the rest. The reader spreads this rest evenly over the remaining tokens. It may have some steps
whole, which have null in the place of their ids.
"""

import base64
import json
import math
import zlib
from collections.abc import Collection, Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch

from playground.decoding.measures import most_probable
from playground.decoding.settings import Settings
from playground.decoding.stages import STAGES
from playground.errors import PlaygroundError
from playground.on_host import on_host
from playground.traces.trace import Step, Trace

FORMAT, VERSION = "decoding-playground trace", 1
LIGHT_TOKENS = 1000
MOST_UNPACKED_BYTES = 300_000_000
MOST_STEPS = 20_000
MOST_PROMPT_TOKENS = 100_000
"""The limits of a file that the page opens. `assets/common/trace_file.js` has the same ones."""

Kind = Literal["full", "light"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Writer:
    """Writes the file in pieces, one step at a time, so that the tensors of all steps are never needed together.

    Args:
        trace: the trace, with at least one step; its steps may be bare.
        first: the first step, with its tensors.
        tokens: the text of each id of the vocabulary, at least as many as there are logits. With None the file has no
            texts, for a reader that has the vocabulary.
        stage_notes: names of processors that the model brings.
        kind: "light" leaves out attention and the logits of the least probable tokens.
        whole: the indices of steps whose logits a light file has whole. Such a file has the attention to a source too.
        named: ids whose logits a light file has at every step.

    Raises:
        PlaygroundError: the file would be too large for a page to open again.
    """

    def __init__(
        self,
        trace: Trace,
        first: Step,
        tokens: Sequence[str] | None,
        stage_notes: Sequence[str] = (),
        kind: Kind = "full",
        *,
        whole: Collection[int] = (),
        named: Collection[int] = (),
    ) -> None:
        given = max(len(trace.prompt_ids), len(trace.source_ids))
        if len(trace.steps) > MOST_STEPS or given > MOST_PROMPT_TOKENS:
            raise PlaygroundError(
                f"The text has {given:,} prompt tokens and {len(trace.steps):,} steps, and a page "
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
        self._whole = whole
        self._named = named
        self._shown = {*trace.source_ids, *trace.prompt_ids, *trace.token_ids}
        self._packer = zlib.compressobj(4, wbits=31)

    def begin(self) -> bytes:
        """Returns the part of the file before the first step."""
        trace, logits = self._trace, self._first.held_logits
        header = {
            "format": FORMAT,
            "version": VERSION,
            "kind": self._kind,
            "model": trace.model,
            "vocabulary_size": len(logits),
            "dtype": str(logits.dtype).removeprefix("torch."),
            "prompt_ids": list(trace.prompt_ids),
            "source_ids": list(trace.source_ids),
            "conversation": trace.conversation and trace.conversation.to_dict(),
            "settings": _settings(trace.settings),
            "stop_reason": trace.stop_reason or "stopped",
            "stage_notes": list(self._stage_notes),
        }
        return self._pack(json.dumps(header)[:-1] + ', "steps": [')

    def step(self, step: Step) -> bytes:
        """Returns the part of the file for the next step, which must have its tensors."""
        if self._kind == "full":
            arrays = {"logits": _text_of(step.held_logits), "attention": _weights_of(step.attention)}
            if self._trace.source_ids:
                arrays["source_attention"] = _weights_of(step.source_attention)
        elif step.index in self._whole:
            arrays = {"ids": None, "logits": _text_of(step.held_logits), "rest_log_sum_exp": None}
            self._shown.update(range(len(step.held_logits)))
        else:
            ids, arrays = _light_arrays(step, {*self._trace.ids_before(step.index), *self._named})
            self._shown.update(ids)
        if self._kind == "light" and self._whole and self._trace.source_ids:
            arrays["source_attention"] = _weights_of(step.source_attention)
        return self._pack((", " if step.index else "") + json.dumps(_facts(step) | arrays))

    def end(self) -> bytes:
        """Returns the part of the file after the last step."""
        chosen = range(len(self._first.held_logits)) if self._kind == "full" else sorted(self._shown)
        words = {str(token_id): self._tokens[token_id] for token_id in chosen} if self._tokens is not None else {}
        return self._pack(f'], "tokens": {json.dumps(words, ensure_ascii=False)}}}') + self._packer.flush()

    def _pack(self, text: str) -> bytes:
        return self._packer.compress(text.encode("utf-8", "replace"))


def _bytes_of(first: Step, steps: int) -> int:
    """Returns the bytes of the tensors of so many steps. Each step has one more key than the step before it."""
    logits = steps * first.held_logits.nbytes
    if first.attention is None:
        return logits
    layers, heads, keys = first.attention.shape
    keys_of_all = steps * keys + steps * (steps - 1) // 2
    of_source = 0 if first.source_attention is None else steps * first.source_attention.nbytes
    return logits + layers * heads * keys_of_all * first.attention.element_size() + of_source


def _settings(settings: Settings) -> dict[str, Any]:
    """Returns the settings. Those of stages that only this server has are left out where they do nothing.

    So a server without these stages can open the file too.
    """
    unused = [stage for stage in STAGES if stage.file is not None and not settings.is_on(stage.name)]
    names = {name for stage in unused for name in stage.names}
    return {name: value for name, value in settings.to_dict().items() if name not in names}


def _facts(step: Step) -> dict[str, Any]:
    """Returns the values of a step that are not arrays."""
    return {
        "token_id": step.token_id,
        "draw": step.draw,
        "probability": step.probability,
        "kept": step.kept,
        "seconds": step.seconds,
        "forced": step.forced,
        "settings": step.settings and _settings(step.settings),
        "raw_probability": step.raw_facts.probability,
        "entropy_bits": step.raw_facts.entropy_bits,
        "rank": step.raw_facts.rank,
    }


def _light_arrays(step: Step, wanted: Collection[int]) -> tuple[list[int], dict[str, Any]]:
    """Returns the ids whose logits a light file has, and the step's arrays.

    The tokens of the text are always `wanted`, even improbable ones, because penalties change their logits.
    """
    row = step.row
    ids = sorted({*most_probable(row, LIGHT_TOKENS), step.token_id, *wanted})
    arrays = {
        "ids": base64.b64encode(np.array(ids, "<u4").tobytes()).decode(),
        "logits": _text_of(step.held_logits[ids]),
        "rest_log_sum_exp": _log_sum_exp(np.delete(row, ids)),
    }
    return ids, arrays


def _log_sum_exp(logits: np.ndarray) -> float | None:
    """Returns the log-sum-exp of the logits, or None if there is no logit above -inf."""
    highest = float(logits.max(initial=-np.inf))
    if highest == -math.inf:
        return None
    return highest + math.log(float(np.exp(logits - np.float32(highest)).sum(dtype=np.float64)))


def _text_of(tensor: torch.Tensor) -> str:
    whole_numbers = torch.int16 if tensor.element_size() == 2 else torch.int32
    bits = on_host(tensor).contiguous().view(whole_numbers).numpy()
    return base64.b64encode(bits.astype(bits.dtype.newbyteorder("<")).tobytes()).decode()


def _weights_of(attention: torch.Tensor | None) -> dict[str, Any] | None:
    return None if attention is None else {"shape": list(attention.shape), "float16": _text_of(attention)}
