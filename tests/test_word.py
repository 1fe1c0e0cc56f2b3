"""Tests that the products of the last vector are the model's logit, and that neurons are what a feed-forward wrote."""

import numpy as np
import pytest
import torch

from playground.errors import PlaygroundError
from playground.inside import reading as reading_module
from playground.inside import word as module
from playground.inside.contributions import contributions, written
from playground.inside.reading import reading
from playground.inside.word import products, pushed, writings
from playground.models.language_model import LanguageModel
from playground.models.parts import matrix, parts
from tests.fakes import byte_level_tokenizer
from tests.many_models import done, model_of
from tests.test_contributions import other
from tests.test_parts import FAMILIES

IDS = [3, 9, 27, 4, 40, 5, 61]
SCALED = {"cohere": {"logit_scale": 0.25}, "granite": {"logits_scaling": 4.0}}
"""Families that scale their logits. Granite also scales what its blocks write."""


@torch.inference_mode()
def own_logits(model) -> torch.Tensor:
    return model.hf(torch.tensor([IDS])).logits[0, -1]


def shaken(model: LanguageModel) -> LanguageModel:
    """Gives the norms and the biases values as a trained model has them."""
    with torch.no_grad():
        for name, weight in model.hf.named_parameters():
            if name.endswith("bias") or "norm" in name or "ln_" in name:
                weight += 0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(len(name)))
    return model


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_products_are_the_models_own_logit(kind):
    model = shaken(model_of(kind))
    logits = own_logits(model)
    seen = done(reading(model, IDS))
    np.testing.assert_allclose(seen.row, logits, atol=1e-4)
    for token_id in (7, 30):
        told = products(model, seen, token_id, 5)
        assert told.logit == pytest.approx(float(logits[token_id]), abs=1e-4)
        assert told.after == pytest.approx(told.logit, abs=1e-4)
        assert told.after + told.rounding == pytest.approx(told.logit, abs=1e-9)
        assert sum(one.product for one in told.largest) + told.rest + told.bias == pytest.approx(told.total, abs=1e-9)
        assert [one.h * one.w for one in told.largest] == pytest.approx([one.product for one in told.largest], abs=1e-5)
        sizes = [abs(one.product) for one in told.largest]
        assert sizes == sorted(sizes, reverse=True)
        assert (len(sizes), told.others) == (5, 27)
    assert products(model, seen, 7, 99).others == 0


@pytest.mark.parametrize(
    ("kind", "own"), [("gemma2", {"head_dim": 8, "final_logit_softcapping": 0.5}), *SCALED.items()]
)
def test_a_softcap_or_a_scale_is_told_apart_and_written_for_a_calculator(kind, own):
    model = other(kind, **own)
    told = products(model, done(reading(model, IDS)), 7, 5)
    formula = module.ending(model).formula
    assert told.logit == pytest.approx(float(own_logits(model)[7]), abs=1e-4)
    assert abs(told.total - told.logit) > 1e-3, "the model does something after the products"
    by_hand = formula.replace("{x}", f"({told.total})").replace("·", "*").replace("tanh", "np.tanh")
    assert eval(by_hand, {"np": np}) == pytest.approx(told.logit, abs=1e-4)


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_neurons_and_the_bias_are_what_each_feed_forward_wrote(kind):
    model = shaken(model_of(kind))
    seen = done(reading(model, IDS))
    for token_id, against in ((7, None), (7, 30)):
        told = done(writings(model, seen, token_id, against))
        sums = [float(values.sum()) + bias for values, bias in zip(told.values, told.biases, strict=True)]
        expected = contributions(model, done(written(model, IDS)), token_id, against)
        assert sums == pytest.approx(expected.feed_forward, abs=1e-3)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gemma2", "phi"])
