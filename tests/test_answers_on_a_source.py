"""Tests what answers a prompt that an encoder reads: the numbers are those of transformers."""

import asyncio
import math

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground import command_line
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.engine.scoring import Scores
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.prompts.labels import Scorer
from playground.strategies.comparison import Grid, Place, run
from playground.traces.store import TraceStore
from playground.web import api
from playground.web.routes.beside_gradio import add_routes
from tests import encoder_decoders, fakes
from tests.encoder_decoders import SHAPES, START
from tests.test_page import HERE

TEXT = "the in on"
GREEDY = {"strategy": "greedy", "max_new_tokens": 6}


@pytest.fixture(params=SHAPES)
def kind(request) -> str:
    return request.param


@pytest.fixture
def engine(kind):
    model = LanguageModel(encoder_decoders.tiny(kind), fakes.byte_level_tokenizer(), kind)
    running = Engine(model, TraceStore(50_000_000)).start()
    yield running
    running.close()


def written(engine: Engine, kind: str, text: str, settings: Settings) -> list[int]:
    """Returns the ids that `generate` writes of a text, without the start token."""
    hf, source = encoder_decoders.tiny(kind), engine.model.tokenizer.encode(text)
    return encoder_decoders.generate(hf, source, settings).sequences[0][1:].tolist()


async def test_a_trace_and_compared_prompts_are_what_generate_writes(engine, kind):
    found = await api.trace(engine, TEXT, GREEDY)
    assert [step["token_id"] for step in found["steps"]] == written(engine, kind, TEXT, fakes.greedy(6))
    assert found["prompt_ids"] == [START]
    both = await api.compare_prompts(engine, [TEXT, "a"], GREEDY)
    for text, one in zip((TEXT, "a"), both, strict=True):
        assert [step["token_id"] for step in one["steps"]] == written(engine, kind, text, fakes.greedy(6))


async def test_beams_are_those_of_generate(engine, kind):
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=6)
    found = await api.beams(engine, TEXT, {"num_beams": 3, "max_new_tokens": 6})
    source = engine.model.tokenizer.encode(TEXT)
    theirs = encoder_decoders.generate(encoder_decoders.tiny(kind), source, settings, num_return_sequences=3)
    for one, ids in zip(found["sequences"], theirs.sequences[:, 1:].tolist(), strict=True):
        assert one["token_ids"] == ids[: len(one["token_ids"])]


async def test_label_probabilities_are_those_of_one_forward(engine, kind):
    found = await api.label_probabilities(engine.beside(Scorer), TEXT, ["tin", "the"])
    source = engine.model.tokenizer.encode(TEXT)
    for one in found["labels"]:
        ids = one["token_ids"]
        rows = encoder_decoders.forced(encoder_decoders.tiny(kind), source, (START, *ids)).double().softmax(-1)
        expected = math.prod(float(rows[place, token]) for place, token in enumerate(ids))
        assert one["probability"] == pytest.approx(expected, abs=1e-6)
    assert found["n_tokens"] == len(source)


async def test_every_cell_of_a_grid_is_the_text_of_its_source(engine, kind):
    rows = (fakes.greedy(6), Settings(max_new_tokens=6), Settings(strategy="beam", num_beams=3, max_new_tokens=6))
    grid = Grid((TEXT, "a"), rows, (3, 4))
    found = {cell.place: cell async for cell in run(engine, grid)}
    assert len(found) == len(grid.cells())
    assert all(cell.error is None for cell in found.values())
    for place, cell in found.items():
        prompt, settings = engine.model.encode_prompt(grid.prompts[place.prompt]), grid.settings(place)
        if settings.strategy == "sample":
            _, alone = await fakes.trace(engine, Request(prompt.ids, settings, source_ids=prompt.source_ids))
            assert cell.token_ids == alone.token_ids
        else:
            expected = written(engine, kind, grid.prompts[place.prompt], settings)
            assert list(cell.token_ids) == expected[: len(cell.token_ids)]
        hf, ids = encoder_decoders.tiny(kind), (START, *cell.token_ids)
        logprobs = encoder_decoders.forced(hf, prompt.source_ids, ids)[:-1].double().log_softmax(-1)
        own = logprobs.gather(-1, torch.tensor(cell.token_ids)[:, None])[:, 0].tolist()
        assert cell.logprobs_nats == pytest.approx(own, abs=1e-5)
    assert found[Place(0, 0, 3)].logprobs_nats != found[Place(1, 0, 3)].logprobs_nats


