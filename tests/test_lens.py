"""Tests the logit lens against transformers' own hidden states, norm and head, on many model families."""

import numpy as np
import pytest
import torch

from playground.decoding.measures import most_probable, rank
from playground.errors import PlaygroundError
from playground.inside import lens
from playground.inside.ending import ending
from tests.fakes import PacedModel, tiny
from tests.many_models import done, model_of
from tests.test_parts import FAMILIES

IDS = [3, 9, 27, 4, 40, 5, 61]


@torch.inference_mode()
def plain(model, ids) -> torch.Tensor:
    """Returns the (layer, position, vocab) logits of the lens, from transformers' own hidden states.

    The last hidden state is normed already, so the model's own logits stand for it.
    """
    outputs = model.hf(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    norm, head = ending(model).norm, model.hf.get_output_embeddings()
    finish = ending(model).finish
    below = [finish(head(norm(hidden[0]))) for hidden in outputs.hidden_states[:-1]]
    return torch.stack([*below, outputs.logits[0]]).float()


def grid_of(model, ids) -> tuple[list[lens.Cells], torch.Tensor]:
    vectors = done(lens.streams(model, ids))
    part = lens.Slice(model, vectors)
    return [part.cells(layer) for layer in range(len(vectors))], vectors


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_cell_is_what_the_models_own_norm_and_head_say(kind):
    model = model_of(kind)
    expected = plain(model, IDS)
    grid, vectors = grid_of(model, IDS)
    assert len(grid) == len(expected)
    finals = [most_probable(row.numpy(), 1)[0] for row in expected[-1]]
    own = expected[-1].double().log_softmax(-1)
    for cells, logits in zip(grid, expected, strict=True):
        shares = logits.double().softmax(-1)
        lost = (own.exp() * (own - logits.double().log_softmax(-1))).sum(-1)
        for position, final in enumerate(finals):
            row = logits[position].numpy()
            assert cells.ids[position].tolist() == most_probable(row, lens.TOP)
            np.testing.assert_allclose(cells.shares[position], shares[position][cells.ids[position]], atol=1e-5)
            assert cells.final_shares[position] == pytest.approx(float(shares[position, final]), abs=1e-5)
            assert cells.ranks[position] == rank(row, final)
            assert cells.kl_nats[position] == pytest.approx(float(lost[position]), abs=1e-4)
    for layer in range(len(vectors)):
        np.testing.assert_allclose(lens.row(model, vectors[layer, 2]), expected[layer, 2], atol=1e-4)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gemma2"])
def test_one_position_is_read_at_all_layers(kind):
    model = model_of(kind)
    expected = plain(model, IDS)[:, 3].numpy()
    vectors = done(lens.streams(model, IDS))[:, 3]
    told = lens.column(model, vectors, 4, rivals=2, also=(7, 9))
    best = most_probable(expected[-1], 2)
    assert told.watched == list(dict.fromkeys([*best, 7, 9]))
    for layer, row, vector in zip(told.layers, expected, vectors, strict=True):
        assert [token_id for token_id, _ in layer.top] == most_probable(row, 4)
        assert layer.rank_of_final == rank(row, best[0])
        assert layer.ranks == [rank(row, token_id) for token_id in told.watched]
        assert layer.shares[0] == pytest.approx(float(torch.tensor(row).softmax(-1)[best[0]]), abs=1e-6)
        assert layer.norm == pytest.approx(float(vector.square().sum().sqrt()), rel=1e-5)
    assert told.layers[-1].kl_nats < 1e-9
    assert told.layers[-1].rank_of_final == 1


def test_a_text_read_in_slices_is_the_same(monkeypatch):
    model = model_of("llama")
    whole = done(lens.streams(model, IDS))
    monkeypatch.setattr(lens, "SLICE_TOKENS", 3)
    assert torch.allclose(done(lens.streams(model, IDS)), whole, atol=1e-5)


def test_of_equal_logits_the_higher_id_is_first():
    """In 16 bits equal logits are common, and a step's bars order them so."""
    model = model_of("llama")
    with torch.no_grad():
        model.hf.lm_head.weight[5:9] = model.hf.lm_head.weight[5]
        model.hf.lm_head.weight[5:9] *= 40
    grid, vectors = grid_of(model, IDS)
    rows = [[lens.row(model, vector) for vector in layer] for layer in vectors]
    for cells, logits in zip(grid, rows, strict=True):
        for position, row in enumerate(logits):
            final = most_probable(rows[-1][position], 1)[0]
            assert cells.ranks[position] == rank(row, final)


def test_the_softcap_comes_from_the_model():
    model = model_of("gemma2")
    assert ending(model).after == "softcapped at 30"
    assert ending(model_of("llama")).after == ""


def test_a_model_whose_end_is_not_understood_is_refused():
    hf = tiny("llama")
    hf.lm_head.register_forward_hook(lambda _module, _args, output: output + hf.training + output**2)
    model = PacedModel(hf, model_of("llama").tokenizer.hf, "Odd-1B")
    hf.model.norm.register_forward_hook(lambda _module, _args, output: output if output.dim() == 3 else output * 2)
    with pytest.raises(PlaygroundError, match="Odd-1B do not give its own logits"):
        ending(model)


@pytest.mark.model
def test_the_default_models_lens(default_model):
    ids = default_model.tokenizer.encode("The capital of France is")
    expected = plain(default_model, ids)
    grid, _ = grid_of(default_model, ids)
    assert len(grid) == 31
    for cells, logits in zip(grid, expected, strict=True):
        np.testing.assert_allclose(cells.shares[:, 0], logits.softmax(-1).max(-1).values, atol=1e-4)
    assert default_model.vocabulary[grid[-1].ids[-1, 0]] == default_model.vocabulary[int(expected[-1, -1].argmax())]
    own = expected[-1].double().log_softmax(-1)
    for cells, logits in zip(grid, expected, strict=True):
        lost = (own.exp() * (own - logits.double().log_softmax(-1))).sum(-1)
        np.testing.assert_allclose(cells.kl_nats, lost, atol=1e-4, rtol=3e-5)
