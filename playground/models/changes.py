"""What `load` does to a model beside transformers' `from_pretrained`. Knows neither models nor scripts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Changes:
    """What was done to load a model beside transformers' `from_pretrained`. A script that loads it has to do the same.

    Attributes:
        config: values that are set in its config before the weights are read.
        unpacked: when quantised weights are unpacked: "on reading", which the config asks for, or "after reading"; ""
            if they are plain in the files, or stay packed.
        digit_by_digit: whether its tokenizer is told to split digits: see `gguf_file.split_digits`.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    unpacked: str = ""
    digit_by_digit: bool = False


NO_CHANGES = Changes()
