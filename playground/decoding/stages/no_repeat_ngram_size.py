"""No-repeat n-gram."""

from transformers import NoRepeatNGramLogitsProcessor

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import of_text

NO_REPEAT_NGRAM_SIZE = Stage(
    name="no_repeat_ngram_size",
    label="no-repeat n-gram",
    short="n-gram",
    kind="penalty",
    parameters=(Parameter("no_repeat_ngram_size", Rule(0, 1000, whole=True, off=(0,)), Slider(0, 10, 1)),),
    says="removes tokens that would repeat an n-gram of this size",
    formula="z′ = −∞ for each token that followed the last n − 1 tokens before",
    source="Paulus et al. 2017, arXiv:1705.04304",
    make=lambda values: of_text(NoRepeatNGramLogitsProcessor(int(values["no_repeat_ngram_size"]))),
    transformers="NoRepeatNGramLogitsProcessor",
    reads_moment=True,
    sweep=(0, 4),
    example=Example(
        "The sea is blue. The sky is blue. The lake is",
        {"strategy": "greedy", "max_new_tokens": 24, "no_repeat_ngram_size": 2},
        "Without it “blue” has 77 %; with it “blue” is removed, because the text would have “is blue” once more.",
    ),
)
