"""Tests that the vector that enters the first block is the sum of what the model's own embeddings return."""

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, ElectraConfig, ElectraForMaskedLM

from playground.inside.entering import entering
from playground.models.built_in import BUILT_IN
from playground.models.masked_model import MaskedModel
from tests import encoders
from tests.many_models import done, model_of

IDS = [3, 9, 27, 4, 40, 5, 61]


def built_in() -> MaskedModel:
    folder = BUILT_IN / "fill-the-blank"
    hf = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32)
    return MaskedModel(hf, AutoTokenizer.from_pretrained(folder), "fill-the-blank", "fill-mask")


@pytest.mark.parametrize("kind", [*encoders.SHAPES, "fill-the-blank"])
def test_the_vectors_are_those_of_the_models_embeddings_module_with_token_types_and_offset(kind):
    model = built_in() if kind == "fill-the-blank" else encoders.named(kind)
    embeddings = model.hf.base_model.embeddings
    ids = model.tokenizer.encode("The capital of France is [MASK].")
    with torch.inference_mode():
        expected = embeddings(torch.tensor([ids]))[0]
    for position in (0, 4, len(ids) - 1):
        found = done(entering(model, ids, position))
        assert found.is_normed
        torch.testing.assert_close(found.vector, expected[position], rtol=0, atol=1e-6)
        parts = {one.name: one for one in found.added}
        assert set(parts) == {"token", "position"} | (set() if kind == "distilbert" else {"token type"})
        assert parts["token"].row == ids[position]
        assert parts["position"].row == position + (1 if kind == "roberta" else 0)
        assert torch.equal(parts["token"].vector, embeddings.word_embeddings.weight[ids[position]])
        row = position + (embeddings.padding_idx + 1 if kind == "roberta" else 0)
        assert torch.equal(parts["position"].vector, embeddings.position_embeddings.weight[row])
        if "token type" in parts:
            assert parts["token type"].row == 0
            assert torch.equal(parts["token type"].vector, embeddings.token_type_embeddings.weight[0])
        total = sum(one.vector for one in found.added)
        torch.testing.assert_close(embeddings.LayerNorm(total), expected[position], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "names"), [("gpt2", ["token", "position"]), ("opt", ["token", "position"]), ("llama", ["token"])]
)
def test_a_decoder_adds_what_its_embeddings_return(kind, names):
    model = model_of(kind)
    with torch.inference_mode():
        states = model.hf(torch.tensor([IDS]), output_hidden_states=True).hidden_states[0][0]
    for position in (0, 5):
        found = done(entering(model, IDS, position))
        assert [one.name for one in found.added] == names
        assert not found.is_normed
        torch.testing.assert_close(sum(one.vector for one in found.added), states[position], rtol=0, atol=1e-6)
        if "position" in names:
            assert found.added[1].row == position + (2 if kind == "opt" else 0)


def test_a_sum_that_is_not_what_enters_is_not_told():
    """Electra maps its narrower embeddings to the width of the blocks."""
    sizes = {"embedding_size": 16, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    hf = ElectraForMaskedLM(ElectraConfig(vocab_size=18, num_attention_heads=4, max_position_embeddings=24, **sizes))
    model = MaskedModel(hf.float().eval(), encoders.tokenizer(), "electra", "fill-mask")
    found = done(entering(model, model.tokenizer.encode(encoders.TEXT), 3))
    assert found.added == ()
    assert found.vector.shape == (32,)
