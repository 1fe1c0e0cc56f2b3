"""Tests that a model on several devices writes, shows and explains the same as the same model on one."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient
from transformers import PreTrainedModel

from playground.attention.views import open_text
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.memory_plan import measured
from playground.engine.request import Request
from playground.models.footprint import footprint, text_shares
from playground.models.language_model import LanguageModel
from playground.models.spread import brought_bytes, bytes_on, is_spread
from playground.prompts.labels import Query, Scorer
from playground.sharing.script import script
from playground.strategies.beams import searched
from playground.traces.store import TraceStore
from playground.web.routes.beside_gradio import add_routes
from tests import fakes
from tests.hybrids import KINDS as HYBRIDS
from tests.hybrids import hybrid
from tests.several_devices import FIRST, SECOND, TwoCards, half_on_disk, on_two_cards
from tests.test_inside_bfloat16 import ANSWERS, LINES, POSTS, TEXT
from tests.test_inside_on_a_device import ATTENTION

LENGTHS = (6, 21, 1, 11)
"""Four prompts of unequal length, which share forwards."""
EXPERTS = {"qwen3_next", "jamba"}
"""transformers counts the tokens of each expert in another way on a CPU than on what is called a card."""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
"""Numbers are the same but for rounding, as the output matrix multiplies other positions too."""
Spread = Callable[[PreTrainedModel], PreTrainedModel]


@pytest.fixture(params=["cards", "disk"])
def spread(request, tmp_path) -> Spread:
    """Puts a model on several devices."""
    return on_two_cards if request.param == "cards" else lambda hf: half_on_disk(hf, tmp_path)


@contextmanager
def engine_of(hf: PreTrainedModel, tokenizer) -> Iterator[Engine]:
    """Starts an engine, whose thread knows of the pretended cards if the model is on them."""
    with closing(Engine(LanguageModel(hf, tokenizer, "tiny"), TraceStore(200_000_000)).start()) as engine:
        if is_spread(hf) and "disk" not in bytes_on(hf):
            mode = TwoCards()
            asyncio.run(engine.call(lambda _: mode.__enter__()))
        yield engine


@pytest.fixture(params=fakes.KINDS)
def engines(request, spread, tokenizer) -> Iterator[list[Engine]]:
    """The engines of the same model on one device and on several."""
    whole, parted = fakes.tiny(request.param), spread(fakes.tiny(request.param))
    with engine_of(whole, tokenizer) as one, engine_of(parted, tokenizer) as several:
        yield [one, several]


def client_of(engine: Engine) -> TestClient:
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    return TestClient(app)


def written(engine: Engine, settings: Settings) -> list:
    """Returns the texts of several prompts that share forwards; the shorter ones leave while the others go on."""

    async def together():
        requests = [Request(fakes.prompt(length), settings) for length in LENGTHS]
        requests.append(Request(fakes.prompt(7), fakes.greedy(3)))
        return [trace for _, trace in await asyncio.gather(*(fakes.trace(engine, one) for one in requests))]

    return asyncio.run(together())


def assert_equal(ours, theirs) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert one.token_ids == other.token_ids
        for step, expected in zip(one.steps, other.steps, strict=True):
            assert torch.equal(step.logits, expected.logits)
            assert torch.equal(torch.as_tensor(step.weights), torch.as_tensor(expected.weights))


def test_texts_their_logits_and_their_attention_are_the_same(engines):
    one, several = (written(engine, Settings(max_new_tokens=9, seed=5, top_p=0.9)) for engine in engines)
    assert_equal(several, one)


@pytest.mark.parametrize("kind", [kind for kind in HYBRIDS if kind not in EXPERTS])
def test_layers_that_keep_states_are_the_same(kind, spread, tokenizer):
    with engine_of(hybrid(kind), tokenizer) as one, engine_of(spread(hybrid(kind)), tokenizer) as several:
        assert_equal(written(several, fakes.greedy(6)), written(one, fakes.greedy(6)))


def test_every_request_about_a_text_is_answered_the_same(engines, subtests):
    trace_ids = [asyncio.run(open_text(engine, TEXT)) for engine in engines]
    clients = [client_of(engine) for engine in engines]
    requests = [("GET", path, None) for path in ANSWERS + LINES + ATTENTION]
    for method, path, body in requests + [("POST", path, body) for path, body in POSTS.items()]:
        with subtests.test(path):
            one, several = (
                client.request(method, f"/playground{path.format(trace_id=trace_id)}", json=body)
                for client, trace_id in zip(clients, trace_ids, strict=True)
            )
            assert several.status_code == 200, several.text
            if "json" in one.headers["content-type"]:
                assert NUMBER.sub("", several.text) == NUMBER.sub("", one.text)
                numbers = [[float(number) for number in NUMBER.findall(answer.text)] for answer in (several, one)]
                assert numbers[0] == pytest.approx(numbers[1], abs=1e-4)
            else:
                assert several.content == one.content


async def test_label_words_and_beams_are_the_same(engines):
    queries = [Query(fakes.prompt(9, seed=seed), ((7,), (8, 9), (8, 10, 11))) for seed in range(3)]
    one, several = [await Scorer(engine).log_probabilities(queries) for engine in engines]
    assert several == one
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=6)
    one, several = [await searched(engine, fakes.prompt(8), settings) for engine in engines]
    assert several.hypotheses == one.hypotheses


def test_keys_and_values_are_on_the_devices_of_their_layers():
    hf = on_two_cards(fakes.tiny("gemma3"))
    with TwoCards():
        assert hf.device == FIRST
        shares = text_shares(hf)
    assert shares == {FIRST: pytest.approx(1 / 3), SECOND: pytest.approx(2 / 3)}


def test_the_plan_of_several_cards_holds_on_each_of_them(monkeypatch, tokenizer):
    free = {FIRST: 900_000_000, SECOND: 700_000_000}
    monkeypatch.setattr("playground.engine.memory_plan.free_bytes", lambda device: free[device])
    whole = footprint(fakes.tiny("gemma3"))
    hf = on_two_cards(fakes.tiny("gemma3"))
    with TwoCards():
        found = measured(LanguageModel(hf, tokenizer, "tiny"))
    assert found.free == 700_000_000
    assert found.footprint.token == whole.token * 2 // 3
    assert found.footprint.working == whole.working


def test_what_a_forward_brings_to_the_first_device_is_not_free(monkeypatch, tokenizer, tmp_path):
    monkeypatch.setattr("playground.engine.memory_plan.free_bytes", lambda device: 700_000_000)
    hf = half_on_disk(fakes.tiny("llama"), tmp_path)
    largest = max(module.weight.nbytes for module in (hf.lm_head, hf.model.layers[1].mlp.up_proj))
    assert brought_bytes(hf) == largest
    assert measured(LanguageModel(hf, tokenizer, "tiny")).free == 700_000_000 - largest


def test_a_models_places_are_told_and_its_script_shares_it_out_too(tokenizer, tmp_path):
    hf = half_on_disk(fakes.tiny("llama"), tmp_path)
    total = sum(one.nbytes for one in hf.parameters())
    assert set(bytes_on(hf)) == {"cpu", "disk"}
    assert sum(bytes_on(hf).values()) == total
    with engine_of(hf, tokenizer) as engine:
        assert engine.model.facts()["device"] == "cpu + disk"
        _, trace = fakes.run(engine, Request(engine.model.tokenizer.encode(TEXT), fakes.greedy(3)))
        told = script(engine.model, trace, 0)
    assert 'device_map="auto")' in told
    assert "model = model.eval()\n" in told
    alone = script(LanguageModel(fakes.tiny("llama"), tokenizer, "tiny"), trace, 0)
    assert "device_map" not in alone
    assert 'model.eval().to("cpu")' in alone
