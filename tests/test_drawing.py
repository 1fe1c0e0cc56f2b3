"""Tests the drawing of a model: its parts add up, its steps are those of the family, its vectors are measured right."""

import pytest
import torch

from playground.errors import PlaygroundError
from playground.inside import drawing as drawings
from playground.inside.drawing import drawing, lengths
from tests.many_models import done, model_of
from tests.test_parts import FAMILIES

PRE = ("norm", "attention", "add", "norm", "feed_forward", "add")
BOTH = ("norm", "attention", "norm", "add", "norm", "feed_forward", "norm", "add")
STEPS = {
    "gemma2": BOTH,
    "gemma3_text": BOTH,
    "olmo2": ("attention", "norm", "add", "feed_forward", "norm", "add"),
    "phi": ("norm", "attention", "add", "feed_forward", "add"),
    "gptj": ("norm", "attention", "add", "feed_forward", "add"),
}
PARALLEL = {"phi", "gptj", "gpt_neox"}
LEARNED = {"gpt2", "gpt_neo", "opt"}
IDS = [3, 9, 27, 4, 40, 5, 61]


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_parts_add_up_to_the_model(kind):
    model = model_of(kind)
    found = drawing(model)
    sizes = {part.name: part.parameters for part in found.parts}
    assert sum(sizes.values()) == found.parameters == model.hf.num_parameters()
    assert "other" not in sizes
    assert ("positions" in sizes) == (kind in LEARNED)
    assert found.is_tied == ("unembedding" not in sizes)
    for part in found.parts:
        assert sum(part.each) == (part.parameters if part.name in drawings.IN_BLOCKS else 0)
        shapes = sum(torch.Size(shape).numel() for _, shape in part.tensors)
        assert shapes == (part.each[0] if part.each else part.parameters)
    assert (found.layers, found.width, found.heads, found.vocabulary) == (2, 32, 4, 64)


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_steps_of_a_block_are_watched(kind):
    found = drawing(model_of(kind))
    for one in found.kinds:
        assert one.shape.steps == STEPS.get(kind, PRE)
        assert one.shape.reads == ((0, 0) if kind in PARALLEL else (0, 1))
        assert one.shape.joins == (False, kind in ("phi", "gptj"))
        assert [writer.name for writer in one.shape.writers] == ["attention", "feed_forward"]
        assert one.shape.undrawn == ()
    assert len(found.kinds) == (2 if kind == "gemma2" else 1)
    assert found.norm_kind in ("RMSNorm", "LayerNorm")


@pytest.mark.parametrize("kind", FAMILIES)
def test_lengths_are_those_of_the_hidden_states(kind, monkeypatch):
    model = model_of(kind)
    monkeypatch.setattr(drawings, "SLICE_TOKENS", 3)
    with torch.no_grad():
        hidden = model.hf(torch.tensor([IDS]), output_hidden_states=True).hidden_states
    measured = torch.from_numpy(done(lengths(model, IDS)))
    expected = torch.stack([state[0].norm(dim=-1) for state in hidden[:-1]])
    assert measured.shape == (3, len(IDS))
    assert torch.allclose(measured[:-1], expected, rtol=1e-4)


def test_a_model_whose_blocks_are_not_found_is_refused():
    model = model_of("llama")
    model.hf._no_split_modules = None
    with pytest.raises(PlaygroundError, match="its blocks"):
        drawing(model)


@pytest.mark.model
def test_the_default_model(default_model):
    found = drawing(default_model)
    assert (found.layers, found.width, found.heads, found.key_value_heads) == (30, 576, 9, 3)
    assert sum(part.parameters for part in found.parts) == found.parameters == 134_515_008
    assert found.is_tied
    assert [one.layers for one in found.kinds] == [tuple(range(30))]
    assert found.kinds[0].shape.writers[1].neurons == 1536
