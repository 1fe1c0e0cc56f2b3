"""One way to decode, as frozen values: the strategy, the settings of every stage, their order, lengths, seed, beams.

The stages' fields come from the registry in `stages/`. Names and off values are Hugging Face's where it has the stage.
Knows rules, stages and orders. Does not know how a value is drawn on the page or applied to logits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

from playground.decoding.orders import TRANSFORMERS, Order, beside, checked_order, names_in
from playground.decoding.rules import Rule
from playground.decoding.stages import BY_NAME, PARAMETERS, STAGES
from playground.decoding.stages.stage import Stage
from playground.errors import PlaygroundError
from playground.values import shown, text

STRATEGIES = ("greedy", "sample", "beam")
MAX_SEED = 2**32 - 1
MOST_STOP_STRINGS, LONGEST_STOP_STRING = 16, 1000

RULES = {name: parameter.rule for name, parameter in PARAMETERS.items()} | {
    "max_new_tokens": Rule(1, 1_000_000, whole=True),
    "seed": Rule(0, MAX_SEED, whole=True),
    "num_beams": Rule(1, 64, whole=True),
    "length_penalty": Rule(-10, 10),
}
"""Of every setting with a rule, by its name; those of stages first, in their order."""

SAMPLING_ONLY = tuple(name for stage in STAGES if stage.is_sampling_only for name in stage.names)
"""What `generate` looks at only with `do_sample=True`."""
BEAM_ONLY = ("num_beams", "length_penalty", "early_stopping")
"""What `generate` looks at only with `num_beams` above 1."""


_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True)
def _with_stages(cls: type[_Class]) -> type[_Class]:
    """Makes a frozen dataclass of `cls`, with a field for every parameter of a stage after the strategy."""
    own = dict(cls.__annotations__)
    strategy = own.pop("strategy")
    cls.__annotations__ = {"strategy": strategy} | dict.fromkeys(PARAMETERS, Any) | own
    for name, parameter in PARAMETERS.items():
        setattr(cls, name, parameter.rule.check(name, parameter.start))
    return dataclass(frozen=True)(cls)


@_with_stages
class Settings:
    """One way to decode. The defaults are off: they leave the model's own distribution untouched.

    Every parameter of a stage is an attribute of its name; `docs/settings.md` lists them.

    Attributes:
        strategy: "greedy" takes the most probable token, "sample" draws one, "beam" searches `num_beams` wide.
        max_new_tokens: at most this many tokens are generated.
        stop_strings: the completion ends once it holds one of these.
        seed: with the step's index gives the step's random numbers.
        num_beams, length_penalty, early_stopping: beam search, as in `generate`.
        order: in which the stages run; see `orders.py`.

    Raises:
        PlaygroundError: a value outside its rule, named with its remedy.
    """

    strategy: str = "sample"
    max_new_tokens: int = 40
    stop_strings: tuple[str, ...] = ()
    seed: int = 0
    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: bool = False
    order: Order = TRANSFORMERS

    if TYPE_CHECKING:  # a type checker does not see the stages' fields

        def __init__(
            self,
            strategy: str = "sample",
            *,
            max_new_tokens: int = ...,
            stop_strings: Sequence[str] = ...,
            seed: int = ...,
            num_beams: int = ...,
            length_penalty: float = ...,
            early_stopping: bool = ...,
            order: Order | Sequence[str] = ...,
            **stages: Any,
        ) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise PlaygroundError(f"strategy is {shown(self.strategy)}. Choose one of {', '.join(STRATEGIES)}.")
        for name, rule in RULES.items():
            object.__setattr__(self, name, rule.check(name, getattr(self, name)))
        for stage in STAGES:
            if stage.check:
                stage.check(self.values_of(stage))
        object.__setattr__(self, "stop_strings", _stop_strings(self.stop_strings))
        if not isinstance(self.early_stopping, bool):
            raise PlaygroundError(f"early_stopping must be true or false, but is {shown(self.early_stopping)}.")
        object.__setattr__(self, "order", checked_order(self.order))

    @classmethod
    def from_dict(cls, values: object) -> "Settings":
        """Settings from outside (JSON, an API call): missing names are off, unknown ones are refused."""
        if not isinstance(values, Mapping):
            raise PlaygroundError(f"settings must be an object of names and values, but is {shown(values)}.")
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise PlaygroundError(
                    f"{shown(name)} is not a setting of this server. The settings are {', '.join(names)}."
                )
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values under the same names; `from_dict` takes them back."""
        values = asdict(self)
        plain = {name: rule.plain(values[name]) for name, rule in RULES.items()}
        order = self.order if isinstance(self.order, str) else list(self.order)
        return values | plain | {"stop_strings": list(self.stop_strings), "order": order}

    def values_of(self, stage: Stage) -> dict[str, Any]:
        """Returns the values that a stage reads, by the settings' names."""
        return {name: getattr(self, name) for name in (*stage.names, *stage.reads)}

    def is_on(self, name: str) -> bool:
        """Returns whether the stage of this name does something, if the strategy looks at it."""
        stage = BY_NAME[name]
        return stage.is_on(self.values_of(stage))

    def in_force(self) -> tuple[Stage, ...]:
        """Returns the stages that take part in the choice of a token, in their order."""
        samples = self.strategy == "sample"
        stages = [BY_NAME[name] for name in names_in(self.order) if self.is_on(name)]
        on = [one for one in stages if samples or not one.is_sampling_only]
        left = beside(self.order, [one.name for one in on])
        return tuple(one for one in on if one.name in left)

    def processing(self) -> "Settings":
        """These settings with all that cannot change a distribution set off.

        Two rows whose `processing()` is equal go through the same processors: greedy drops what only sampling uses,
        and an order that puts the stages in force as `generate` does is that one.
        """
        off, in_force = Settings(), self.in_force()
        read = {name for stage in in_force for name in (*stage.names, *stage.reads)}
        values = {name: getattr(self if name in read else off, name) for name in PARAMETERS}
        names = tuple(stage.name for stage in in_force)
        ordered = tuple(stage.name for stage in STAGES if stage in in_force)
        return Settings(self.strategy, order=TRANSFORMERS if names == ordered else names, **values)

    def chooses_as(self, other: "Settings") -> bool:
        """Whether both choose the same token at every step of the same text."""
        if self == other:
            return True
        same_draws = self.strategy != "sample" or self.seed == other.seed
        return same_draws and self.processing() == other.processing()

    def generate_kwargs(self) -> dict[str, Any]:
        """The keyword arguments that make `model.generate` decode like this.

        Every value is passed, also those that are off, because a model's own `generation_config` may carry others.
        What this strategy does not read is passed as the value of which transformers does not warn.
        `stop_strings` need `tokenizer=` beside them and are left out when there are none.
        """
        values: dict[str, Any] = self.to_dict() | {"do_sample": self.strategy == "sample"}
        ours = {"strategy", "seed", "order"} | (set() if self.stop_strings else {"stop_strings"})
        for stage in STAGES:
            is_read = self.strategy == "sample" or not stage.is_sampling_only
            ours |= {*stage.names[1:]} if stage.is_generate else {*stage.names}
            if not stage.is_generate:
                continue
            if not is_read:
                values[stage.setting] = stage.default
            if stage.gives_none == "off" and not (is_read and self.is_on(stage.name)):
                values[stage.setting] = None
            if stage.gives_none == "unread" and not is_read:
                values[stage.setting] = None
        if self.strategy != "beam":
            values |= {name: getattr(Settings(), name) for name in BEAM_ONLY}
        return {name: value for name, value in values.items() if name not in ours}

    @property
    def is_generates(self) -> bool:
        """Whether `generate_kwargs` say all: `generate` has each stage in force, and runs them in this order."""
        return self.processing().order == TRANSFORMERS and all(self.is_theirs(one) for one in self.in_force())

    def is_theirs(self, stage: Stage) -> bool:
        """Returns whether `generate` has the stage with these values: an argument for the first one, and no other."""
        others = stage.parameters[1:]
        return stage.is_generate and all(getattr(self, one.name) == one.start for one in others)


