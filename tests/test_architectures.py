"""Tests that every causal architecture of transformers is exact or refused, as the table in `docs/models.py` says."""

import asyncio
import re

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.modeling_utils import local_torch_dtype

from docs.models import ARCHITECTURES, ENCODERS, EVERY_LAYER, NO_LAYER, OUTCOMES, SOME_LAYERS
from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models import loading, preparing
from playground.traces.store import TraceStore
from playground.traces.trace import Trace
from tests import fakes
from tests.architectures import config_of, made

MOST_USED = (
    *("llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "qwen3_5", "gemma", "gemma2", "gemma3"),
    *("gemma3_text", "phi", "phi3", "gpt2", "gptj", "gpt_neox", "gpt_oss", "opt", "bloom", "falcon", "olmo2"),
    *("granite", "cohere", "smollm3", "starcoder2", "deepseek_v3"),
)
"""The architectures that `make test` runs. `make test-architectures` runs all."""
LENGTHS = (6, 21, 1, 11)
"""The lengths of the prompts: below and above a sliding window, and a single token."""
NEW_TOKENS = 8
STATES_TOLERANCE = 3e-4
"""As `TOLERANCE`, for layers with a state. transformers sums it up in another order when it reads many tokens than when
it reads one, in float32, and a norm enlarges the difference where a layer's output is small."""
TOLERANCE = 3e-5
"""How far logits may differ, in units of their standard deviation. The order of the sums in float32 changes them by up
to 1e-5 in four layers. A wrong mask or position changes them by 1e-2 or more."""


VARIANTS: dict[str, tuple[str, dict[str, object], str]] = {
    "DeepSeek V2 Lite": ("deepseek_v2", {"q_lora_rank": None}, ""),
    "Falcon 40B": ("falcon", {"new_decoder_architecture": True}, ""),
    "Falcon RW": (
        "falcon",
        {"alibi": True, "multi_query": False, "num_kv_heads": 4, "parallel_attn": False, "bias": True},
        "",
    ),
    "Gemma 4 with experts": (
        "gemma4_text",
        {"enable_moe_block": True, "num_experts": 4, "top_k_experts": 2, "moe_intermediate_size": 64},
        "",
    ),
    "GPT-NeoX one after the other": ("gpt_neox", {"use_parallel_residual": False}, ""),
    "Llama 3.1": (
        "llama",
        {
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 10_000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 32,
            }
        },
        "",
    ),
    "Llama 4 past its first 8,192 tokens": (
        "llama4_text",
        {"attn_temperature_tuning": True, "floor_scale": 4},
        "it scales attention by the position in the longest text of the batch",
    ),
    "Mistral without a window": ("mistral", {"sliding_window": None}, ""),
    "OPT 350M": ("opt", {"word_embed_proj_dim": 16, "do_layer_norm_before": False}, ""),
    "Qwen2 with a window": ("qwen2", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 2}, ""),
    "Qwen3 with YaRN": (
        "qwen3",
        {
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 10_000.0,
                "factor": 4.0,
                "original_max_position_embeddings": 24,
            }
        },
        "",
    ),
}
"""Published models whose config has other values than the class's defaults, so that other code runs: the architecture,
the values, and the fault that is known. What changes after many tokens changes here after a few, which prompts have."""


FAULTS = (AssertionError, AttributeError, ImportError, IndexError, RuntimeError, TypeError, ValueError)
"""What a known fault may raise. A model that `load` refuses has a fault no more, and then the table must say so."""


def case(name: str, fault: str):
    """Returns the parameter of a test, marked if it is left out of `make test` or known to fail."""
    marks = [] if name in MOST_USED else [pytest.mark.long]
    if fault:
        marks.append(pytest.mark.xfail(strict=True, reason=fault, raises=FAULTS))
    return pytest.param(name, marks=marks)


def loaded(kind: str, **changes: object) -> fakes.PacedModel:
    """Returns a tiny model of an architecture, after the checks that `load` makes.

    Raises:
        PlaygroundError: it is refused.
    """
    config = config_of(kind, **changes)
    config.architectures = [AutoModelForCausalLM._model_mapping[type(config)].__name__]
    preparing.part_of(config, kind)
    hf = made(config)
    loading.check_traceable(hf, kind)
    model = fakes.PacedModel(hf, fakes.byte_level_tokenizer(), kind)
    texts_may_share(model)
    return model


