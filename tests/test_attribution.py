"""Tests attributions against captum, and leaving a part out against reading the changed text alone."""

import gc
import weakref

import pytest
import torch
from captum.attr import FeatureAblation, InputXGradient, IntegratedGradients

from playground.inside import attribution, gradients
from playground.inside.attribution import Target, gradient_x_input, integrated_gradients, leave_one_out
from playground.inside.words import words
from playground.models.language_model import LanguageModel
from tests import fakes

IDS = fakes.prompt(9)
ONE_BY_ONE = [(place, place + 1) for place in range(len(IDS))]
TARGETS = [Target(7), Target(7, against=19), Target(7, scale="log_probability")]
FAMILIES = ["llama", "gpt2", "gemma3"]


@pytest.fixture(params=FAMILIES)
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


def done(job):
    """Runs a job to its end and returns its result."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def plain(model: LanguageModel, target: Target):
    """Returns the function that captum explains: a plain forward of embeddings, without our own code."""

    def score(vectors: torch.Tensor) -> torch.Tensor:
        logits = model.hf(inputs_embeds=vectors, use_cache=False).logits[:, -1]
        return target.of(logits)

    return score


def vectors_of(model: LanguageModel) -> torch.Tensor:
    return model.hf.get_input_embeddings()(torch.tensor([IDS])).detach()


def score_of(model: LanguageModel, ids, target: Target) -> float:
    with torch.no_grad():
        return target.of(model.hf(torch.tensor([ids]), use_cache=False).logits[:, -1]).item()


@pytest.mark.parametrize("target", TARGETS)
def test_gradient_x_input_is_captums(model, target):
    ours = done(gradient_x_input(model, IDS, ONE_BY_ONE, target))
    theirs = InputXGradient(plain(model, target)).attribute(vectors_of(model).requires_grad_())
    assert torch.allclose(torch.tensor(ours.scores), theirs.sum(-1)[0], atol=1e-4)
    assert ours.value == pytest.approx(score_of(model, IDS, target), abs=1e-4)
    assert ours.completeness_error is None


@pytest.mark.parametrize("target", TARGETS)
def test_integrated_gradients_and_their_error_are_captums(model, target, monkeypatch):
    monkeypatch.setattr(gradients, "PIECE_TOKENS", 40)  # the points come in several pieces
    ours = done(integrated_gradients(model, IDS, ONE_BY_ONE, target, steps=30))
    method = IntegratedGradients(plain(model, target))
    theirs, delta = method.attribute(vectors_of(model), n_steps=30, return_convergence_delta=True)
    assert torch.allclose(torch.tensor(ours.scores), theirs.sum(-1)[0].float(), atol=1e-4)
    assert ours.completeness_error == pytest.approx(delta.item(), abs=1e-4)
    assert sum(ours.scores) == pytest.approx(ours.value - ours.baseline_value + ours.completeness_error, abs=1e-4)


def test_more_points_make_the_completeness_error_smaller(tiny_models, tokenizer):
    model = LanguageModel(tiny_models["gpt2"], tokenizer, "tiny")
    few, many = (done(integrated_gradients(model, IDS, ONE_BY_ONE, TARGETS[0], steps=steps)) for steps in (3, 200))
    assert abs(many.completeness_error) < 0.01 < abs(few.completeness_error)


@pytest.mark.parametrize("target", TARGETS)
def test_zeroed_tokens_are_captums_ablation(model, target, monkeypatch):
    monkeypatch.setattr(attribution, "PIECE_TOKENS", 24)
    ours = done(leave_one_out(model, IDS, ONE_BY_ONE, target, how="zero"))
    vectors = vectors_of(model)
    features = torch.arange(len(IDS))[None, :, None].expand_as(vectors)
    with torch.no_grad():
        theirs = FeatureAblation(plain(model, target)).attribute(vectors, feature_mask=features)
    assert torch.allclose(torch.tensor(ours.scores), theirs[0, :, 0], atol=1e-4)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("spans", [ONE_BY_ONE, [(0, 1), (1, 4), (4, 5), (5, 9)], [(0, 8), (8, 9)], [(0, 1), (1, 9)]])
@pytest.mark.parametrize("piece", [8, 24, 256])
def test_deleted_parts_are_runs_one_by_one(model, target, spans, piece, monkeypatch):
    monkeypatch.setattr(attribution, "PIECE_TOKENS", piece)
    told = []
    ours = done(leave_one_out(model, IDS, spans, target, lambda *news: told.append(news)))
    whole = score_of(model, IDS, target)
    alone = [whole - score_of(model, IDS[:start] + IDS[stop:], target) for start, stop in spans]
    assert ours.scores == pytest.approx(alone, abs=1e-4)
    assert told[0] == (0, len(spans))
    assert told[-1] == (len(spans), len(spans))


def test_the_parts_of_a_word_sum_to_the_word(model):
    spans = [(0, 3), (3, 9)]
    for job in (gradient_x_input, integrated_gradients):
        each, grouped = (done(job(model, IDS, parts, TARGETS[0])) for parts in (ONE_BY_ONE, spans))
        assert grouped.scores == pytest.approx([sum(each.scores[:3]), sum(each.scores[3:])], abs=1e-4)


def test_weights_get_no_gradient_and_nothing_of_a_job_stays(model, monkeypatch):
    held = weakref.WeakSet()
    read = LanguageModel.read_vectors

    def watched(self, vectors, *others):
        held.add(vectors)
        logits = read(self, vectors, *others)
        held.add(logits)
        return logits

    monkeypatch.setattr(LanguageModel, "read_vectors", watched)
    done(integrated_gradients(model, IDS, ONE_BY_ONE, TARGETS[0], steps=4))
    stopped = gradient_x_input(model, IDS, ONE_BY_ONE, TARGETS[0])
    next(stopped)
    assert held, "the way there was read, and the way back was not"
    stopped.close()
    gc.collect()
    assert not held
    assert all(weight.grad is None and not weight.requires_grad for weight in model.hf.parameters())


def test_a_text_is_generated_between_the_pieces_of_a_job(model):
    """The other work reads in another attention, and in inference mode; the job's numbers stay the same."""
    alone = done(gradient_x_input(model, IDS, ONE_BY_ONE, TARGETS[0]))
    job = gradient_x_input(model, IDS, ONE_BY_ONE, TARGETS[0])
    next(job)
    fakes.next_logits(model, IDS)
    assert done(job).scores == pytest.approx(alone.scores, abs=1e-5)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["The", "·cap", "ital", ",", "·it"], [(0, 1), (1, 3), (3, 4), (4, 5)]),
        (["<|im_start|>", "user", "⏎", "Hi", "!"], [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
        (["東", "京", "‹E6›", "‹9D B1›"], [(0, 1), (1, 2), (2, 4)]),
        (["don", "'t", "·1", "2"], [(0, 1), (1, 2), (2, 4)]),
        (["·"], [(0, 1)]),
    ],
)
def test_tokens_are_grouped_into_words(tokens, expected):
    assert words(tokens) == expected