def _stop_strings(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise PlaygroundError(f"stop_strings must be a list of texts, but is {shown(value)}.")
    if len(value) > MOST_STOP_STRINGS:
        raise PlaygroundError(f"stop_strings holds {len(value):,} texts. Give at most {MOST_STOP_STRINGS}.")
    for one in value:
        if not isinstance(one, str) or not one:
            raise PlaygroundError(f"stop_strings holds {shown(one)}. Each one must be a text that is not empty.")
        text("A text of stop_strings", one, LONGEST_STOP_STRING)
    return tuple(value)


PRESETS = {
    "Greedy": Settings(strategy="greedy"),
    "Focused": Settings(temperature=0.5, top_k=20, top_p=0.8),
    "Balanced": Settings(temperature=0.8, top_k=40, top_p=0.9),
    "Creative": Settings(temperature=1.2, top_p=0.95, min_p=0.05),
    "Top-3 only": Settings(top_k=3),
    "Nucleus 0.3": Settings(top_p=0.3),
    "Min-p 0.1": Settings(temperature=1.5, min_p=0.1),
    "Top-nσ 1": Settings(temperature=1.5, top_n_sigma=1),
    "Mirostat 2": Settings(mirostat=2, mirostat_tau=3),
    "XTC + DRY": Settings(min_p=0.05, xtc_probability=0.5, dry_multiplier=0.8),
}
"""Named starting points. They say how to choose a token; length and seed stay what they are."""

PRESET_HELPS = {
    "Greedy": "Takes the most probable token at every step, so that the text is the same every time.",
    "Focused": "Draws from the few most probable tokens, at a low temperature.",
    "Balanced": "Draws from the more probable tokens, at a temperature a little below 1.",
    "Creative": "Makes less probable tokens more probable, and removes the least probable ones.",
    "Top-3 only": "Draws from the three most probable tokens.",
    "Nucleus 0.3": "Draws from the fewest tokens that hold 30 % of the probability, which is often a single one.",
    "Min-p 0.1": "Draws at temperature 1.5 from the tokens that are at least a tenth as probable as the best one.",
    "Top-nσ 1": "Draws at temperature 1.5 from the tokens whose logits are close to the highest one.",
    "Mirostat 2": "Moves its cut after every token, so that the text stays about equally surprising.",
    "XTC + DRY": "Often leaves out the most obvious tokens, and makes it improbable that the text repeats itself.",
}
"""What each preset does, in one sentence."""
