"""What the controls say: `Settings`, the rules its values obey, and the `generate()` arguments they mean.

Knows errors. Does not know how a value is drawn on the page or applied to logits.
Names and off-values are Hugging Face's.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from playground.errors import PlaygroundError
from playground.values import shown, text

STRATEGIES = ("greedy", "sample", "beam")
MAX_SEED = 2**32 - 1
MOST_STOP_STRINGS, LONGEST_STOP_STRING = 16, 1000


@dataclass(frozen=True)
class Rule:
    """The values one number may take: `low`..`high`, ends included unless `open_low`; `whole` for integers.

    `off` are a stage's values under which `generate` leaves it out, the default first; `off_does` says in a refusal
    what they do, unless that is to switch it off. The page has the same rules in `assets/distribution/rules.js`.
    """

    low: float
    high: float
    whole: bool = False
    open_low: bool = False
    off: tuple[float, ...] = ()
    off_does: str = ""

    def check(self, name: str, value: object) -> int | float:
        """`value` as an int or a float inside the rule.

        A float without a fraction is taken for an int and an int for a float, because sliders and JSON mix them.

        Raises:
            PlaygroundError: not a number, not finite, not whole, or out of range.
        """
        kind = "a whole number" if self.whole else "a number"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise PlaygroundError(f"{name} must be {kind}, but is {shown(value)}. {self._remedy(name)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise PlaygroundError(f"{name} must be {kind}, but is {shown(value)}. {self._remedy(name)}")
        if not self.low <= number <= self.high or (self.open_low and number == self.low):
            raise PlaygroundError(f"{name} is {shown(value)}, which is out of range. {self._remedy(name)}")
        return int(value) if self.whole else number

    def _remedy(self, name: str) -> str:
        span = f"above {self.low:g} and at most" if self.open_low else f"from {self.low:g} to"
        off = " and ".join(f"{value:g}" for value in self.off)
        does = self.off_does or ("are off" if len(self.off) > 1 else "is off")
        return f"Give {name} a value {span} {self.high:.10g}{off and f' ({off} {does})'}."


RULES = {
    "temperature": Rule(0.001, 100, off=(1,), off_does="leaves the model's distribution as it is"),
    "top_k": Rule(0, 10_000_000, whole=True, off=(0,)),
    "top_p": Rule(0, 1, off=(1,)),
    "min_p": Rule(0, 1, off=(0,)),
    "typical_p": Rule(0, 1, open_low=True, off=(1,)),
    "epsilon_cutoff": Rule(0, 1, off=(0, 1)),
    "eta_cutoff": Rule(0, 1, off=(0, 1)),
    "repetition_penalty": Rule(0.01, 100, off=(1,)),
    "no_repeat_ngram_size": Rule(0, 1000, whole=True, off=(0,)),
    "max_new_tokens": Rule(1, 1_000_000, whole=True),
    "seed": Rule(0, MAX_SEED, whole=True),
    "num_beams": Rule(1, 64, whole=True),
    "length_penalty": Rule(-10, 10),
}

SAMPLING_ONLY = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
"""What `generate` looks at only with `do_sample=True`."""
BEAM_ONLY = ("num_beams", "length_penalty", "early_stopping")
"""What `generate` looks at only with `num_beams` above 1."""


@dataclass(frozen=True)
class Settings:
    """One way to decode. The defaults are off: they leave the model's own distribution untouched.

    Attributes:
        strategy: "greedy" takes the most probable token, "sample" draws one, "beam" searches `num_beams` wide.
        temperature: divides the logits; below 1 sharpens, above 1 flattens.
        top_k: keeps the k most probable tokens, ties included.
        top_p: keeps the most probable tokens whose sum reaches p, the token that crosses p included.
        min_p: keeps tokens at least this share as probable as the most probable one.
        typical_p: keeps the tokens closest in surprisal to the entropy, up to this mass (Meister et al. 2022).
        epsilon_cutoff: removes tokens below this probability (Hewitt et al. 2022).
        eta_cutoff: the same with a threshold that falls as the entropy grows (Hewitt et al. 2022).
        repetition_penalty: divides positive and multiplies negative logits of tokens seen before (Keskar et al. 2019).
        no_repeat_ngram_size: removes tokens that would repeat an n-gram of this size.
        max_new_tokens: at most this many tokens are generated.
        stop_strings: the completion ends once it holds one of these.
        seed: with the step's index gives the step's one random number.
        num_beams, length_penalty, early_stopping: beam search, as in `generate`.

    Raises:
        PlaygroundError: a value outside its rule, named with its remedy.
    """

    strategy: str = "sample"
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    epsilon_cutoff: float = 0.0
    eta_cutoff: float = 0.0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    max_new_tokens: int = 40
    stop_strings: tuple[str, ...] = ()
    seed: int = 0
    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: bool = False

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise PlaygroundError(f"strategy is {shown(self.strategy)}. Choose one of {', '.join(STRATEGIES)}.")
        for name, rule in RULES.items():
            object.__setattr__(self, name, rule.check(name, getattr(self, name)))
        object.__setattr__(self, "stop_strings", _stop_strings(self.stop_strings))
        if not isinstance(self.early_stopping, bool):
            raise PlaygroundError(f"early_stopping must be true or false, but is {shown(self.early_stopping)}.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Settings":
        """Settings from outside (JSON, an API call): missing names are off, unknown ones are refused."""
        if not isinstance(values, Mapping):
            raise PlaygroundError(f"settings must be an object of names and values, but is {shown(values)}.")
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise PlaygroundError(f"{shown(name)} is not a setting. The settings are {', '.join(names)}.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values under the same names; `from_dict` takes them back."""
        return asdict(self) | {"stop_strings": list(self.stop_strings)}

    def is_on(self, stage: str) -> bool:
        """Whether `generate` would make the processor that a stage's value asks for, if it samples."""
        return getattr(self, stage) not in RULES[stage].off

    def processing(self) -> "Settings":
        """These settings with all that cannot change a distribution set off.

        Two rows whose `processing()` is equal go through the same processors: greedy drops what only sampling uses.
        """
        off = Settings()
        ignored = ["max_new_tokens", "stop_strings", "seed", *BEAM_ONLY]
        if self.strategy == "greedy":
            ignored += SAMPLING_ONLY
        return replace(self, **{name: getattr(off, name) for name in ignored})

    def generate_kwargs(self) -> dict[str, Any]:
        """The keyword arguments that make `model.generate` decode like this.

        Every value is passed, also those that are off, because a model's own `generation_config` may carry others.
        What this strategy does not read is passed as the value of which transformers does not warn.
        `stop_strings` need `tokenizer=` beside them and are left out when there are none.
        """
        values = self.to_dict() | {"do_sample": self.strategy == "sample"}
        if self.strategy != "sample":
            values |= {name: getattr(Settings(), name) for name in SAMPLING_ONLY} | {"top_k": None, "min_p": None}
        if self.strategy != "beam":
            values |= {name: getattr(Settings(), name) for name in BEAM_ONLY}
        ours = {"strategy", "seed"} | (set() if self.stop_strings else {"stop_strings"})
        return {name: value for name, value in values.items() if name not in ours}


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
}
"""Named starting points. They say how to choose a token; length and seed stay what they are."""
