"""Bad words: words and strings that must not be written."""

import torch
from transformers import NoBadWordsLogitsProcessor

from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Stage, Values
from playground.decoding.stages.text_window import last
from playground.decoding.stages.warper import long_tensor
from playground.decoding.vocabulary import Vocabulary, kept_by_vocabulary, known_ids
from playground.decoding.word_rules import TextsRule


@kept_by_vocabulary
def banned_ids(words: tuple[str, ...], vocabulary: Vocabulary) -> tuple[tuple[int, ...], ...]:
    """Returns the sequences of tokens that write the words, at the start of a text and after a space.

    A word that is just a token which ends a text is left out, as transformers' class does.
    """
    spelled = [spelling for word in words for spelling in (word, f" {word}") if not spelling.startswith("  ")]
    found = dict.fromkeys(known_ids("bad_words", spelling, vocabulary) for spelling in spelled)
    return tuple(ids for ids in found if not (len(ids) == 1 and ids[0] in vocabulary.end_ids))


def _bad_words(values: Values) -> Processor:
    sequences = [list(ids) for ids in values["bad_words"]]
    if not sequences:
        return lambda _, scores: scores
    processor, longest = NoBadWordsLogitsProcessor(sequences), max(map(len, sequences))

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        return processor(long_tensor([last(moment.ids, longest)], scores.device), scores)

    return apply


BAD_WORDS = Stage(
    name="bad_words",
    label="banned words",
    short="banned",
    kind="penalty",
    parameters=(Parameter("bad_words", TextsRule(200, 100), resolve=banned_ids),),
    says="removes the token that would complete one of these words or strings",
    formula="z′ = −∞ for the last token of a banned sequence whose other tokens were just written",
    make=_bad_words,
    transformers="NoBadWordsLogitsProcessor",
    reads_moment=True,
    is_generate=False,
    example=Example(
        "The capital of France is the city of",
        {"strategy": "greedy", "max_new_tokens": 20, "bad_words": ["Paris"]},
        "Without it “Paris” has 96 %; with it “Paris” is removed, and “London” comes first, which reads as "
        "well and is wrong.",
    ),
)