async def together(model: fakes.PacedModel, requests: list[Request]) -> list[Trace]:
    """Runs the requests at the same time. A model that was loaded may not refuse them."""
    limits = Limits() if texts_may_share(model) else Limits(rows=1)
    model.forwards.clear()
    engine = Engine(model, TraceStore(50_000_000), limits).start()
    try:
        return [trace for _, trace in await asyncio.gather(*(fakes.trace(engine, request) for request in requests))]
    except PlaygroundError as error:
        raise AssertionError(f"{model.name} was loaded, and refuses a text") from error
    finally:
        engine.close()


def attention_of(trace: Trace, layers: int) -> str:
    """Returns which layers' attention a trace holds: zeros are no attention. A layer that runs twice has it twice."""
    recorded = {0 if step.attention is None else int(step.attention.any(-1).any(-1).sum()) for step in trace.steps}
    assert len(recorded) == 1, "each step has the same layers"
    number = recorded.pop()
    return NO_LAYER if number == 0 else EVERY_LAYER if number >= layers else SOME_LAYERS


def furthest(trace: Trace, generated: tuple[torch.Tensor, ...]) -> float:
    """Returns the largest difference from `generate`'s logits in units of their standard deviation."""
    pairs = zip(trace.steps, generated, strict=True)
    return max(float((step.logits - logits[0]).abs().max() / logits[0].std()) for step, logits in pairs)


async def check(kind: str, **changes: object) -> None:
    """Checks that four prompts of unequal length together give what `generate` gives for each one alone.

    `generate` runs on a model of its own, with the same weights, in which nobody has changed anything. The prompts run
    while torch's default dtype is another one, as it is for a moment while transformers builds a model of 16 bits.
    """
    model, untouched, outcome = loaded(kind, **changes), made(config_of(kind, **changes)), OUTCOMES[kind]
    requests = [Request(fakes.prompt(length), fakes.greedy(NEW_TOKENS)) for length in LENGTHS]
    alone = [fakes.generate(untouched, one.prompt_ids, one.settings, output_logits=True) for one in requests]
    with local_torch_dtype(torch.bfloat16):
        traces = await together(model, requests)
    for request, generated, trace in zip(requests, alone, traces, strict=True):
        assert list(trace.token_ids) == generated.sequences[0][len(request.prompt_ids) :].tolist()
        assert furthest(trace, generated.logits) <= (STATES_TOLERANCE if model._forward.has_states else TOLERANCE)
        assert attention_of(trace, model.hf.config.get_text_config().num_hidden_layers) == outcome.attention
    assert (max(model.batch_sizes) > 1) == outcome.batch


@pytest.mark.parametrize("kind", [case(kind, OUTCOMES[kind].fault) for kind in ARCHITECTURES])
async def test_four_prompts_together_equal_generate_or_the_model_is_refused(kind):
    refused = OUTCOMES[kind].refused
    if refused:
        with pytest.raises(PlaygroundError, match=re.escape(refused)):
            loaded(kind)
    else:
        await check(kind)


@pytest.mark.parametrize("name", [case(name, fault) for name, (_, _, fault) in VARIANTS.items()])
async def test_four_prompts_together_equal_generate_for_a_published_variant(name):
    kind, changes, _ = VARIANTS[name]
    await check(kind, **changes)


def test_the_window_of_longrope_ends_where_its_positions_change():
    """A longer text is read with other factors from its beginning, and its cache holds what the first ones made."""
    factors = {"short_factor": [1.0] * 4, "long_factor": [4.0] * 4}
    rope = {"rope_type": "longrope", "rope_theta": 10_000.0, **factors}
    assert loaded("phi3", rope_parameters=rope, original_max_position_embeddings=24).window == 24
    assert loaded("phi3").window > 24


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.long) for kind in ENCODERS])
def test_an_encoder_is_refused(kind):
    with pytest.raises(PlaygroundError, match="Choose another model"):
        loaded(kind, is_decoder=False)


def test_the_table_names_architectures_that_transformers_has():
    assert set(OUTCOMES) == set(ARCHITECTURES)
    assert set(MOST_USED) <= set(ARCHITECTURES)
    assert set(ENCODERS) <= set(ARCHITECTURES)
    assert all(not (one.refused and one.fault) for one in OUTCOMES.values())
