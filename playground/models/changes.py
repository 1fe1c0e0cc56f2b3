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
        quantised: how its weights are quantised, if they stay so: the name of a scheme of `quantizing` if `load` has
            quantised them, or else the method of its files; "" for plain weights.
        digit_by_digit: whether its tokenizer is told to split digits: see `gguf_file.split_digits`.
        files: what the model's files are called where the model has another name; else "".
        adapter: the name of the folder of its PEFT adapter; "" if it has none.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    unpacked: str = ""
    quantised: str = ""
    digit_by_digit: bool = False
    files: str = ""
    adapter: str = ""


NO_CHANGES = Changes()