def test_a_neuron_switched_off_takes_its_push_away_where_the_norms_are_frozen(kind):
    """The change of the frozen sum of every token, when the last block's neuron writes nothing."""
    model = shaken(model_of(kind))
    seen = done(reading(model, IDS))
    found = parts(model.hf, kind)
    last = found.blocks[-1].feed_forward.last
    column = matrix(last, model.hf)[:, 11].detach() * seen.neurons.active[-1][11]
    norm, final = seen.neurons.norms[-1], seen.neurons.final
    rows = model.hf.get_output_embeddings().weight.detach()
    backs = torch.stack([final.back(row) for row in rows])
    expected = (backs if norm is None else torch.stack([norm.back(back) for back in backs])) @ column
    told = done(pushed(model, seen, 1, 11))
    np.testing.assert_allclose(told, expected, atol=1e-4)
    toward = done(writings(model, seen, 7))
    assert told[7] == pytest.approx(toward.values[1][11], abs=1e-4)
    assert toward.pushes[1][11] * float(seen.neurons.active[1][11]) == pytest.approx(toward.values[1][11], abs=1e-6)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gemma2"])
def test_the_average_token_is_the_mean_over_all_tokens(kind, monkeypatch):
    monkeypatch.setattr(module, "PIECE_WEIGHTS", 700)
    model = model_of(kind)
    seen = done(reading(model, IDS))
    told = done(writings(model, seen, 7, module.MEAN))
    shares = done(pushed(model, seen, 0, 5))
    assert told.values[0][5] == pytest.approx(float(shares[7] - shares.mean()), abs=1e-5)
    assert len(list(writings(model, seen, 7, module.MEAN))) < len(list(writings(model_of(kind), seen, 7, module.MEAN)))


def test_a_long_text_and_large_matrices_are_taken_in_pieces(monkeypatch):
    model = model_of("llama")
    seen = done(reading(model, IDS))
    whole = done(writings(model, seen, 7)), done(pushed(model, seen, 0, 3))
    monkeypatch.setattr(reading_module, "SLICE_TOKENS", 2)
    monkeypatch.setattr(module, "PIECE_WEIGHTS", 500)
    pieces = list(reading(model, IDS)), list(writings(model, seen, 7)), list(pushed(model, seen, 0, 3))
    assert [len(one) for one in pieces] == [3, 2, 5]
    again = done(reading(model, IDS))
    np.testing.assert_allclose(again.row, seen.row, atol=1e-4)
    np.testing.assert_array_equal(done(writings(model, seen, 7)).values[1], whole[0].values[1])
    np.testing.assert_allclose(done(pushed(model, seen, 0, 3)), whole[1], atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "own"),
    [("granite", {"residual_multiplier": 0.2}), ("mixtral", {"num_local_experts": 2, "num_experts_per_tok": 1})],
)
def test_a_model_whose_neurons_are_not_known_has_logits_all_the_same(kind, own):
    model = other(kind, **own)
    seen = done(reading(model, IDS))
    assert products(model, seen, 7, 5).logit == pytest.approx(float(own_logits(model)[7]), abs=1e-4)
    for job in (writings(model, seen, 7), pushed(model, seen, 0, 0)):
        with pytest.raises(PlaygroundError, match="The neurons of Odd-1B cannot be told apart"):
            done(job)


def test_a_token_that_the_model_rules_out_has_no_logit():
    model = model_of("llama")
    seen = done(reading(model, IDS))
    seen.row[7] = -np.inf
    told = products(model, seen, 7, 5)
    assert (told.logit, told.rounding) == (None, 0.0)


def test_half_precision_shows_its_rounding():
    model = LanguageModel(model_of("llama").hf.bfloat16(), byte_level_tokenizer(), "tiny")
    told = products(model, done(reading(model, IDS)), 7, 5)
    assert told.logit == pytest.approx(float(own_logits(model)[7]), abs=0.05)
    assert 0 < abs(told.rounding) < 0.05


@pytest.mark.model
def test_the_default_models_logit_and_neurons(default_model):
    ids = default_model.tokenizer.encode("The capital of France is")
    [paris] = default_model.tokenizer.encode(" Paris")
    seen = done(reading(default_model, ids))
    told = products(default_model, seen, paris, 8)
    with torch.inference_mode():
        expected = default_model.hf(torch.tensor([ids])).logits[0, -1]
    assert told.after == pytest.approx(float(expected[paris]), abs=1e-3)
    np.testing.assert_allclose(seen.row, expected, atol=1e-3)
    toward = done(writings(default_model, seen, paris))
    own = contributions(default_model, done(written(default_model, ids)), paris)
    assert [float(values.sum()) for values in toward.values] == pytest.approx(own.feed_forward, abs=1e-3)
