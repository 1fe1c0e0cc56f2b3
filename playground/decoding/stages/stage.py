"""What the playground knows of a stage: the record that every file of this folder makes one of.

Knows rules. Does not know logits, settings as a whole, or the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from playground.decoding.chance import uniform
from playground.decoding.rules import Rule
from playground.decoding.vocabulary import Vocabulary

Kind = Literal["constraint", "penalty", "reshape", "cut", "watermark"]
"""A constraint allows some tokens and removes all others. A penalty reads the text so far and changes the logits of the
tokens it touches. A reshaping stage changes all scores. A cut removes tokens: it leaves a stretch of the candidates in
order of their probability. A watermark raises the scores of some tokens, chosen by the token before."""

SAMPLING_ONLY: tuple[Kind, ...] = ("reshape", "cut")
"""The kinds that `generate` looks at only with `do_sample=True`."""

Values = Mapping[str, Any]
"""The values of a stage's parameters, by their names. Texts stand in it as the ids of their tokens."""


@dataclass(frozen=True)
class Slider:
    """The part of a number's range that a slider has: `low`..`high` in steps of `step`."""

    low: float
    high: float
    step: float


@dataclass(frozen=True, eq=False)
class Parameter:
    """One setting of a stage.

    Attributes:
        name: the setting's name: Hugging Face's, or else llama.cpp's.
        rule: the values it may take, and those under which it does nothing.
        slider: the part of these that a slider has, None for a value that is not a number.
        default: its value where nothing is said. A parameter whose rule has values that are off needs none.
        label: its name on the page, "" for that of the stage.
        says: what it does, in one sentence without a subject; "" for the first parameter, of which the stage tells.
        resolve: turns words into ids of tokens, None for a parameter without words.
    """

    name: str
    rule: Any
    slider: Slider | None = None
    default: Any = None
    label: str = ""
    says: str = ""
    resolve: Callable[[Any, Vocabulary], Any] | None = None

    @property
    def start(self) -> Any:
        """The value where nothing is said."""
        return self.rule.off[0] if self.default is None else self.default


@dataclass(frozen=True)
class Moment:
    """What a stage may read beside the scores: the text so far, and what belongs to the step.

    Attributes:
        ids: all tokens before the step, prompt included.
        prompt_length: how many of them are the prompt. None stands for all of them.
        source_ids: what the encoder reads, empty for a decoder-only model.
        seed: the seed of the settings.
        surprises: of each token of the completion, -log2 of its probability after all stages. It is infinite for a
            token that these settings did not choose: one that was given, or chosen under other settings.
    """

    ids: Sequence[int]
    prompt_length: int | None = None
    source_ids: Sequence[int] = ()
    seed: int = 0
    surprises: Sequence[float] = ()

    @property
    def step(self) -> int:
        """The number of tokens of the completion."""
        return 0 if self.prompt_length is None else len(self.ids) - self.prompt_length

    @property
    def prompt_ids(self) -> Sequence[int]:
        """The tokens of the prompt."""
        return self.ids[: self.prompt_length]

    @property
    def completion_ids(self) -> Sequence[int]:
        """The tokens of the completion."""
        return [] if self.prompt_length is None else self.ids[self.prompt_length :]

    def chance(self, stream: int) -> float:
        """Returns the random number of this step for one stage, uniform in [0, 1). Stream 0 is the draw's."""
        return uniform(self.seed, self.step, stream)


Processor = Callable[[Moment, torch.Tensor], torch.Tensor]
"""Takes (rows, vocab) float32 scores and returns new ones, -inf where it removes a token."""


@dataclass(frozen=True, eq=False)
class Example:
    """A text on which one sees what a stage does.

    Attributes:
        prompt: what the text begins with, without a chat template.
        settings: those under which it is written, by name. They switch the stage on; what is not named is off.
        says: what to look at, in one sentence: what the default model does without the stage, and with it.
        step: the step at which the stage's effect is to be looked at, from 0.
    """

    prompt: str
    settings: Mapping[str, Any]
    says: str
    step: int = 0


@dataclass(frozen=True, eq=False)
class Stage:
    """All that the playground knows of a stage, except its mathematics in `assets/distribution/stages/`.

    Attributes:
        name: its name in an order and in an answer.
        label: its name on the page.
        short: a shorter name for places with little space.
        kind: how it works; see `Kind`.
        parameters: its settings. The first one switches it on.
        says: what it does, in one sentence without a subject.
        formula: the same in one line of mathematics.
        source: the paper or program that defines it, or "" where the name says it all.
        transformers: the name of its class there, "" if it has none.
        make: from the parameters' values to what changes the scores.
        reads_moment: whether it reads the text or the step, and so gets one row at a time.
        reads: further settings that it reads, which are parameters of another stage.
        reads_ends: whether it reads the tokens that end a text, which are then among the values as `end_ids`.
        check: refuses values that contradict each other, with a `PlaygroundError`; None where none do.
        switches: whether it is on, None where the first parameter's rule says it.
        removes: whether it removes tokens.
        in_sidebar: whether the sidebar has a control for the first parameter. All others are in the chain alone.
        sweep: the range that a sweep over it begins with, None if none is offered.
        gives_none: when `generate` is given None in place of the value that is off: "never", where the strategy does
            not read the stage ("unread"; transformers warns of anything else), or always where it is "off".
        is_generate: whether `generate` has an argument of the first parameter's name, and `Settings` pass it.
        file: where whoever runs the server defines it, None for the playground's own; see `own.py`.
        example: where one sees its effect. Every stage of the playground's own has one.
    """

    name: str
    label: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    says: str
    make: Callable[[Values], Processor]
    formula: str = ""
    source: str = ""
    short: str = ""
    transformers: str = ""
    reads_moment: bool = False
    reads: tuple[str, ...] = ()
    reads_ends: bool = False
    check: Callable[[Values], Any] | None = None
    switches: Callable[[Values], bool] | None = None
    in_sidebar: bool = False
    removes: bool = True
    sweep: tuple[float, float] | None = None
    gives_none: Literal["never", "unread", "off"] = "never"
    is_generate: bool = True
    file: Path | None = None
    example: Example | None = None
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(parameter.name for parameter in self.parameters))

    @property
    def setting(self) -> str:
        """The name of the setting that switches it on."""
        return self.names[0]

    @property
    def rule(self) -> Rule:
        """The rule of that setting."""
        return self.parameters[0].rule

    @property
    def slider(self) -> Slider | None:
        """The slider of that setting."""
        return self.parameters[0].slider

    @property
    def default(self) -> Any:
        """The value that switches it off."""
        return self.rule.off[0]

    @property
    def is_sampling_only(self) -> bool:
        """Whether `generate` looks at it only with `do_sample=True`."""
        return self.kind in SAMPLING_ONLY

    @property
    def is_of_blanks(self) -> bool:
        """Whether it says something about a blank in the middle of a text, before which nothing was written."""
        return self.is_sampling_only or not self.reads_moment

    def is_on(self, values: Values) -> bool:
        """Returns whether it does something under these values of its parameters."""
        return self.switches(values) if self.switches else values[self.setting] not in self.rule.off
