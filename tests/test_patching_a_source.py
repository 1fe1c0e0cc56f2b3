"""Tests that patching between two sources is plain runs in which a hook of the test puts one vector in its place."""

import json

import pytest
import torch

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.inside import patching as jobs
from playground.inside.patching import source_patching
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.inside import why as api
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, SHAPES, START
from tests.test_attribution import done

CLEAN = (*fakes.prompt(5), END)
CORRUPTED = (*CLEAN[:2], 77, *CLEAN[3:])
WRITTEN = (START, *fakes.prompt(2, seed=4))
ANSWER = 7


@pytest.fixture(params=SHAPES)
def kind(request):
    return request.param


@pytest.fixture
def model(kind, tokenizer) -> LanguageModel:
    return LanguageModel(encoder_decoders.tiny(kind), tokenizer, kind)


def stacks(hf) -> tuple[list, list]:
    """Returns the encoder's blocks and the decoder's."""
    name = "block" if hf.config.model_type == "t5" else "layers"
    return list(getattr(hf.get_encoder(), name)), list(getattr(hf.get_decoder(), name))


def run(hf, source, hook=None, block=None) -> torch.Tensor:
    """Returns the log-probabilities after a plain forward, with a hook of one block."""
    handle = block.register_forward_hook(hook) if block is not None else None
    logprobs = encoder_decoders.forced(hf, source, WRITTEN)[-1].log_softmax(-1)
    if handle is not None:
        handle.remove()
    return logprobs


def plain_patching(hf, blocks) -> torch.Tensor:
    """Returns the answer's log-probability by block and position, from a plain forward for each of them."""
    rows = []
    for block in blocks:
        seen = []
        run(hf, CLEAN, lambda _module, _inputs, output, seen=seen: seen.append(first(output)[0]), block)
        row = []
        for position in range(seen[0].shape[0]):

            def put(_module, _inputs, output, position=position, seen=seen):
                changed = first(output).clone()
                changed[0, position] = seen[0][position]
                return (changed, *output[1:]) if isinstance(output, tuple) else changed

            row.append(run(hf, CORRUPTED, put, block)[ANSWER].item())
        rows.append(row)
    return torch.tensor(rows)


def first(output):
    return output[0] if isinstance(output, tuple) else output


@pytest.mark.parametrize("piece", [10, 256])
def test_each_cell_of_both_stacks_is_a_plain_run_with_one_vector_copied(model, monkeypatch, piece):
    monkeypatch.setattr(jobs, "PIECE_TOKENS", piece)
    told = []
    found = done(source_patching(model, CLEAN, CORRUPTED, WRITTEN, ANSWER, lambda *news: told.append(news)))
    encoder, decoder = stacks(model.hf)
    torch.testing.assert_close(
        torch.tensor(found.source_logprobs), plain_patching(model.hf, encoder), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(torch.tensor(found.logprobs), plain_patching(model.hf, decoder), atol=1e-4, rtol=0)
    assert found.clean == pytest.approx(run(model.hf, CLEAN)[ANSWER].item(), abs=1e-4)
    assert found.corrupted == pytest.approx(run(model.hf, CORRUPTED)[ANSWER].item(), abs=1e-4)
    of = len(encoder) * len(CLEAN) + len(decoder) * len(WRITTEN)
    assert (told[0], told[-1]) == ((0, of), (of, of))
    assert found.recovered[-1][-1] == pytest.approx(1, abs=1e-2)


def test_nothing_of_it_stays_in_the_model(model):
    before = run(model.hf, CORRUPTED)
    job = source_patching(model, CLEAN, CORRUPTED, WRITTEN)
    for _ in range(3):
        next(job)
    job.close()
    torch.testing.assert_close(run(model.hf, CORRUPTED), before, atol=0, rtol=0)


@pytest.fixture
def engine(model):
    running = Engine(model, TraceStore(50_000_000)).start()
    yield running
    running.close()


PAIR = {"clean": "the tin on a", "corrupted": "the tin in a"}


@pytest.mark.parametrize("kind", ["marian", "t5"], indirect=True)
def test_the_page_gets_both_stacks(client, engine):
    tokens = client.post("/playground/inside/patching/tokens.json", json=PAIR | {"target": " a tin"}).json()
    assert tokens["target"][0] == START
    assert len(tokens["target"]) > 1
    lines = client.post(
        "/playground/inside/patching", json=PAIR | {"target": " a tin", "token_id": 7}
    ).text.splitlines()
    result = json.loads(lines[-1])["result"]
    alone = done(source_patching(engine.model, *map(tuple, result["ids"]), tokens["target"], 7))
    assert result["target"] == tokens["target"]
    assert result["recovered"] == [pytest.approx(row, abs=1e-3) for row in alone.recovered]
    assert result["source_recovered"] == [pytest.approx(row, abs=1e-3) for row in alone.source_recovered]


@pytest.mark.parametrize("kind", ["bart"], indirect=True)
async def test_the_api_patches_both_stacks(engine):
    answer = await api.patching(engine, **PAIR, token_id=7, target=" a tin")
    assert len(answer["source_recovered"]) == 2
    assert len(answer["source_recovered"][0]) == len(answer["tokens"])
    assert answer["layers"] == len(answer["recovered"]) == 3
    assert len(answer["recovered"][0]) == len(answer["target_tokens"])
    json.dumps(answer, allow_nan=False)
    with pytest.raises(PlaygroundError, match="target has 65 tokens, and patching takes at most 64"):
        await api.patching(engine, **PAIR, token_id=7, target=" the" * 64)
