"""Tests what makes a word likely in a blank, or a label: against captum, and against reading the changed text alone."""

import asyncio
import json
from itertools import product

import pytest
import torch
from captum.attr import FeatureAblation, InputXGradient, IntegratedGradients
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.inside import gradients
from playground.inside import whole_attribution as jobs
from playground.inside.attribution import Target
from playground.inside.whole_attribution import gradient_x_input, integrated_gradients, leave_one_out
from playground.models.built_in import BUILT_IN
from playground.models.loading import load_any
from playground.models.masked_model import MaskedModel
from playground.traces.store import TraceStore
from playground.web.inside import opening
from playground.web.routes.beside_gradio import add_routes
from tests import encoders
from tests.many_models import done

IDS = (2, 5, 6, 7, 4, 9, 8, 11, 3)
PLACE = 4
PARTS = [(place, place + 1) for place in (1, 2, 3, 5, 6, 7)]
TASKS = ("fill-mask", "text-classification", "token-classification")
TARGETS = [Target(1), Target(1, against=0), Target(1, scale="log_probability")]


@pytest.fixture(params=product(encoders.SHAPES, TASKS), ids="-".join)
def model(request) -> MaskedModel:
    return encoders.named(*request.param)


def place_of(model: MaskedModel) -> int | None:
    return None if model.task == "text-classification" else PLACE


def plain(model: MaskedModel, target: Target):
    """Returns the function that captum explains: a plain forward of embeddings, without our own code."""
    hf = encoders.tiny(model.name, model.task)

    def score(vectors: torch.Tensor) -> torch.Tensor:
        logits = hf(inputs_embeds=vectors).logits
        return target.of(logits if logits.dim() == 2 else logits[:, PLACE])

    return score


def vectors_of(model: MaskedModel) -> torch.Tensor:
    return model.hf.get_input_embeddings()(torch.tensor([IDS])).detach()


def of_parts(scores: torch.Tensor) -> torch.Tensor:
    return scores[[start for start, _ in PARTS]]


@pytest.mark.parametrize("target", TARGETS)
def test_gradient_x_input_is_captums(model, target):
    ours = done(gradient_x_input(model, IDS, PARTS, target, place_of(model)))
    theirs = InputXGradient(plain(model, target)).attribute(vectors_of(model).requires_grad_()).sum(-1)[0]
    torch.testing.assert_close(torch.tensor(ours.scores), of_parts(theirs), atol=1e-4, rtol=1e-3)
    assert ours.value == pytest.approx(plain(model, target)(vectors_of(model)).item(), abs=1e-4)
    assert theirs.abs().max() > 1e-3


@pytest.mark.parametrize("target", TARGETS)
def test_integrated_gradients_are_captums_and_sum_to_the_difference(model, target, monkeypatch):
    monkeypatch.setattr(gradients, "PIECE_TOKENS", 40)  # the points come in several pieces
    ours = done(integrated_gradients(model, IDS, PARTS, target, place_of(model), steps=40))
    vectors = vectors_of(model)
    baseline = vectors.clone()
    for start, _ in PARTS:
        baseline[:, start] = 0
    method = IntegratedGradients(plain(model, target))
    theirs, delta = method.attribute(vectors, baselines=baseline, n_steps=40, return_convergence_delta=True)
    torch.testing.assert_close(torch.tensor(ours.scores), of_parts(theirs.sum(-1)[0]).float(), atol=1e-4, rtol=1e-3)
    assert ours.completeness_error == pytest.approx(delta.item(), abs=1e-3)
    assert sum(ours.scores) == pytest.approx(ours.value - ours.baseline_value + ours.completeness_error, abs=1e-4)


@pytest.mark.parametrize("target", TARGETS)
def test_zeroed_parts_are_captums_ablation(model, target, monkeypatch):
    monkeypatch.setattr(jobs, "PIECE_TOKENS", 24)
    ours = done(leave_one_out(model, IDS, PARTS, target, place_of(model), how="zero"))
    vectors = vectors_of(model)
    features = torch.arange(len(IDS))[None, :, None].expand_as(vectors)
    with torch.no_grad():
        theirs = FeatureAblation(plain(model, target)).attribute(vectors, feature_mask=features)
    torch.testing.assert_close(torch.tensor(ours.scores), of_parts(theirs[0, :, 0]), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("spans", [PARTS, [(1, 3), (3, 4), (5, 7), (7, 8)]])
def test_a_deleted_part_is_the_text_without_it_read_alone(model, spans):
    target, hf = Target(1), encoders.tiny(model.name, model.task)

    def score(ids: list[int], place: int) -> float:
        logits = hf(torch.tensor([ids])).logits[0]
        return float((logits if logits.dim() == 1 else logits[place])[1])

    with torch.no_grad():
        whole = score(list(IDS), PLACE)
        expected = [
            whole - score([*IDS[:start], *IDS[stop:]], PLACE - (stop - start if stop <= PLACE else 0))
            for start, stop in spans
        ]
    ours = done(leave_one_out(model, IDS, spans, target, place_of(model)))
    assert ours.scores == pytest.approx(expected, abs=1e-4)
    assert ours.value == pytest.approx(whole, abs=1e-4)


# what the page gets


def answered(model: MaskedModel, text: str):
    """Returns a client, the path of the attributions of an opened text, its ids, and what runs the model."""
    reader = Reader(model, TraceStore(1_000_000)).start()
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    trace_id = asyncio.run(opening.open_text(reader, text))
    here = f"/playground/traces/{trace_id}/inside/attribution"
    return TestClient(app), here, reader.store.prompt_ids(trace_id), reader


def result_of(answer) -> dict:
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text.splitlines()[-1])["result"]