async def test_what_the_decoder_is_given_is_scored_after_its_source(engine, kind):
    source, ids = encoder_decoders.source(9), (START, *fakes.prompt(40))
    scores = await engine.beside(Scores).of(ids, source)
    rows = encoder_decoders.forced(encoder_decoders.tiny(kind), source, ids).double().log_softmax(-1)
    assert [one.token_id for one in scores] == list(ids[1:])
    own = [float(row[token]) for row, token in zip(rows, ids[1:], strict=False)]
    assert [one.logprob_nats for one in scores] == pytest.approx(own, abs=1e-5)
    other = await engine.beside(Scores).of(ids, encoder_decoders.source(5))
    assert other != scores
    with pytest.raises(PlaygroundError, match="has an encoder"):
        await engine.beside(Scores).of(ids)


@pytest.fixture
def client(engine):
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        yield client


def test_the_route_scores_a_text_after_a_source(client, engine, kind):
    answer = client.post("/playground/scores", json={"text": "tin the", "source": TEXT}).json()
    ids, source = engine.model.tokenizer.encode("tin the"), engine.model.tokenizer.encode(TEXT)
    rows = encoder_decoders.forced(encoder_decoders.tiny(kind), source, (START, *ids)).double().log_softmax(-1)
    assert [one["token_id"] for one in answer["tokens"]] == list(ids)
    own = [float(row[token]) for row, token in zip(rows, ids, strict=False)]
    assert [one["logprob_nats"] for one in answer["tokens"]] == pytest.approx(own, abs=1e-5)
    refused = client.post("/playground/scores", json={"text": "tin the"})
    assert "Give the source" in refused.json()["detail"]


def test_a_prefix_of_the_decoder_is_scored_as_the_prompt_of_a_text(client, engine, kind):
    source, prefix = encoder_decoders.source(6), (START, 9, 12, 30)
    _, trace = fakes.run(engine, Request(prefix, fakes.greedy(3), source_ids=source))
    trace_id = engine.store.open(trace)
    steps = client.get(f"/playground/traces/{trace_id}/prompt").json()["steps"]
    rows = encoder_decoders.forced(encoder_decoders.tiny(kind), source, prefix).double().softmax(-1)
    own = [float(row[token]) for row, token in zip(rows, prefix[1:], strict=False)]
    assert [step["raw_probability"] for step in steps if step["raw_probability"] is not None] == pytest.approx(
        own, rel=1e-5
    )


def test_completions_of_openais_api(engine, kind):
    app = command_line.build_app(Engines.only(engine), command_line.arguments([]))
    asked = {"model": kind, "prompt": TEXT, "max_tokens": 6, "temperature": 0}
    ids = written(engine, kind, TEXT, fakes.greedy(6))
    source = engine.model.tokenizer.encode(TEXT)
    with TestClient(app, base_url=HERE) as client:
        answer = client.post("/v1/completions", json=asked | {"logprobs": 2}).json()
        again = client.post("/v1/completions", json=asked | {"prompt": list(source)}).json()
        refused = client.post("/v1/completions", json=asked | {"echo": True}).json()["error"]
        empty = client.post("/v1/completions", json=asked | {"prompt": ""}).json()["error"]
        chat = {"model": kind, "messages": [{"role": "user", "content": "a"}]}
        no_chat = client.post("/v1/chat/completions", json=chat).json()["error"]
    [choice] = answer["choices"]
    kept = [token for token in ids if token != encoder_decoders.END]
    assert choice["text"] == engine.model.tokenizer.decode(kept) == again["choices"][0]["text"]
    rows = encoder_decoders.forced(encoder_decoders.tiny(kind), source, (START, *ids)).double().log_softmax(-1)
    own = [float(rows[place, token]) for place, token in enumerate(ids) if token != encoder_decoders.END]
    assert choice["logprobs"]["token_logprobs"] == pytest.approx(own, abs=1e-5)
    usage = {"prompt_tokens": len(source), "completion_tokens": len(ids), "total_tokens": len(source) + len(ids)}
    assert answer["usage"] == usage
    assert (refused["param"], "Leave echo out" in refused["message"]) == ("echo", True)
    assert (empty["param"], empty["message"]) == ("prompt", "The text is empty. Write the text that the encoder reads.")
    assert no_chat["param"] == "messages"


def test_a_first_token_that_the_model_forces_is_no_part_of_an_answers_text(tokenizer):
    hf = encoder_decoders.tiny("mbart")
    hf.generation_config.forced_bos_token_id = 9
    engine = Engine(LanguageModel(hf, tokenizer, "mbart"), TraceStore(50_000_000)).start()
    found = asyncio.run(api.trace(engine, TEXT, GREEDY))
    with TestClient(command_line.build_app(Engines.only(engine), command_line.arguments([])), base_url=HERE) as client:
        asked = {"model": "mbart", "prompt": TEXT, "max_tokens": 6, "temperature": 0}
        answer = client.post("/v1/completions", json=asked).json()
    engine.close()
    ids = [step["token_id"] for step in found["steps"]]
    assert ids[0] == 9
    kept = [token for token in ids[1:] if token not in (9, encoder_decoders.END)]
    assert answer["choices"][0]["text"] == tokenizer.decode(kept)
