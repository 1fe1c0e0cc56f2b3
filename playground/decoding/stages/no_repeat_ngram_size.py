"""No-repeat n-gram."""

from transformers import NoRepeatNGramLogitsProcessor

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Slider, Stage
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
)
