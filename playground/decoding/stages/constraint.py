"""Constraint: a text that is one of several, or meets a regular expression, a JSON schema or a grammar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from playground.decoding.constraints.constraint import Constraint, compiled
from playground.decoding.constraints.written import KINDS, LONGEST, MOST_CHOICES, Kind, checked, the_one
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Stage, Values
from playground.decoding.vocabulary import Vocabulary


@dataclass(frozen=True)
class ConstraintRule:
    """The values of one kind of constraint, None for no constraint; see `checked`."""

    kind: Kind
    off: tuple[None, ...] = (None,)

    def check(self, _: str, value: object) -> tuple[str, ...] | str | None:
        """Returns the value as `Settings` keeps it, or refuses it in a sentence."""
        return checked(self.kind, value)

    def plain(self, value: tuple[str, ...] | str | None) -> list[str] | str | None:
        """Returns the value as JSON has it."""
        return list(value) if isinstance(value, tuple) else value

    @property
    def values(self) -> str:
        """What is accepted, in words, for the documentation."""
        if self.kind == "choices":
            return f"a list of at most {MOST_CHOICES} texts"
        most = f"a text of at most {LONGEST[self.kind]:,} characters"
        return f"{most}, or an object" if self.kind == "json_schema" else most

    def facts(self) -> Mapping[str, Any]:
        """Returns what the page's JavaScript knows of the rule."""
        return {"kind": self.kind, "off": list(self.off)}


def _resolved(kind: Kind) -> Callable[[Any, Vocabulary], Constraint | None]:
    return lambda value, words: None if value is None else compiled((kind, value), words)


def _made(values: Values) -> Processor:
    constraint = next(values[kind] for kind in KINDS if values[kind] is not None)

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        mask = torch.from_numpy(constraint.mask(moment.completion_ids))
        return scores.masked_fill(~mask.to(scores.device), -torch.inf)

    return apply


def _parameter(kind: Kind, label: str, says: str) -> Parameter:
    return Parameter(kind, ConstraintRule(kind), label=label, says=says, resolve=_resolved(kind))


CONSTRAINT = Stage(
    name="constraint",
    label="constraint",
    kind="constraint",
    parameters=(
        _parameter(
            "regex",
            "regular expression",
            "allows only texts that match this regular expression as a whole, in the syntax of Rust's regex",
        ),
        _parameter("json_schema", "JSON schema", "allows only JSON that follows this schema"),
        _parameter(
            "choices",
            "choices",
            "allows only these texts, in the tokens that the tokenizer writes for them",
        ),
        _parameter("grammar", "grammar", "allows only texts of this grammar, in Lark or in GBNF of llama.cpp"),
    ),
    says="removes every token with which the text could no longer meet the constraint",
    formula="z′ = −∞ for each token that no allowed text continues with; an end token stays where the text is complete",
    source="Willard & Louf 2023, arXiv:2307.09702; masks by llguidance",
    make=_made,
    reads_moment=True,
    switches=lambda values: the_one(values) is not None,
    check=the_one,
    is_generate=False,
    example=Example(
        "My phone number is",
        {"strategy": "greedy", "max_new_tokens": 20, "regex": " [0-9]{3}-[0-9]{4}"},
        "Without it the number has no dash; with it only tokens that keep to the expression are left, and "
        "the text is “123-4567”.",
    ),
)
