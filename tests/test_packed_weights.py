"""Tests a model whose matrices a package keeps packed: the views read the same numbers as from plain weights."""

import pytest
import torch
from torch import nn

from playground.engine.first_check import texts_may_share
from playground.errors import PlaygroundError
from playground.inside import contributions, word
from playground.inside.attribution import Target, gradient_x_input, leave_one_out
from playground.inside.drawing import drawing
from playground.inside.reading import reading
from playground.models import quantization
from playground.models.language_model import LanguageModel
from playground.models.parts import is_packed, matrix
from tests import fakes
from tests.many_models import done

PROMPT = fakes.prompt(9)


class Packed(nn.Module):
    """Keeps a linear map in 8 bits, as packages do: transposed, with one scale for each output, and no `weight`."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features, self.bias = plain.in_features, plain.out_features, plain.bias
        scale = plain.weight.abs().amax(1) / 127
        self.register_buffer("codes", (plain.weight / scale[:, None]).round().to(torch.int8).T.contiguous())
        self.register_buffer("scale", scale)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        made = given @ (self.codes.to(given.dtype) * self.scale.to(given.dtype))
        return made if self.bias is None else made + self.bias


class PackedParameter(nn.Linear):
    """Keeps the codes in `weight`, in a shape of its own, as bitsandbytes does."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__(plain.in_features, plain.out_features, device="meta")
        packed = Packed(plain)
        self.bias = plain.bias
        self.weight = nn.Parameter(packed.codes.reshape(-1, 1), requires_grad=False)
        self.register_buffer("scale", packed.scale)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        codes = self.weight.view(self.in_features, self.out_features).to(given.dtype)
        made = given @ (codes * self.scale.to(given.dtype))
        return made if self.bias is None else made + self.bias


@pytest.fixture(params=[Packed, PackedParameter])
def pair(request, tokenizer) -> tuple[LanguageModel, LanguageModel]:
    """A tiny Qwen 2 with packed matrices, and the same one with the plain numbers that they stand for."""
    packed, plain = fakes.tiny("qwen2"), fakes.tiny("qwen2")
    for name, module in list(packed.model.layers.named_modules()):
        if isinstance(module, nn.Linear):
            made = request.param(module)
            packed.model.layers.set_submodule(name, made)
            own = plain.model.layers.get_submodule(name)
            own.weight = nn.Parameter((Packed(module).codes * Packed(module).scale).T.contiguous())
    packed.is_quantized = True
    return LanguageModel(packed, tokenizer, "packed"), LanguageModel(plain, tokenizer, "plain")


def test_a_packed_matrix_is_read_as_numbers(pair):
    packed, plain = (model.hf.model.layers[1].self_attn.q_proj for model in pair)
    assert (is_packed(packed), is_packed(plain)) == (True, False)
    torch.testing.assert_close(matrix(packed, pair[0].hf), plain.weight, rtol=1e-5, atol=1e-6)


def test_the_facts_count_the_plain_weights(pair):
    packed, plain = (model.facts() for model in pair)
    assert packed | {"model": ""} == plain | {"model": ""}


def test_the_drawing_shows_the_plain_weights(pair):
    packed, plain = (drawing(model) for model in pair)
    assert packed.parts == plain.parts
    assert (packed.parameters, packed.kinds) == (plain.parameters, plain.kinds)


def test_neurons_and_heads_write_what_they_write_with_plain_weights(pair):
    told = []
    for model in pair:
        seen = done(reading(model, PROMPT))
        neurons = done(word.writings(model, seen, 7))
        pushed = done(word.pushed(model, seen, 1, 5))
        heads = contributions.contributions(model, done(contributions.written(model, PROMPT)), 7).heads
        told.append([*map(torch.tensor, (*neurons.values, *neurons.pushes, pushed)), torch.tensor(heads)])
    for packed, plain in zip(*told, strict=True):
        torch.testing.assert_close(packed, plain, rtol=1e-4, atol=1e-5)


class Rounded(Packed):
    """Rounds what it reads to 8 bits, too. Rounding has no gradient."""

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        scale = given.abs().amax(-1, keepdim=True) / 127
        return super().forward((given / scale).round() * scale.detach())


def test_the_gradient_of_packed_weights_is_right_or_refused(pair):
    target, spans = Target(7, None, "logit"), [(place, place + 1) for place in range(len(PROMPT))]
    packed, plain = (done(gradient_x_input(model, PROMPT, spans, target)).scores for model in pair)
    assert packed == pytest.approx(plain, rel=1e-3, abs=1e-5)
    hf = pair[1].hf
    for name, module in list(hf.model.layers.named_modules()):
        if isinstance(module, nn.Linear):
            hf.model.layers.set_submodule(name, Rounded(module))
    hf.is_quantized = True
    assert texts_may_share(pair[1])
    with pytest.raises(PlaygroundError, match="so that there is no gradient. Choose Leave one out"):
        done(gradient_x_input(pair[1], PROMPT, spans, target))
    assert len(done(leave_one_out(pair[1], PROMPT, spans, target)).scores) == len(spans)


def test_texts_share_a_batch_of_a_model_with_packed_weights(pair):
    assert texts_may_share(pair[0])


def test_only_weights_that_are_not_packed_get_another_dtype(pair):
    hf = pair[0].hf
    codes = {name: value.clone() for name, value in hf.state_dict().items() if value.dtype == torch.int8}
    quantization.cast(hf, torch.bfloat16)
    assert codes
    assert all(torch.equal(hf.state_dict()[name], value) for name, value in codes.items())
    assert pair[0].dtype == "bfloat16"
    assert hf.model.layers[0].self_attn.q_proj.bias.dtype == hf.config.dtype == torch.bfloat16
