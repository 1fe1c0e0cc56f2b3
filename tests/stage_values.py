"""Values of stages for tests: values inside each range, and those around its ends."""

import math
from typing import Any

import numpy as np

from playground.decoding.rules import Rule
from playground.decoding.settings import RULES
from playground.decoding.stages import BY_SETTING, PARAMETERS, STAGES
from tests.words import word_value

OFF = {name: parameter.rule.check(name, parameter.start) for name, parameter in PARAMETERS.items()}
PLAIN = {name: RULES[name].plain(value) for name, value in OFF.items()}
"""The same values as JSON has them."""
NUMBERS = [name for name in OFF if isinstance(RULES[name], Rule) and BY_SETTING[name].kind != "watermark"]
"""The settings of stages that are numbers, except the watermark's, for which the page needs a list of the server."""
GENERATES = [stage.setting for stage in STAGES if stage.is_generate]
"""The settings of stages for which `generate` has an argument."""
PENALTIES = [stage.name for stage in STAGES if not stage.is_sampling_only]


def inside(name: str, rng: np.random.Generator, vocabulary: int) -> Any:
    """Returns a value that switches the stage on, mostly one of its slider; for k also the vocabulary's size.

    A constraint and a watermark stay off: their masks come from the server, and they have random cases of their own.
    """
    if BY_SETTING[name].kind in ("constraint", "watermark"):
        return PLAIN[name]
    rule, slider = PARAMETERS[name].rule, PARAMETERS[name].slider
    if not isinstance(rule, Rule):
        return word_value(name, rng, vocabulary)
    low, high = max(slider.low, rule.low), min(slider.high, rule.high)
    if rule.whole:
        many = [vocabulary, vocabulary + 9] if rule.high >= 2 * vocabulary else []
        value = int(rng.choice([1, 2, 3, 5, *many, rng.integers(1, vocabulary + 1)]))
        return min(value, rule.high, 3 if BY_SETTING[name].kind == "penalty" else value)
    value = float(rng.choice([rng.uniform(low, high), rng.uniform(low, high), low, high, (low + high) / 2]))
    return value if value not in rule.off and not (rule.open_low and value == rule.low) else (low + high) / 3


def around_the_ends(name: str) -> list[float]:
    """Returns both ends of a setting's range, their nearest neighbours on each side, and some farther values."""
    rule = RULES[name]
    steps = (1,) if rule.whole else (1e-6, 1e-3)
    values = [end + sign * step for end in (rule.low, rule.high) for step in (0, *steps) for sign in (-1, 1)]
    if not rule.whole:
        values += [math.nextafter(end, to) for end in (rule.low, rule.high) for to in (-math.inf, math.inf)]
    return sorted({*values, 0, 1, 2.5, 1e4, 1e9})


def end_of(rule: Rule, end: str) -> float:
    """Returns the least or the greatest value that the rule accepts. `end` is "low" or "high"."""
    return math.nextafter(rule.low, 1) if end == "low" and rule.open_low else getattr(rule, end)
