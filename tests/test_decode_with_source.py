"""Tests that a text with a source is shown, exported and made known again, and which views refuse it."""

import asyncio

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.reopening import reopened
from playground.engine.request import Request, check_text
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.sharing.script import script
from playground.sharing.written import written
from playground.traces.store import TraceStore
from playground.web.example_text import FRENCH_EXAMPLE
from playground.web.messages.trace import trace_message
from playground.web.panels.example import written_example
from playground.web.panels.prompt import Written, prompt_of
from playground.web.routes.beside_gradio import add_routes
from tests import encoder_decoders, fakes
from tests.encoder_decoders import START
from tests.saved_trace import open_on_the_page, told
from tests.test_script import run_here

TEXT = "the in on"
NEW_TOKENS = 5
NO_SOURCE = "has an encoder, and nothing here says what it reads"


@pytest.fixture(scope="module")
def translator() -> LanguageModel:
    return LanguageModel(encoder_decoders.tiny("marian"), fakes.byte_level_tokenizer(), "tiny-french")


@pytest.fixture
def engine(translator):
    running = Engine(translator, TraceStore(50_000_000)).start()
    yield running
    running.close()


@pytest.fixture
def client(engine):
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def trace_id(engine):
    async def make() -> str:
        prompt = prompt_of(engine, Written(TEXT, False))
        run = engine.trace(Request(prompt.ids, fakes.greedy(NEW_TOKENS), source_ids=prompt.source_ids))
        await fakes.collect(run)
        return run.trace_id

    return asyncio.run(make())


def skeleton(engine, trace_id: str) -> dict:
    """Returns what a page tells of a text that the server has forgotten."""
    message = trace_message(trace_id, engine.store.get(trace_id), None, fakes.VOCABULARY, ())
    return message["header"] | {"stop_reason": message["stop_reason"], "steps": message["steps"]}


def cross_attention(engine, trace_id: str) -> torch.Tensor:
    """Returns the cross-attention of one eager forward over the whole text, (layer, head, step, source position)."""
    trace, hf = engine.store.get(trace_id), encoder_decoders.tiny("marian")
    hf.set_attn_implementation("eager")
    ids = torch.tensor([[START, *trace.token_ids[:-1]]])
    with torch.inference_mode():
        whole = hf(torch.tensor([trace.source_ids]), decoder_input_ids=ids, output_attentions=True, use_cache=False)
    return torch.stack(whole.cross_attentions)[:, 0]


def test_the_page_opens_with_a_text_of_an_encoder_decoder(engine):
    message = asyncio.run(written_example(Engines.only(engine)))
    header = message["header"]
    assert header["prompt_ids"] == [START]
    assert header["source_ids"] == list(engine.model.tokenizer.encode(FRENCH_EXAMPLE))
    assert {str(token_id) for token_id in header["source_ids"]} <= set(message["opening"]["words"])
    assert message["steps"]


def test_an_empty_text_for_the_encoder_is_a_sentence(engine):
    with pytest.raises(PlaygroundError, match="The text is empty. Write the text that the encoder reads"):
        prompt_of(engine, Written(" ", False))


def test_the_weights_over_the_source_are_those_of_an_eager_forward(client, engine, trace_id):
    expected = cross_attention(engine, trace_id)
    layers, heads, steps, _ = expected.shape
    for recorded in (True, False):
        for index in range(steps):
            for layer in range(layers):
                for head in (*range(heads), "mean"):
                    row = expected[layer, :, index].mean(0) if head == "mean" else expected[layer, head, index]
                    path = f"/playground/traces/{trace_id}/source-attention/{index}?layer={layer}&head={head}"
                    answer = client.get(path).json()
                    assert (answer["layer"], answer["layers"], answer["heads"]) == (layer, layers, heads)
                    assert (torch.tensor(answer["weights"]) - row).abs().max() < 1e-3  # recorded in float16
                    assert abs(sum(answer["weights"]) - 1) < 2e-3
        if recorded:
            trace_id = client.post("/playground/traces", json=skeleton(engine, trace_id)).json()["trace_id"]
            assert engine.store.step(trace_id, 0) is None, "the text that was made known again has no tensors"
    last = client.get(f"/playground/traces/{trace_id}/source-attention/0").json()
    assert last["layer"] == layers - 1


