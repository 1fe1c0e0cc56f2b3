"""Tests that a word in several sources is compared by the hidden states of an encoder–decoder's encoder."""

import asyncio
import json

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.inside.contexts import Place, Progress, check_place, compared
from playground.models.built_in import BUILT_IN
from playground.models.language_model import LanguageModel
from playground.models.offering import Asked, offers
from playground.traces.store import TraceStore
from playground.web.routes.beside_gradio import add_routes
from tests import encoder_decoders
from tests.encoder_decoders import SHAPES

ONE, OTHER = Place(encoder_decoders.source(23), 9), Place(encoder_decoders.source(11, seed=1), 10)


@torch.inference_mode()
def hidden(hf, ids) -> list[torch.Tensor]:
    """Returns the hidden states of a plain forward of the encoder by layer, as unit vectors: (position, width)."""
    found = hf.get_encoder()(torch.tensor([ids]), output_hidden_states=True).hidden_states
    return [torch.nn.functional.normalize(one[0].double(), dim=1) for one in found]


@pytest.fixture(params=SHAPES)
def engine(request, tokenizer):
    running = Engine(
        LanguageModel(encoder_decoders.tiny(request.param), tokenizer, request.param), TraceStore(2**20)
    ).start()
    yield running
    running.close()


def test_the_cosines_are_those_of_the_encoders_hidden_states(engine):
    async def told():
        return [news async for news in compared(engine, [ONE, OTHER])]

    *progress, [pair] = asyncio.run(told())
    assert progress == [Progress(0, 2), Progress(1, 2)]
    first, second = hidden(engine.model.hf, ONE.ids), hidden(engine.model.hf, OTHER.ids)
    assert len(pair["cosines"]) == len(pair["others"]) == len(first)
    special = set(engine.model.tokenizer.hf.all_special_ids)
    inner = [
        [at for at, token_id in enumerate(place.ids) if at != place.position and token_id not in special]
        for place in (ONE, OTHER)
    ]
    assert [len(one) for one in inner] == [22, 10], "the end token is none of the others"
    for layer, (one, other) in enumerate(zip(first, second, strict=True)):
        assert pair["cosines"][layer] == pytest.approx((one[9] @ other[10]).item(), abs=1e-5)
        assert pair["others"][layer] == pytest.approx((one[inner[0]] @ other[inner[1]].T).mean().item(), abs=1e-5)


def test_a_text_is_as_long_as_the_encoder_reads(engine):
    longest = min(512, engine.model.source_window)
    check_place(engine, (5,) * longest, 0)
    with pytest.raises(PlaygroundError, match=f"at most {longest}. Shorten it by 1"):
        check_place(engine, (5,) * (longest + 1), 0)


def test_in_the_built_in_translator_a_door_and_who_wears_something_come_apart():
    [offer] = offers(Asked([str(BUILT_IN / "french-english")], device="cpu"))
    engine = Engine(offer.load(), TraceStore(2**20)).start()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    client, here = TestClient(app), "/playground/inside/embeddings"
    texts = ["La porte est rouge.", "Sophie porte une chemise rouge.", "Cette porte est vieille."]
    ids = client.post(f"{here}/read", json={"texts": texts}).json()["ids"]
    assert [engine.model.tokenizer.decode([one[1]]).strip() for one in ids] == ["porte"] * 3
    told = client.post(f"{here}/layers", json={"places": [{"ids": one, "position": 1} for one in ids]})
    apart, alike = (pair["cosines"] for pair in json.loads(told.text.splitlines()[-1])["pairs"])
    states = [hidden(engine.model.hf, one) for one in ids]
    engine.close()
    for cosines, other in ((apart, states[1]), (alike, states[2])):
        assert cosines == pytest.approx([(a[1] @ b[1]).item() for a, b in zip(states[0], other, strict=True)], abs=1e-5)
    assert apart[0] == pytest.approx(1, abs=1e-5), "the same token in the same place begins as the same vector"
    assert all(one < other for one, other in zip(apart[1:], alike[1:], strict=True))
