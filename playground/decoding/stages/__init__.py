"""The registry: every processing stage, one file each, in the order in which `generate` applies them.

Settings, their checks, the sidebar, the chain, tables, labels, links, `docs/settings.md` and the parity tests follow
from it. What JavaScript knows of a stage beside its mathematics is generated from it: run `make generated` after a
change. `CONTRIBUTING.md` says how to add a stage. Stages that `generate` does not have stand where it would take a
processor of the caller's, or beside those of their kind.
"""

from playground.decoding.stages.bad_words import BAD_WORDS
from playground.decoding.stages.constraint import CONSTRAINT
from playground.decoding.stages.dry import DRY
from playground.decoding.stages.encoder_repetition_penalty import ENCODER_REPETITION_PENALTY
from playground.decoding.stages.epsilon_cutoff import EPSILON_CUTOFF
from playground.decoding.stages.eta_cutoff import ETA_CUTOFF
from playground.decoding.stages.exponential_decay_length_penalty import EXPONENTIAL_DECAY_LENGTH_PENALTY
from playground.decoding.stages.frequency_penalty import FREQUENCY_PENALTY
from playground.decoding.stages.logit_bias import LOGIT_BIAS
from playground.decoding.stages.min_new_tokens import MIN_NEW_TOKENS
from playground.decoding.stages.min_p import MIN_P
from playground.decoding.stages.mirostat import MIROSTAT
from playground.decoding.stages.no_repeat_ngram_size import NO_REPEAT_NGRAM_SIZE
from playground.decoding.stages.own import with_own_stages
from playground.decoding.stages.presence_penalty import PRESENCE_PENALTY
from playground.decoding.stages.repetition_penalty import REPETITION_PENALTY
from playground.decoding.stages.smoothing_factor import SMOOTHING_FACTOR
from playground.decoding.stages.stage import Stage
from playground.decoding.stages.temperature import TEMPERATURE
from playground.decoding.stages.tfs_z import TFS_Z
from playground.decoding.stages.top_a import TOP_A
from playground.decoding.stages.top_h import TOP_H
from playground.decoding.stages.top_k import TOP_K
from playground.decoding.stages.top_n_sigma import TOP_N_SIGMA
from playground.decoding.stages.top_p import TOP_P
from playground.decoding.stages.typical_p import TYPICAL_P
from playground.decoding.stages.watermark import WATERMARK
from playground.decoding.stages.xtc import XTC

STAGES: tuple[Stage, ...] = (
    CONSTRAINT,
    LOGIT_BIAS,
    ENCODER_REPETITION_PENALTY,
    REPETITION_PENALTY,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    NO_REPEAT_NGRAM_SIZE,
    DRY,
    BAD_WORDS,
    MIN_NEW_TOKENS,
    EXPONENTIAL_DECAY_LENGTH_PENALTY,
    TOP_N_SIGMA,
    TEMPERATURE,
    SMOOTHING_FACTOR,
    TOP_H,
    TOP_K,
    TOP_P,
    MIN_P,
    TYPICAL_P,
    EPSILON_CUTOFF,
    ETA_CUTOFF,
    TOP_A,
    TFS_Z,
    XTC,
    MIROSTAT,
    WATERMARK,
)
STAGES = with_own_stages(STAGES)
"""The playground's own stages, and those of whoever runs the server; see `own.py`."""

BY_NAME = {stage.name: stage for stage in STAGES}
BY_SETTING = {name: stage for stage in STAGES for name in stage.names}
"""The stage of each setting."""
PARAMETERS = {parameter.name: parameter for stage in STAGES for parameter in stage.parameters}
"""Of every setting of a stage, by its name; the stages in their order."""
