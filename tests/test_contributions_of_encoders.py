"""Tests who wrote the logit of a token in a blank: exact sums, and each term against autograd of a frozen model."""

import asyncio

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient
from torch import nn

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.errors import PlaygroundError
from playground.inside.whole_contributions import whole_contributions
from playground.models.built_in import BUILT_IN
from playground.models.loading import load_any
from playground.models.masked_model import MaskedModel
from playground.traces.store import TraceStore
from playground.web.inside import opening
from playground.web.routes.beside_gradio import add_routes
from tests import encoders
from tests.many_models import done
from tests.test_masked_architectures import random

IDS = (2, 5, 6, 7, 4, 9, 8, 11, 3)
PLACE, TOKEN, OTHER = 4, 7, 9
WRITERS = {
    "bert": ("attention.output.dense", "output.dense"),
    "roberta": ("attention.output.dense", "output.dense"),
    "distilbert": ("attention.out_lin", "ffn.lin2"),
}
"""The paths of the two matrices of a block whose outputs are added to the stream."""


def with_biases(kind: str) -> MaskedModel:
    """Returns a model whose biases and norms are not those of an untrained one."""
    model = encoders.named(kind)
    torch.manual_seed(1)
    for parameter in model.hf.parameters():
        if parameter.dim() == 1:
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return model


def frozen_norm(norm: nn.LayerNorm, given: torch.Tensor) -> torch.Tensor:
    scale = (given.var(-1, unbiased=False, keepdim=True) + norm.eps).rsqrt().detach()
    return (given - given.mean(-1, keepdim=True)) * scale * norm.weight + norm.bias


def frozen_gelu(given: torch.Tensor) -> torch.Tensor:
    return given * (nn.functional.gelu(given) / given).detach()


def by_autograd(model: MaskedModel, monkeypatch) -> tuple[float, list[list[float]]]:
    """Returns the logit, and for each writer of all blocks in order its output times the gradient of the logit.

    Norms and the head's function are frozen, and each writer's output is a leaf, so that only its direct way counts.
    """
    monkeypatch.setattr(nn.LayerNorm, "forward", frozen_norm)
    outputs: list[torch.Tensor] = []

    def cut(_module, _args, output: torch.Tensor) -> torch.Tensor:
        outputs.append(output.detach().requires_grad_())
        return outputs[-1]

    for block in model.layers.modules:
        for path in WRITERS[model.name]:
            block.get_submodule(path).register_forward_hook(cut)
    if model.name == "roberta":  # its head calls the function itself
        monkeypatch.setattr("transformers.models.roberta.modeling_roberta.gelu", frozen_gelu)
    else:
        head = model.hf.cls.predictions.transform if model.name == "bert" else model.hf
        name = "transform_act_fn" if model.name == "bert" else "activation"
        setattr(head, name, frozen_gelu if not isinstance(getattr(head, name), nn.Module) else Frozen())
    logits = model.hf(torch.tensor([IDS])).logits[0, PLACE]
    logit = logits[TOKEN] - logits[OTHER]
    gradients = torch.autograd.grad(logit, outputs)
    terms = [float((own * one.detach())[0, PLACE].sum()) for own, one in zip(gradients, outputs, strict=True)]
    return float(logit.detach()), [terms[0::2], terms[1::2]]


class Frozen(nn.Module):
    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return frozen_gelu(given)


@pytest.mark.parametrize("kind", encoders.SHAPES)
def test_each_term_is_that_of_a_frozen_model_and_they_sum_to_the_logit(kind, monkeypatch):
    found = done(whole_contributions(with_biases(kind), IDS, PLACE, TOKEN, OTHER))
    logit, (attention, feed_forward) = by_autograd(with_biases(kind), monkeypatch)
    assert found.logit == pytest.approx(logit, abs=1e-4)
    assert found.attention == pytest.approx(attention, abs=1e-4)
    assert found.feed_forward == pytest.approx(feed_forward, abs=1e-4)
    assert abs(found.remainder) < 1e-4
    assert max(map(abs, attention)) > 1e-2


@pytest.mark.parametrize("kind", encoders.SHAPES)
def test_the_heads_and_the_bias_of_the_last_matrix_sum_to_the_attention(kind):
    plain, model = encoders.named(kind), with_biases(kind)
    for block in model.layers.modules:
        block.get_submodule(WRITERS[kind][0]).bias.zero_()
    for one in (plain, model):
        found = done(whole_contributions(one, IDS, PLACE, TOKEN))
        assert [len(heads) for heads in found.heads] == [4, 4, 4]
        assert [sum(heads) for heads in found.heads] == pytest.approx(found.attention, abs=1e-4)


@pytest.mark.parametrize("kind", ["modernbert", "deberta-v2", "electra", "xlm-roberta", "roberta-prelayernorm"])
def test_other_architectures_sum_to_their_logit(kind):
    model = MaskedModel(random(kind), encoders.tokenizer(), kind, "fill-mask")
    found = done(whole_contributions(model, IDS, PLACE, TOKEN))
    assert found.logit == pytest.approx(float(model.logits([IDS])[0, PLACE, TOKEN]), abs=1e-5)
    assert abs(found.remainder) < 1e-4


@pytest.mark.parametrize("kind", ["fnet", "esm", "albert"])
def test_a_model_that_is_no_such_sum_is_refused(kind):
    model = MaskedModel(random(kind), encoders.tokenizer(), kind, "fill-mask")
    with pytest.raises(PlaygroundError, match="cannot be shared out|several times"):
        done(whole_contributions(model, IDS, PLACE, TOKEN))


def test_the_page_gets_the_sum_of_the_built_in_model():
    reader = Reader(load_any(str(BUILT_IN / "fill-the-blank"), "cpu"), TraceStore(1_000_000)).start()
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    trace_id = asyncio.run(opening.open_text(reader, "The capital of France is ___."))
    place, here = 6, f"/playground/traces/{trace_id}/inside/contributions"
    logits = reader.model.logits([reader.store.prompt_ids(trace_id)])[0, place]
    paris, other = logits.topk(2).indices.tolist()
    told = TestClient(app).get(f"{here}/{place}?token_id={paris}&against={other}").json()
    assert told["logit"] == pytest.approx(float(logits[paris] - logits[other]), abs=1e-4)
    total = told["embedding"] + sum(told["attention"]) + sum(told["feed_forward"]) + told["bias"]
    assert total == pytest.approx(told["logit"], abs=1e-3)
    assert (len(told["heads"]), len(told["heads"][0]), told["after"]) == (4, 4, "")
    answer = TestClient(app).get(f"{here}/99?token_id={paris}")
    assert (answer.status_code, "position is 99" in answer.json()["detail"]) == (400, True)
    reader.close()
