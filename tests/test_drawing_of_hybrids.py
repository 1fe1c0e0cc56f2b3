"""Tests the drawing of models whose blocks are not all alike: what each kind does, which blocks it has, its counts."""

from math import prod

import pytest
import torch
from torch import nn

from playground.inside.drawing import Drawing, drawing
from playground.inside.writers import Wrote
from playground.models.language_model import LanguageModel
from tests.architectures import LAYERS, config_of, made
from tests.fakes import SLIDING_WINDOW, byte_level_tokenizer

ATTENTION = "norm attention add norm feed_forward add"
LINEAR = "norm linear_attention add norm feed_forward add"
STATE_SPACE = "norm state_space add norm feed_forward add"
CONVOLUTION = "norm convolution add norm feed_forward add"
EXPERTS = "norm attention add norm experts add"
BOTH_NORMS = "norm attention norm add norm feed_forward norm add"
EVEN, ODD = (0, 2), (1, 3)

KINDS: dict[str, dict[tuple[int, ...], str]] = {
    "bamba": {EVEN: STATE_SPACE, ODD: ATTENTION},
    "deepseek_v3": {(0,): ATTENTION, (1, 2, 3): EXPERTS},
    "falcon_h1": {(0, 1, 2, 3): "norm state_space add attention add norm feed_forward add"},
    "gemma3_text": {EVEN: BOTH_NORMS, ODD: BOTH_NORMS},
    "glm4_moe": {(0,): ATTENTION, (1, 2, 3): EXPERTS},
    "gpt_oss": {EVEN: EXPERTS, ODD: EXPERTS},
    "granitemoehybrid": {
        EVEN: "norm state_space add norm experts add feed_forward add",
        ODD: "norm attention add norm experts add feed_forward add",
    },
    "inkling_text": dict.fromkeys((EVEN, ODD), "norm attention convolution add norm experts convolution add"),
    "jamba": {EVEN: STATE_SPACE, ODD: EXPERTS},
    "kimi_linear": {EVEN: LINEAR, ODD: EXPERTS},
    "lfm2": {EVEN: CONVOLUTION, ODD: ATTENTION},
    "lfm2_moe": {(0,): CONVOLUTION, ODD: EXPERTS, (2,): "norm convolution add norm experts add"},
    "llama4_text": {EVEN: EXPERTS, ODD: EXPERTS},
    "mixtral": {(0, 1, 2, 3): EXPERTS},
    "nemotron_h": {
        (0,): "norm state_space add",
        (1,): "norm experts add",
        (2,): "norm attention add",
        (3,): "norm feed_forward add",
    },
    "olmo_hybrid": {EVEN: LINEAR, ODD: "attention norm add feed_forward norm add"},
    "qwen3_5_text": {EVEN: LINEAR, ODD: ATTENTION},
    "qwen3_next": {EVEN: "norm linear_attention add norm experts add", ODD: EXPERTS},
}
"""For each architecture the steps of the blocks of each kind."""
FURTHER = ("bloom", "dbrx", "gemma3n_text", "gemma4_text", "jetmoe", "qwen4_exp_text", "zaya")
"""Architectures with parts of other kinds, whose parameters must be counted too."""


def model_of(kind: str, **changes: object) -> LanguageModel:
    """Returns a tiny random model of an architecture."""
    return LanguageModel(made(config_of(kind, **changes)), byte_level_tokenizer(), kind)


