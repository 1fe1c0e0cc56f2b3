"""Helpers for the tests of the tab Inside the model: tiny models of many families, and jobs run to their end."""

from collections.abc import Generator
from typing import Any

from playground.models.language_model import LanguageModel
from tests.fakes import byte_level_tokenizer
from tests.test_parts import made


def model_of(kind: str) -> LanguageModel:
    """Returns a tiny random model of a family of `tests.test_parts.FAMILIES`."""
    return LanguageModel(made(kind).float(), byte_level_tokenizer(), kind)


def done(job: Generator[None, None, Any]) -> Any:
    """Runs a job to its end and returns what it returns."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value
