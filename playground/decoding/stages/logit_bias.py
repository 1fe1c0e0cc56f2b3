"""Logit bias."""

from collections import defaultdict

from transformers import SequenceBiasLogitsProcessor

from playground.decoding.stages.stage import Example, Parameter, Processor, Stage, Values
from playground.decoding.stages.warper import of_scores
from playground.decoding.vocabulary import Vocabulary, kept_by_vocabulary, known_id, known_ids
from playground.decoding.word_rules import BAN, Bias, BiasesRule


@kept_by_vocabulary
def biases_by_id(biases: tuple[Bias, ...], vocabulary: Vocabulary) -> tuple[tuple[int, float | None], ...]:
    """Returns each token's id with its bias, None for one that is removed.

    Each token of a text gets the text's bias, as in llama.cpp's server, and biases of the same token add up.
    """
    found: defaultdict[int, float] = defaultdict(float)
    for token, bias in biases:
        is_text = isinstance(token, str)
        ids = known_ids("logit_bias", token, vocabulary) if is_text else (known_id("logit_bias", token, vocabulary),)
        for token_id in ids:
            found[token_id] += bias
    return tuple((token_id, None if bias == BAN else bias) for token_id, bias in found.items())


def _logit_bias(values: Values) -> Processor:
    biases = [[[token_id], BAN if bias is None else bias] for token_id, bias in values["logit_bias"]]
    return of_scores(SequenceBiasLogitsProcessor(biases))


LOGIT_BIAS = Stage(
    name="logit_bias",
    label="logit bias",
    short="bias",
    kind="penalty",
    parameters=(Parameter("logit_bias", BiasesRule(), resolve=biases_by_id),),
    says="adds a number of your choice to the logits of some tokens, or removes them",
    formula="z′ = z + b(token); z′ = −∞ for false",
    source="OpenAI's API, `logit_bias`; texts as in llama.cpp's server",
    make=_logit_bias,
    transformers="SequenceBiasLogitsProcessor",
    is_generate=False,
    example=Example(
        "The capital of France is",
        {"strategy": "greedy", "max_new_tokens": 24, "logit_bias": {" London": 6}},
        "Without it “London” has 1 %; with 6 added to its logit it has 84 %, and the text comes back to "
        "London again and again.",
    ),
)
