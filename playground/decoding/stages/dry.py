"""DRY, "Don't repeat yourself": the longer a repetition would become, the less probable is its next token."""

import math
from collections import defaultdict

import numpy as np
import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.repeats import LONGEST_TAIL, Tails, followers, since_breaker
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values
from playground.decoding.stages.text_window import LAST_N, WHOLE_TEXT, last
from playground.decoding.stages.warper import long_tensor
from playground.decoding.vocabulary import Vocabulary, kept_by_vocabulary, known_ids
from playground.decoding.word_rules import TextsRule

BREAKERS = ("\n", ":", '"', "*")
LONGEST_BREAKER = 40
LOG_OF_MOST = 88.7228391
"""The logarithm of float32's largest number, at which the power of the base stops growing."""
SMALLEST_BASE = 1.000001
"""The power of a base below this one does not reach that number."""


@kept_by_vocabulary
def tails_of(breakers: tuple[str, ...], vocabulary: Vocabulary) -> Tails:
    """Returns the breakers as tokens: by each token with which one can begin, the tokens that then follow.

    A token that holds the whole breaker is one by itself. A token that ends as the breaker begins is one if the tokens
    of the rest follow it. A character of several tokens is looked for as the tokenizer writes it.
    """
    found: defaultdict[int, dict[tuple[int, ...], None]] = defaultdict(dict)
    for breaker in breakers:
        beginnings = tuple(breaker[:length] for length in range(1, len(breaker)))
        for token_id, text in enumerate(vocabulary.texts):
            if breaker in text:
                found[token_id][()] = None
            elif beginnings and text.endswith(beginnings):
                for beginning in beginnings:
                    if text.endswith(beginning):
                        rest = breaker[len(beginning) :]
                        found[token_id][_tail(rest, vocabulary)] = None
        if not breaker.isascii():
            head, *tail = known_ids("dry_sequence_breakers", breaker, vocabulary)
            found[head][tuple(tail[:LONGEST_TAIL])] = None
    return {token_id: tuple(tails) for token_id, tails in found.items()}


def most_exponent(base: float) -> int | None:
    """Returns the exponent at which the power of a float32 base stops growing, None for a base that grows too little.

    >>> most_exponent(1.75), most_exponent(1.0)
    (158, None)
    """
    return int(LOG_OF_MOST / math.log(base)) if base > SMALLEST_BASE else None


def _tail(rest: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    return known_ids("dry_sequence_breakers", rest, vocabulary)[:LONGEST_TAIL]


def _dry(values: Values) -> Processor:
    multiplier, base = (float(np.float32(values[name])) for name in ("dry_multiplier", "dry_base"))
    allowed, window = int(values["dry_allowed_length"]), values["dry_penalty_last_n"]
    breakers: Tails = values["dry_sequence_breakers"]
    most = most_exponent(base)

    def penalty(length: int) -> float:
        exponent = length - allowed
        return multiplier * base ** (exponent if most is None else min(exponent, most))

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        text = last(moment.ids, window)
        repeats = {token_id: length for token_id, length in followers(text).items() if length >= allowed}
        limit = since_breaker(text, breakers, max(repeats.values(), default=0))
        if limit < allowed:
            return scores
        size = scores.shape[-1]
        ids = [token_id for token_id in repeats if token_id < size and () not in breakers.get(token_id, ())]
        places = long_tensor([ids], scores.device)
        penalties = torch.tensor([[penalty(min(repeats[token_id], limit)) for token_id in ids]], dtype=scores.dtype)
        return scores.scatter(-1, places, scores.gather(-1, places) - penalties.to(scores.device))

    return apply


DRY = Stage(
    name="dry",
    label="DRY",
    short="DRY",
    kind="penalty",
    parameters=(
        Parameter("dry_multiplier", Rule(0, 100, off=(0,)), Slider(0, 2, 0.05)),
        Parameter(
            "dry_base",
            Rule(1, 10),
            Slider(1, 4, 0.05),
            default=1.75,
            label="base",
            says="how fast the penalty grows with the length of the repetition",
        ),
        Parameter(
            "dry_allowed_length",
            Rule(1, 1000, whole=True),
            Slider(1, 20, 1),
            default=2,
            label="allowed length",
            says="how many tokens may be repeated before the next one is penalised",
        ),
        Parameter(
            "dry_penalty_last_n",
            LAST_N,
            Slider(-1, 2048, 1),
            default=WHOLE_TEXT,
            label="window",
            says="how many of the last tokens are searched: −1 for the whole text, 0 for none",
        ),
        Parameter(
            "dry_sequence_breakers",
            TextsRule(64, LONGEST_BREAKER),
            default=BREAKERS,
            label="breakers",
            says="texts beyond which no repetition reaches, such as the signs around a name in a conversation",
            resolve=tails_of,
        ),
    ),
    says="lowers the logit of a token that would continue a repetition, exponentially with the repetition's length",
    formula="z′ = z − multiplier · base^(length − allowed length), if the repetition is as long or longer",
    source="p-e-w 2024, text-generation-webui pull request 5677; as in llama.cpp's src/llama-sampler.cpp",
    make=_dry,
    reads_moment=True,
    switches=lambda values: values["dry_multiplier"] != 0 and values["dry_penalty_last_n"] != 0,
    removes=False,
    is_generate=False,
    example=Example(
        "Row, row, row your boat. Row, row, row your",
        {"strategy": "greedy", "max_new_tokens": 24, "dry_multiplier": 0.8},
        "Without it “boat” has 81 % and the line is repeated; with it “boat” has 6 %, and the text goes on "
        "with “ship”.",
    ),
)
