"""Reads a trace file in two ways: its content, and what the page makes of it."""

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tests.javascript import node

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def told(content: bytes) -> dict[str, Any]:
    """Returns the file's JSON."""
    return json.loads(gzip.decompress(content))


def array(text: str, dtype: torch.dtype) -> torch.Tensor:
    """Returns the numbers that a text of the file encodes, bit for bit."""
    bits = np.frombuffer(base64.b64decode(text), f"<i{dtype.itemsize}").copy()
    return torch.from_numpy(bits).view(dtype)


def logits(file: dict[str, Any], index: int) -> torch.Tensor:
    """Returns a step's logits as they are in the file: all of them, or those of a light file's ids."""
    return array(file["steps"][index]["logits"], DTYPES[file["dtype"]])


def attention(file: dict[str, Any], index: int) -> torch.Tensor:
    """Returns a step's attention as it is in a full file, (layer, head, key) float16."""
    written = file["steps"][index]["attention"]
    return array(written["float16"], torch.float16).reshape(written["shape"])


@dataclass(frozen=True, eq=False)
class Opened:
    """What the page's JavaScript reads from a file.

    Attributes:
        message: the message that describes the trace to the page, as the server would send it.
        rows: the raw logits of every step, (steps, vocab) float32.
    """

    message: dict[str, Any]
    rows: torch.Tensor

    @property
    def token_ids(self) -> tuple[int, ...]:
        return tuple(step["token_id"] for step in self.message["steps"])


def open_on_the_page(content: bytes) -> Opened:
    """Opens a file as the page does. Raises AssertionError with the page's sentence if it refuses the file."""
    [answer] = node.answer("open_trace.js", {"files": [base64.b64encode(content).decode()]})
    assert "error" not in answer, answer["error"]
    size = answer["message"]["header"]["vocabulary_size"]
    return Opened(answer["message"], array(answer["rows"], torch.float32).reshape(-1, size))


def refusals(*contents: bytes) -> list[str | None]:
    """Returns the page's sentence about each file, or None if the file opens."""
    answers = node.answer("open_trace.js", {"files": [base64.b64encode(content).decode() for content in contents]})
    return [answer.get("error") for answer in answers]
