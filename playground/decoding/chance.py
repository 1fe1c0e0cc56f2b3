"""The random numbers of a text: each one follows from the seed, the step and what it is for."""

import numpy as np


def uniform(seed: int, step: int, stream: int = 0) -> float:
    """Returns the random number of one step, uniform in [0, 1).

    Counter-based (Philox, Salmon et al. 2011), so it depends on nothing but its arguments: a fork at a step sees the
    numbers that the original would have seen, whoever shares the batch.

    Args:
        seed: 0..2**32 - 1.
        step: the number of tokens of the completion so far.
        stream: 0 for the draw of the token; a stage that draws has a number of its own.
    """
    return float(np.random.Generator(np.random.Philox(key=seed, counter=stream << 128 | step << 64)).random())
