"""Tests the neurons of decoders whose norms stand in the stream (BART, Marian) against hooks on the real modules."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from playground.inside.reading import Reading, reading
from playground.inside.word import pushed, writings
from playground.models.built_in import BUILT_IN
from playground.models.language_model import LanguageModel
from playground.models.offering import Asked, offers
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, START
from tests.many_models import done

SOURCE = (*fakes.prompt(11), END)
TARGET = (START, *fakes.prompt(6, seed=4))
NORMS = ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm")


def hooked(hf: PreTrainedModel, source: Sequence[int], target: Sequence[int]) -> tuple[list, list, torch.Tensor]:
    """Returns what each norm and each fc2 of the decoder reads at the last position, and the logits there."""
    given: dict[nn.Module, torch.Tensor] = {}

    def note(module: nn.Module, args: tuple[torch.Tensor, ...]) -> None:
        given[module] = args[0][0, -1]

    layers = hf.get_decoder().layers
    norms = [getattr(layer, name) for layer in layers for name in NORMS]
    matrices = [layer.fc2 for layer in layers]
    handles = [module.register_forward_pre_hook(note) for module in (*norms, *matrices)]
    with torch.inference_mode():
        logits = hf(torch.tensor([source]), decoder_input_ids=torch.tensor([target]), use_cache=False).logits[0, -1]
    for handle in handles:
        handle.remove()
    return [(norm, given[norm]) for norm in norms], [(fc2, given[fc2]) for fc2 in matrices], logits


def added_to_logits(hf: PreTrainedModel, norms: list, layer: int, written: torch.Tensor) -> torch.Tensor:
    """Returns what a vector that a feed-forward wrote adds to each logit if each norm behind it keeps its scale."""
    for norm, at in norms[3 * layer + 2 :]:
        scale = torch.rsqrt(at.double().var(unbiased=False) + norm.eps)
        written = norm.weight.double() * (written - written.mean()) * scale
    return hf.get_output_embeddings().weight.double() @ written


@torch.inference_mode()
def check(model: LanguageModel, seen: Reading, source: Sequence[int], target: Sequence[int], token_id: int) -> None:
    norms, matrices, logits = hooked(model.hf, source, target)
    np.testing.assert_allclose(seen.row, logits, atol=1e-4)
    assert seen.neurons is not None
    told = done(writings(model, seen, token_id))
    for layer, (fc2, activations) in enumerate(matrices):
        np.testing.assert_allclose(seen.neurons.active[layer], activations, atol=1e-5)
        columns = fc2.weight.double() * activations.double()
        for neuron in (0, 11, int(activations.abs().argmax())):
            expected = added_to_logits(model.hf, norms, layer, columns[:, neuron])
            np.testing.assert_allclose(done(pushed(model, seen, layer, neuron)), expected, atol=1e-5)
            assert told.values[layer][neuron] == pytest.approx(float(expected[token_id]), abs=1e-5)
        expected = added_to_logits(model.hf, norms, layer, fc2.bias.double())
        assert told.biases[layer] == pytest.approx(float(expected[token_id]), abs=1e-5)
    assert max(float(abs(values).max()) for values in told.values) > 0.01


@pytest.mark.parametrize("kind", ["bart", "marian"])
def test_neurons_are_what_hooks_on_the_decoder_see_through_the_norms_behind_them(tokenizer, kind):
    hf = encoder_decoders.tiny(kind)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, parameter in hf.named_parameters():
            if "layer_norm" in name or name.endswith("bias"):
                parameter.copy_(name.endswith("norm.weight") + 0.2 * torch.randn(parameter.shape, generator=generator))
    model = LanguageModel(hf, tokenizer, kind).reading(SOURCE)
    check(model, done(reading(model, TARGET)), SOURCE, TARGET, 7)


def test_neurons_of_the_built_in_translator():
    [offer] = offers(Asked([str(BUILT_IN / "french-english")], device="cpu"))
    model = offer.load()
    source = model.tokenizer.encode("J'aime l'apprentissage automatique.")
    target = (*model.start_ids, *model.tokenizer.encode_target("I love"))
    reader = model.reading(source)
    seen = done(reading(reader, target))
    token_id = int(seen.row.argmax())
    check(reader, seen, source, target, token_id)
