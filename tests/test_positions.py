"""Tests what is said of a model's positions on many families, and what a text without positions means."""

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from playground.inside import positions as found_positions
from playground.inside.positions import experiment, other_order, positions
from playground.models.language_model import LanguageModel
from tests.fakes import byte_level_tokenizer
from tests.many_models import done, model_of
from tests.test_parts import FAMILIES, OWN_NAMES, SIZES

LEARNED = {"gpt2", "gpt_neo", "opt"}
ALIBI = {
    "bloom": {"n_layer": 2, "n_head": 4},
    "falcon": {"alibi": True, "num_kv_heads": 4, "new_decoder_architecture": False},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 64},
}
IDS = [3, 9, 27, 4, 40, 5, 61]


def model_with(kind: str, **changed) -> LanguageModel:
    torch.manual_seed(1)
    config = AutoConfig.for_model(kind, **(SIZES | changed))
    return LanguageModel(AutoModelForCausalLM.from_config(config).float().eval(), byte_level_tokenizer(), kind)


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_kind_is_found_in_the_modules(kind):
    found = positions(model_of(kind))
    assert found.kind == ("learned" if kind in LEARNED else "rotary")
    assert found.can_remove


@pytest.mark.parametrize("kind", ["llama", "phi", "gpt_neox", "gptj", "qwen3"])
def test_rotary_pairs_turn_as_the_paper_says(kind):
    """Su et al. 2021: pair i of d / 2 turns by theta to the power of -2i / d at each position."""
    [turning] = positions(model_of(kind)).turning
    turned = {"llama": 8, "phi": 4, "gpt_neox": 2, "gptj": 4, "qwen3": 8}[kind]
    expected = [10_000 ** (-2 * pair / turned) for pair in range(turned // 2)]
    assert turning.frequencies == pytest.approx(expected, rel=1e-4)


def test_layers_that_turn_in_another_way_or_not_at_all_are_named():
    gemma = model_with("gemma3_text", head_dim=8, num_hidden_layers=6)
    assert [turning.name for turning in positions(gemma).turning] == ["full attention", "sliding attention"]
    smol = model_with("smollm3", num_hidden_layers=4, no_rope_layers=[1, 1, 1, 0])
    assert positions(smol).unturned == (3,)


@pytest.mark.parametrize("kind", ALIBI)
def test_slopes_are_those_of_the_paper(kind):
    """Press et al. 2022: with n heads, a power of two, head i has the slope 2 to the power of -8i / n."""
    found = positions(model_with(kind, **ALIBI[kind]))
    assert found.kind == "alibi"
    assert found.slopes == pytest.approx([2**-2, 2**-4, 2**-6, 2**-8])
    assert not found.can_remove


@pytest.mark.parametrize("kind", sorted(LEARNED))
def test_the_vectors_of_a_table_are_compared(kind):
    model = model_of(kind)
    found = positions(model)
    assert found.places == tuple(range(64))
    table = {"gpt2": "wpe", "gpt_neo": "wpe", "opt": "embed_positions"}[kind]
    [weight] = [value for name, value in model.hf.named_parameters() if name.endswith(f"{table}.weight")]
    own = weight[-64:]
    expected = torch.nn.functional.cosine_similarity(own[:, None], own[None], dim=-1)
    assert np.allclose(found.cosines, expected.detach(), atol=1e-4)


def test_fixed_sines_are_told_from_learned_vectors():
    found = positions(model_with("xglm", d_model=32, num_layers=2, attention_heads=4, ffn_dim=64))
    assert found.kind == "sinusoidal"
    assert found.places[-1] == 63


@pytest.mark.parametrize("kind", ["llama", "gpt2", "opt", "gpt_neox"])
def test_the_experiment_tells_the_model_other_orders_and_equal_positions(kind, monkeypatch):
    model = model_of(kind)
    moved = [5, 4, 27, 9, 3, 40, 61]
    monkeypatch.setattr(found_positions, "SLICE_TOKENS", 3)
    rows = done(experiment(model, IDS, moved, can_remove=True)).rows

    def plain(ids, places) -> np.ndarray:
        mask = torch.ones(1, len(ids), dtype=torch.long)
        with torch.no_grad():
            outputs = model.hf(torch.tensor([ids]), attention_mask=mask, position_ids=torch.tensor([places]))
        return outputs.logits[0, -1].numpy()

    own, none = list(range(7)), [0] * 7
    for name, ids, places in [
        ("as it is", IDS, own),
        ("moved", moved, own),
        ("no positions", IDS, none),
        ("moved, no positions", moved, none),
    ]:
        np.testing.assert_allclose(rows[name], plain(ids, places), atol=2e-4)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "qwen2"])
def test_one_block_without_positions_sees_a_bag_of_words(kind):
    """The last token sees all the others, and in one block nothing tells it their order."""
    config = AutoConfig.for_model(kind, **(SIZES | (OWN_NAMES if kind == "gpt2" else {}) | {"num_hidden_layers": 1}))
    if kind == "gpt2":
        config.n_layer = 1
    torch.manual_seed(0)
    model = LanguageModel(AutoModelForCausalLM.from_config(config).float().eval(), byte_level_tokenizer(), kind)
    rows = done(experiment(model, IDS, [5, 4, 27, 9, 3, 40, 61], can_remove=True)).rows
    np.testing.assert_allclose(rows["no positions"], rows["moved, no positions"], atol=1e-4)
    assert np.abs(rows["as it is"] - rows["moved"]).max() > 1e-3


def test_words_move_as_a_whole_and_the_word_that_is_looked_at_stays():
    starts = [True, True, False, True, True]
    assert other_order(starts, (), 4, "reversed") == (3, 1, 2, 0, 4)
    assert other_order(starts, {0}, 4, "reversed") == (0, 3, 1, 2, 4)
    shuffled = other_order([True] * 9, {0}, 8, "shuffled")
    assert sorted(shuffled) == list(range(9))
    assert (shuffled[0], shuffled[-1]) == (0, 8)
    assert shuffled == other_order([True] * 9, {0}, 8, "shuffled")
    assert other_order([True], (), 0, "reversed") == (0,)
    assert other_order([True], {0}, 0, "reversed") == (0,)


def test_a_word_in_the_middle_stays_among_the_others():
    """[CLS] the cap-ital of [MASK] is . [SEP]: the mask stays the fourth word, in another place."""
    starts = [True, True, True, False, True, True, True, True, True]
    assert other_order(starts, {0, 8}, 5, "reversed") == (0, 7, 6, 4, 5, 2, 3, 1, 8)
    assert other_order(starts, {0, 8}, 3, "reversed") == (0, 7, 2, 3, 6, 5, 4, 1, 8)