def writers(found: Drawing, name: str) -> dict[tuple[int, ...], Wrote]:
    """Returns the first writer with a name of each kind that has one, by the numbers of the blocks."""
    return {
        kind.layers: next(one for one in kind.shape.writers if one.name == name)
        for kind in found.kinds
        if name in kind.shape.steps
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_block_is_drawn_with_what_it_does(kind):
    found = drawing(model_of(kind))
    assert {one.layers: " ".join(one.shape.steps) for one in found.kinds} == KINDS[kind]
    for one in found.kinds:
        assert [writer.name for writer in one.shape.writers] == [
            step for step in one.shape.steps if step not in ("norm", "add")
        ]
        assert one.shape.undrawn == ()


@pytest.mark.parametrize("kind", [*KINDS, *FURTHER])
def test_the_parts_add_up_to_the_model(kind):
    model = model_of(kind)
    found = drawing(model)
    assert sum(part.parameters for part in found.parts) == found.parameters == model.hf.num_parameters()
    for part in found.parts:
        first = next((number for number in part.each if number), part.parameters)
        assert sum(prod(shape) for _, shape in part.tensors) == first
    drawn = {part.name: tuple(at for at, number in enumerate(part.each) if number) for part in found.parts if part.each}
    for name in {name for one in found.kinds for name in one.shape.steps} - {"norm", "add"}:
        assert drawn[name] == tuple(sorted(at for one in found.kinds if name in one.shape.steps for at in one.layers))
    if kind in KINDS:
        assert not {"rest", "other"} & {part.name for part in found.parts}


def test_the_parameters_of_a_mixer_are_those_of_its_modules():
    model = model_of("jamba")
    parts = {part.name: part for part in drawing(model).parts}
    own = [sum(one.numel() for one in layer.mamba.parameters()) for layer in model.hf.model.layers[::2]]
    assert parts["state_space"].each == (own[0], 0, own[1], 0)
    assert parts["attention"].tensors[0] == ("model.layers.1.self_attn.q_proj.weight", (32, 32))


@pytest.mark.parametrize(("kind", "variant"), [("jamba", "Mamba"), ("bamba", "Mamba-2"), ("falcon_h1", "Mamba-2")])
def test_a_state_space_says_its_variant_and_its_state(kind, variant):
    model = model_of(kind)
    config = model.hf.config
    for found in writers(drawing(model), "state_space").values():
        assert found.variant == variant
        assert found.state[-1] == config.mamba_d_state
        assert len(found.state) == (2 if variant == "Mamba" else 3)


def test_linear_attention_says_its_class_and_its_state():
    model = model_of("qwen3_5_text")
    (found,) = writers(drawing(model), "linear_attention").values()
    config = model.hf.config
    assert found.kind == "Qwen3_5GatedDeltaNet"
    assert found.state == (config.linear_num_value_heads, config.linear_key_head_dim, config.linear_value_head_dim)


def test_a_convolution_says_over_how_many_tokens_it_goes():
    model = model_of("lfm2")
    (found,) = writers(drawing(model), "convolution").values()
    assert found.reach == model.hf.config.conv_L_cache


@pytest.mark.parametrize("kind", ["gpt_oss", "gemma3_text", "inkling_text", "llama4_text"])
def test_an_attention_says_how_far_it_sees(kind):
    found = writers(drawing(model_of(kind)), "attention")
    assert {layers: one.reach for layers, one in found.items()} == {EVEN: SLIDING_WINDOW, ODD: None}
    assert found[EVEN].is_chunked == (kind == "llama4_text")


def test_an_attention_without_keys_of_its_own_is_told_apart():
    found = writers(drawing(model_of("gemma4_text")), "attention")
    assert {layers: one.is_borrowing for layers, one in found.items()} == {
        (0,): False,
        (1,): False,
        (2,): True,
        (3,): True,
    }


def test_a_mixture_says_how_many_experts_it_has():
    found = writers(drawing(model_of("mixtral")), "experts")
    assert [(one.experts, one.chosen, one.neurons) for one in found.values()] == [(4, 2, None)]


@pytest.mark.parametrize(
    ("kind", "reads", "joins"),
    [
        ("falcon_h1", (0, 0, 2), (False, True, False)),
        ("granitemoehybrid", (0, 1, 1), (False, False, True)),
        ("gpt_neox", (0, 0), (False, False)),
        ("jamba", (0, 1), (False, False)),
    ],
)
def test_parts_side_by_side_read_the_same_vector(kind, reads, joins):
    assert {(one.shape.reads, one.shape.joins) for one in drawing(model_of(kind)).kinds} == {(reads, joins)}


def test_a_norm_is_found_before_a_part_that_reads_a_multiple_of_its_vectors():
    found = drawing(model_of("falcon_h1", attention_in_multiplier=0.3, ssm_in_multiplier=1.7))
    assert {one.layers: " ".join(one.shape.steps) for one in found.kinds} == KINDS["falcon_h1"]


class Odd(nn.Module):
    """Is handed the cache, as a part that mixes positions, and leaves nothing in it."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = nn.Linear(32, 32)

    def forward(self, hidden_states: torch.Tensor, **_more: object) -> torch.Tensor:
        return self.inside(hidden_states)


def test_a_mixer_of_another_kind_is_named_so():
    model = model_of("qwen3_5_text")
    for layer in model.hf.model.layers[::2]:
        layer.linear_attn = Odd()
    found = drawing(model)
    assert [" ".join(one.shape.steps) for one in found.kinds] == ["norm mixer add norm feed_forward add", ATTENTION]
    assert found.kinds[0].shape.writers[0].kind == "Odd"
    assert next(part.each for part in found.parts if part.name == "mixer") == (32 * 33, 0, 32 * 33, 0)


def test_parts_whose_place_is_not_known_are_named_and_counted():
    found = drawing(model_of("gemma4_text"))
    assert {one.shape.undrawn for one in found.kinds} == {("per_layer_input_gate", "per_layer_projection")}
    rest = next(part for part in found.parts if part.name == "rest")
    assert len(rest.each) == LAYERS
    assert {name.split(".")[-2] for name, _ in rest.tensors} >= {"per_layer_input_gate", "per_layer_projection"}


def test_a_block_that_does_nothing_with_a_text_has_no_steps():
    looking = config_of("mllama").text_config.cross_attention_layers  # at pictures
    found = drawing(model_of("mllama"))
    idle = [one for one in found.kinds if not one.shape.steps]
    assert [one.layers for one in idle] == [tuple(set(looking) & set(range(LAYERS)))]
    assert idle[0].shape.undrawn == ()


def test_a_norm_of_the_next_part_is_drawn_once():
    found = drawing(model_of("bloom"))
    assert [" ".join(one.shape.steps) for one in found.kinds] == [ATTENTION]