@pytest.mark.parametrize("kind", encoders.SHAPES)
def test_the_chosen_token_is_masked_and_its_own_word_is_among_the_candidates(kind):
    client, here, ids, reader = answered(encoders.named(kind), "the capital of france is paris .")
    place = 6
    masked = torch.tensor([[*ids[:place], reader.model.mask_id, *ids[place + 1 :]]])
    with torch.no_grad():
        logits = encoders.tiny(kind)(masked).logits[0, place]
    told = client.get(f"{here}/{place}/candidates.json").json()
    assert told["labels"] is None
    assert told["next"] == {"token_id": ids[place], "probability": pytest.approx(float(logits.softmax(-1)[ids[place]]))}
    assert told["top"][0]["token_id"] == int(logits.argmax())
    for method in jobs.JOBS:
        found = result_of(client.get(f"{here}/{place}?token_id=7&method={method}&scale=logit"))
        assert found["spans"] == [[one, one + 1] for one in (1, 2, 3, 4, 5, 7)]  # neither the blank nor [CLS] and [SEP]
        assert found["value"] == pytest.approx(float(logits[7]), abs=1e-4)
        assert found["source_spans"] == []
    reader.close()


def test_labels_are_explained_by_their_numbers():
    client, here, _ids, reader = answered(encoders.named("bert", "text-classification"), "the cat sleeps")
    told = client.get(f"{here}/0/candidates.json").json()
    assert (told["labels"], told["next"], len(told["top"])) == (["LABEL_0", "LABEL_1"], None, 2)
    found = [result_of(client.get(f"{here}/{place}?token_id=1&method=gradient_x_input")) for place in (0, 3)]
    assert found[0] == found[1]  # the label is that of the whole text
    assert found[0]["spans"] == [[1, 2], [2, 3], [3, 4]]
    answer = client.get(f"{here}/0?token_id=2&method=gradient_x_input")
    assert answer.status_code == 400
    assert "token_id is 2, and the head of bert has 2 of them" in answer.json()["detail"]
    reader.close()


def test_what_cannot_be_explained_is_refused_in_a_sentence(monkeypatch):
    client, here, _ids, reader = answered(encoders.named("bert"), "___")
    answer = client.get(f"{here}/1?token_id=2&method=gradient_x_input")
    assert (answer.status_code, answer.json()["detail"][:44]) == (400, "The text has no word besides the blank, so n")
    answer = client.get(f"{here}/3?token_id=2&method=gradient_x_input")
    assert (answer.status_code, "position is 3" in answer.json()["detail"]) == (400, True)
    assert "no token of bert" in client.get(f"{here}/1?token_id=99&method=gradient_x_input").json()["detail"]
    monkeypatch.setattr("playground.inside.whole_why.ATTRIBUTION_TOKENS", 2)
    answer = client.get(f"{here}/1?token_id=2&method=gradient_x_input")
    assert (answer.status_code, "at most 2 are explained" in answer.json()["detail"]) == (413, True)
    patched = client.post("/playground/inside/patching", json={"clean": "a", "corrupted": "the", "token_id": None})
    assert (patched.status_code, "is encoder-only" in patched.json()["detail"]) == (422, True)
    reader.close()


def test_integrated_gradients_of_the_built_in_model_name_france_for_paris():
    text = "The capital of France is ___."
    client, here, ids, reader = answered(load_any(str(BUILT_IN / "fill-the-blank"), "cpu"), text)
    place = ids.index(reader.model.mask_id)
    told = client.get(f"{here}/{place}/candidates.json").json()
    assert reader.model.vocabulary[told["top"][0]["token_id"]] == "·Paris"
    asked = f"token_id={told['top'][0]['token_id']}&parts=words&method=integrated_gradients&scale=logit"
    found = result_of(client.get(f"{here}/{place}?{asked}"))
    names = ["".join(reader.model.vocabulary[one] for one in ids[start:stop]) for start, stop in found["spans"]]
    assert max(zip(found["scores"], names, strict=True))[1] == "·France"
    assert names == ["·The", "·capital", "·of", "·France", "·is", "·."]
    assert abs(found["completeness_error"]) < 0.05
    reader.close()
