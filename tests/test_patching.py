"""Tests patching against plain forwards in which the vectors of a clean run are put into a corrupted one."""

import pytest
import torch

from playground.inside import patching as module
from playground.inside.patching import copied, patching
from playground.models.language_model import LanguageModel
from playground.models.parts import first, parts
from tests import fakes
from tests.test_attribution import done

CLEAN = fakes.prompt(8)
CORRUPTED = (*CLEAN[:3], 50, *CLEAN[4:])
ANSWER = 7


@pytest.fixture(params=["llama", "gpt2", "gemma3", "qwen2"])
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


def blocks_of(model: LanguageModel) -> list[torch.nn.Module]:
    return [block.module for block in parts(model.hf, model.name).check_blocks()]


@torch.no_grad()
def logits(model: LanguageModel, ids) -> torch.Tensor:
    """Returns what a plain forward gives after `ids`, without our own code."""
    return model.hf(torch.tensor([ids]), use_cache=False).logits[0, -1]


@torch.no_grad()
def outputs(model: LanguageModel, ids) -> list[torch.Tensor]:
    seen = []
    hooks = [
        block.register_forward_hook(lambda _module, _inputs, output: seen.append(first(output)[0].clone()))
        for block in blocks_of(model)
    ]
    model.hf(torch.tensor([ids]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return seen


def test_each_cell_is_a_plain_run_with_one_vector_copied(model, monkeypatch):
    monkeypatch.setattr(module, "PIECE_TOKENS", 7)  # one block or several at once, as positions go on
    told = []
    found = done(patching(model, CLEAN, CORRUPTED, ANSWER, lambda *news: told.append(news)))
    clean = outputs(model, CLEAN)
    for number in range(len(clean)):
        for position in range(len(CLEAN)):
            with copied(blocks_of(model), {number: ([0], [position], clean[number][[position]])}):
                alone = logits(model, CORRUPTED).log_softmax(-1)[ANSWER].item()
            assert found.logprobs[number][position] == pytest.approx(alone, abs=1e-4)
    assert found.clean == pytest.approx(logits(model, CLEAN).log_softmax(-1)[ANSWER].item(), abs=1e-4)
    assert found.corrupted == pytest.approx(logits(model, CORRUPTED).log_softmax(-1)[ANSWER].item(), abs=1e-4)
    cells = len(clean) * 5
    assert (told[0], told[-1]) == ((0, cells), (cells, cells))


def test_patching_the_whole_last_layer_restores_the_logits(model):
    clean = outputs(model, CLEAN)
    every = ([0] * len(CLEAN), list(range(len(CLEAN))), clean[-1])
    with copied(blocks_of(model), {len(clean) - 1: every}):
        patched = logits(model, CORRUPTED)
    assert torch.allclose(patched, logits(model, CLEAN), atol=1e-4)
    assert not torch.allclose(logits(model, CORRUPTED), logits(model, CLEAN), atol=1e-1), "the hooks are gone"


def test_what_comes_back_is_a_share(model):
    recovered = done(patching(model, CLEAN, CORRUPTED, ANSWER)).recovered
    assert recovered[-1][-1] == pytest.approx(1, abs=1e-4), "the last vector of the last block is all that is read"
    assert all(row[:3] == [0, 0, 0] for row in recovered), "before the first difference there is none to copy"
    assert recovered[-1][3:-1] == pytest.approx([0] * 4, abs=1e-3)


def test_the_answer_is_the_clean_texts_own_when_none_is_named(model):
    assert done(patching(model, CLEAN, CORRUPTED)).answer == int(logits(model, CLEAN).argmax())


def test_a_job_that_is_stopped_leaves_the_model_as_it_was(model):
    before = logits(model, CORRUPTED)
    hooks = [len(block._forward_hooks) for block in blocks_of(model)]
    job = patching(model, CLEAN, CORRUPTED, ANSWER)
    for _ in range(3):
        next(job)
        assert torch.equal(logits(model, CORRUPTED), before)
    job.close()
    assert [len(block._forward_hooks) for block in blocks_of(model)] == hooks


@pytest.mark.model
def test_the_capital_of_france_is_read_at_its_name_and_then_at_the_end(default_model):
    clean, corrupted = (default_model.tokenizer.encode(f"The capital of {name} is") for name in ("France", "Italy"))
    found = done(patching(default_model, clean, corrupted))
    assert default_model.vocabulary[found.answer] == "·Paris"
    early, late = found.recovered[0], found.recovered[-1]
    name = next(place for place in range(len(clean)) if clean[place] != corrupted[place])
    assert early[name] > 0.9 > 0.1 > early[-1]
    assert late[-1] > 0.999 > 0.1 > abs(late[name])