def test_weights_that_the_store_gave_up_are_computed_again(client, engine, trace_id, monkeypatch):
    path, held = f"/playground/traces/{trace_id}/source-attention/2", engine.store.step
    recorded = client.get(path).json()["weights"]
    monkeypatch.setattr(engine.store, "step", lambda *place: held(*place).without_attention())
    assert client.get(path).json()["weights"] == pytest.approx(recorded, abs=1e-3)


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("0?layer=3", 400, "layer is 3, and the decoder of tiny-french has 3"),
        ("0?layer=0&head=4", 400, "head is 4, and the decoder of tiny-french has 4"),
        ("0?head=max", 400, "head"),
        ("-1", 400, "no position of the decoder predicted"),
        ("99", 404, "99"),
    ],
)
def test_weights_that_are_not_there_are_a_sentence(client, trace_id, path, status, sentence):
    answer = client.get(f"/playground/traces/{trace_id}/source-attention/{path}")
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_a_text_is_known_again_only_with_a_source_that_its_model_reads(engine, trace_id, llama):
    known = skeleton(engine, trace_id)
    again = reopened(known, engine.model, engine.limits)
    assert again.source_ids == engine.store.get(trace_id).source_ids
    with pytest.raises(PlaygroundError, match=NO_SOURCE):
        reopened(known | {"source_ids": []}, engine.model, engine.limits)
    with pytest.raises(PlaygroundError, match="has no encoder, so that it reads no source"):
        reopened(known | {"model": llama.name}, llama, engine.limits)


@pytest.mark.parametrize("kind", ["full", "light"])
def test_a_file_keeps_the_source(client, engine, trace_id, kind):
    content = client.get(f"/playground/traces/{trace_id}/file?kind={kind}").content
    header = open_on_the_page(content).message["header"]
    source = engine.store.get(trace_id).source_ids
    assert header["source_ids"] == list(source)
    assert {str(token_id) for token_id in source} <= set(header["words"])
    steps = told(content)["steps"]
    if kind == "full":
        assert all(step["source_attention"]["shape"] == [3, 4, len(source)] for step in steps)


def test_the_prompt_of_a_link_is_what_the_encoder_read(engine, trace_id):
    assert written(engine.model, engine.store.get(trace_id)).prompt == TEXT


def test_no_token_of_the_decoders_beginning_is_scored(client, trace_id):
    assert client.get(f"/playground/traces/{trace_id}/prompt").json() == {"steps": [], "score": None}


def test_the_script_prints_the_text_and_the_candidates(engine, trace_id, tmp_path):
    folder = tmp_path / "tiny-french"
    encoder_decoders.tiny("marian").save_pretrained(folder)
    fakes.byte_level_tokenizer().save_pretrained(folder)
    trace = engine.store.get(trace_id)
    printed = run_here(script(engine.model, trace, 2), str(tmp_path))
    assert printed.startswith(engine.model.tokenizer.decode(trace.token_ids))
    chosen = next(line for line in printed.splitlines() if f" {trace.token_ids[2]:>7}  " in line)
    assert float(chosen.split()[0]) == pytest.approx(trace.steps[2].raw_facts.probability, abs=1e-6)


ROUTES = (
    "inside/drawing.json",
    "inside/positions.json",
    "inside/embeddings.json",
    "traces/{}/inside/lens/1",
    "traces/{}/inside/contributions/1?token_id=5",
    "traces/{}/inside/lengths/1",
    "traces/{}/inside/order/1?order=reversed",
    "traces/{}/attention/maps/0/0",
    "traces/{}/attention/rows/1",
    "traces/{}/attention/measures.json",
    "attention.json",
)


def test_routes_of_the_inside_answer_for_such_a_model(client, trace_id):
    for path in ROUTES:
        answer = client.get(f"/playground/{path.format(trace_id)}")
        assert answer.status_code == 200, (path, answer.text)


def test_routes_of_other_views_refuse_such_a_model(client, trace_id):
    for path, body in {
        "next-logits": {"prompt_ids": [START], "completion_ids": [7]},
        "inside/tokens/space": {"text": f"{TEXT} "},
    }.items():
        answer = client.post(f"/playground/{path}", json=body)
        assert answer.status_code == 400, (path, answer.text)
        assert NO_SOURCE in answer.json()["detail"], path


def test_a_text_cannot_be_scored(engine):
    """The encoder reads it, and nothing predicts what an encoder reads."""
    prompt = prompt_of(engine, Written(TEXT, False))
    with pytest.raises(PlaygroundError, match="The encoder of tiny-french reads this text, and predicts none"):
        check_text(TEXT, prompt.ids, engine.model, engine.limits, prompt.source_ids)


def test_settings_of_a_fork_keep_the_source(engine, trace_id):
    settings = Settings(strategy="greedy", max_new_tokens=NEW_TOKENS)
    prompt = prompt_of(engine, Written(TEXT, False))
    _, trace = fakes.run(engine, Request(prompt.ids, settings, forced_ids=(9,), source_ids=prompt.source_ids))
    expected = encoder_decoders.generate(
        encoder_decoders.tiny("marian"), trace.source_ids, fakes.greedy(NEW_TOKENS - 1), (9,)
    )
    assert list(trace.token_ids) == expected.sequences[0][1:].tolist()
