"""Vocabularies of a few texts, for stages that read words, and random values of settings that hold words."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np


class Words:
    """A `Vocabulary` whose tokens are `texts`. A text is divided into the longest tokens from its beginning."""

    name = "tiny"
    special_ids = ()

    def __init__(self, *texts: str, end_ids: Sequence[int] = (), size: int | None = None) -> None:
        self.texts = list(texts)
        self.end_ids = tuple(end_ids)
        self.size = len(texts) if size is None else size

    def ids_of(self, text: str) -> list[int]:
        found = []
        while text:
            fitting = [one for one in self.texts if one and text.startswith(one)]
            if not fitting:
                return []
            longest = max(fitting, key=len)
            found.append(self.texts.index(longest))
            text = text[len(longest) :]
        return found


class Numbered:
    """A `Vocabulary` of `size` tokens, whose texts are their ids: "<3>" is the token 3. Spaces have no token."""

    name = "numbered"
    special_ids = ()

    def __init__(self, size: int, end_ids: Sequence[int] = (0,)) -> None:
        self.size = size
        self.end_ids = tuple(end_ids)
        self.texts = [f"<{token_id}>" for token_id in range(size)]

    def ids_of(self, text: str) -> list[int]:
        return [int(number) for number in re.findall(r"<(\d+)>", text)]


def word_value(name: str, rng: np.random.Generator, size: int) -> Any:
    """Returns a value of a setting that is no number, for a `Numbered` vocabulary of `size` tokens."""
    texts = ["".join(f"<{one}>" for one in rng.integers(0, size, rng.integers(1, 4))) for _ in range(3)]
    match name:
        case "logit_bias":
            biases = {text: False if rng.random() < 0.2 else float(rng.uniform(-4, 4)) for text in texts}
            return biases | {str(rng.integers(0, size)): float(rng.uniform(-4, 4))}
        case "bad_words":
            return texts if size > 5 else [texts[0] + texts[1]]
        case "dry_sequence_breakers":
            return texts
        case "exponential_decay_length_penalty":
            return [int(rng.integers(0, 20)), float(rng.choice([0.5, 1.01, 1.5, 3]))]
    raise AssertionError(f"{name} has no random value yet. Write one here.")
