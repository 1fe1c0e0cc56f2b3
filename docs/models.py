"""Says how the playground runs each causal architecture of transformers, in a table and on the page `docs/models.md`.

`tests/test_architectures.py` runs every architecture and fails where this table is wrong. `make generated` writes the
page from the table.
"""

from dataclasses import dataclass

import transformers
from transformers import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

ARCHITECTURES = tuple(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
"""The `model_type` of every causal architecture of the installed transformers."""

EVERY_LAYER, SOME_LAYERS, NO_LAYER = "every layer", "some layers", "none"


@dataclass(frozen=True)
class Outcome:
    """What happens with the models of one architecture.

    Attributes:
        refused: a part of the sentence with which `load` refuses them; empty if it does not.
        fault: what is wrong with them and not repaired yet; empty if nothing is.
        attention: the layers whose attention is recorded: `EVERY_LAYER`, `SOME_LAYERS` or `NO_LAYER`.
        batch: whether several texts share a forward. If not, one text at a time is generated.
        remark: what a user should know besides.
    """

    refused: str = ""
    fault: str = ""
    attention: str = EVERY_LAYER
    batch: bool = True
    remark: str = ""


EXACT = Outcome()
NO_TEXT = Outcome(refused="does not continue a text token by token")
NO_STEPS = Outcome(refused="cannot write a text token by token")
HYBRID = Outcome(attention=SOME_LAYERS)
DECODER = Outcome(remark="Only with `is_decoder: true` in its config: otherwise it is encoder-only, and fills blanks.")
SHORT_BATCHES = Outcome(
    remark="Known fault: a text beside one of more than `floor_scale` (8,192) tokens is not quite right."
)
SHORT_TEXTS = Outcome(remark="With `longrope`, a text has at most `original_max_position_embeddings` tokens.")
NOT_ONE_BY_ONE = Outcome(
    refused="gives other logits when it reads a text token by token than when it reads the whole text at once"
)
ENCODERS = (
    "bert",
    "big_bird",
    "camembert",
    "data2vec-text",
    "electra",
    "ernie",
    "megatron-bert",
    "rembert",
    "roberta",
    "roberta-prelayernorm",
    "roc_bert",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
)
"""The architectures that are encoders unless their config says `is_decoder`. They pass as causal models and are
refused, because their tokens see later ones."""

OUTCOMES: dict[str, Outcome] = {
    **dict.fromkeys(ARCHITECTURES, EXACT),
    **dict.fromkeys(ENCODERS, DECODER),
    # models that read a text and write another one, and others whose published names are no causal model's
    **dict.fromkeys(("bart", "bigbird_pegasus", "blenderbot", "blenderbot-small", "marian", "mbart"), NO_TEXT),
    **dict.fromkeys(("mvp", "pegasus", "plbart", "prophetnet", "whisper"), NO_TEXT),
    **dict.fromkeys(("musicgen", "musicgen_melody"), NO_TEXT),
    **dict.fromkeys(("bert-generation", "reformer"), NO_TEXT),
    # layers with a state
    **dict.fromkeys(("bailing_hybrid", "bamba", "granitemoehybrid", "jamba", "kimi_linear", "lara_mini"), HYBRID),
    **dict.fromkeys(
        ("lfm2", "lfm2_moe", "lfm3", "nemotron_h", "olmo_hybrid", "qwen3_5", "qwen3_5_text", "qwen3_5_moe"), HYBRID
    ),
    **dict.fromkeys(("qwen3_5_moe_text", "qwen3_next", "qwen4_exp", "qwen4_exp_text", "zamba", "zamba2"), HYBRID),
    **dict.fromkeys(("falcon_mamba", "mamba", "mamba2"), Outcome(refused="has no attention layer")),
    **dict.fromkeys(("deepseek_v4", "rwkv", "xlstm"), Outcome(refused="keeps its state in a way of its own")),
    # what the first check finds
    **dict.fromkeys(("recurrent_gemma", "xlnet"), NOT_ONE_BY_ONE),
    **dict.fromkeys(("cpmant", "gemma4_assistant", "gemma4_unified_assistant"), NO_STEPS),
    **dict.fromkeys(("minimax", "minimax_m3_vl_text", "openai-gpt", "xlm"), NO_STEPS),
    **dict.fromkeys(("git", "moss_transcribe_diarize", "roformer", "trocr"), Outcome(batch=False)),
    "falcon": Outcome(attention=NO_LAYER, remark="transformers computes its attention weights with a wrong mask."),
    "inkling2_loop_text": Outcome(attention=NO_LAYER),
    "dory": Outcome(remark="Layers that run twice are numbered twice."),
    "mllama": Outcome(attention=SOME_LAYERS, remark="The layers that look at pictures are left out."),
    **dict.fromkeys(("llama4", "llama4_text"), SHORT_BATCHES),
    **dict.fromkeys(("minicpm3", "phi3", "phi4_multimodal"), SHORT_TEXTS),
    # known faults
    "blt": Outcome(refused="does not say how many layers it has"),
    "gemma3n": Outcome(
        fault="Not tried as a whole, which needs the package timm. `load` takes its text part, `gemma3n_text`."
    ),
}
"""One entry for each of `ARCHITECTURES`. An architecture that is not named is exact."""


def page() -> str:
    """Returns the page of the documentation about architectures."""
    found = list(OUTCOMES.values())
    faults, refused = sum(bool(one.fault) for one in found), sum(bool(one.refused) for one in found)
    rows = "\n".join(_row(kind) for kind in sorted(ARCHITECTURES))
    return f"""# Models

<!-- This page is made by `make generated` from the table in docs/models.py, which `make test-architectures` checks. -->

`--model` takes any model for text generation of an architecture that transformers knows. This page lists the
{len(found)} causal architectures of transformers {transformers.__version__}: {len(found) - faults - refused} are
exact, {refused} are refused with a sentence when they are loaded, and {faults} have a known fault.

A tiny model with random weights is built for each architecture. Four prompts of unequal length run together in the
playground, and each one alone in transformers' `generate`. *Exact* means that the tokens are the same, and that the
logits differ by no more than the rounding of float32.

- **architecture**: the `model_type` in the model's `config.json`, and the class that transformers loads
- **attention**: the layers whose attention weights are recorded
- **batch**: whether several texts share a forward; otherwise one text at a time is generated

| architecture | class | exact | attention | batch | remarks |
|---|---|---|---|---|---|
{rows}
"""


def _row(kind: str) -> str:
    one = OUTCOMES[kind]
    if one.fault:
        result = ["**no**", "–", "–", f"Known fault. {one.fault}"]
    elif one.refused:
        result = ["refused", "–", "–", f"It {one.refused}."]
    else:
        parts: dict[str, object] = CONFIG_MAPPING[kind].sub_configs  # pyright: ignore[reportAssignmentType]  # of a class
        part = "Only its text part is used." if "text_config" in parts else ""
        result = ["yes", one.attention, "yes" if one.batch else "one at a time", f"{one.remark} {part}".strip()]
    return (
        "".join(
            f"| {cell} " if cell else "| " for cell in (f"`{kind}`", MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[kind], *result)
        )
        + "|"
    )
