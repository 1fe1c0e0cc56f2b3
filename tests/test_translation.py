"""Tests the answer of /translate: it is that of /trace, with the source and the attention over it."""

import pytest

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.models.built_in import BUILT_IN
from playground.models.language_model import LanguageModel
from playground.models.offer import Offer
from playground.models.offering import Asked, offers
from playground.traces.store import TraceStore
from playground.web import endpoints
from playground.web.families import first_of
from playground.web.translation import translate
from tests import encoder_decoders, fakes

GREEDY = {"strategy": "greedy", "max_new_tokens": 6}


@pytest.fixture
def engine(tokenizer):
    """Gives an engine that runs a tiny Marian."""
    running = Engine(
        LanguageModel(encoder_decoders.tiny("marian"), tokenizer, "marian"), TraceStore(50_000_000)
    ).start()
    yield running
    running.close()


async def test_a_translation_is_what_generate_writes_with_its_source_and_attention(engine):
    found = await translate(engine, "the tin", GREEDY | {"cross_attention": [2, 1]})
    assert found["source_ids"] == list(engine.model.tokenizer.encode("the tin"))
    assert "".join(found["source_tokens"]) == "the tin"
    assert found["prompt_ids"] == [encoder_decoders.START]
    written = [step["token_id"] for step in found["steps"]]
    hf = encoder_decoders.tiny("marian")
    expected = encoder_decoders.generate(hf, found["source_ids"], fakes.greedy(6))
    assert written == expected.sequences[0][1:].tolist()
    for step, attention in zip(found["steps"], expected.cross_attentions, strict=True):
        assert step["cross_attention"] == pytest.approx(attention[2][0, 1, -1].tolist(), abs=1e-3)
        assert sum(step["cross_attention"]) == pytest.approx(1, abs=2e-3)


async def test_the_attention_over_the_source_comes_only_if_it_is_asked_for(engine):
    found = await translate(engine, "the tin", GREEDY)
    assert all("cross_attention" not in step for step in found["steps"])


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        ("", {}, "The text is empty"),
        ("  ", {}, "The text is empty"),
        (3, {}, "text must be a text"),
        ("a", {"cross_attention": 1}, "Give a layer and a head"),
        ("a", {"cross_attention": [0, 4]}, "The head of cross_attention is 4"),
        ("a", {"cross_attention": [3, 0]}, "The layer of cross_attention is 3"),
        ("a", {"temperature": -1}, "temperature"),
    ],
)
async def test_what_cannot_be_translated_is_a_sentence(engine, text, settings, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await translate(engine, text, settings)


async def test_a_decoder_only_model_does_not_translate(llama):
    engine = Engine(llama, TraceStore(50_000_000)).start()
    with pytest.raises(PlaygroundError, match="tiny has no encoder, so that it does not translate"):
        await translate(engine, "a", GREEDY)
    with pytest.raises(PlaygroundError, match="No model of this server is of the family encoder-decoder"):
        async with endpoints._named(Engines.only(engine), GREEDY, "encoder-decoder"):
            pass
    engine.close()


async def test_without_a_name_the_first_model_of_the_family_translates(engine):
    engines = Engines.only(engine)
    async with endpoints._named(engines, GREEDY, "encoder-decoder") as (chosen, others):
        assert (chosen, others) == (engine, GREEDY)


def test_without_a_name_a_loaded_model_translates_before_the_built_in_one(engine):
    def offer(name, is_built_in=False):
        return Offer(name, 1, "float32", "cpu", 0, lambda: engine.model, "encoder-decoder", is_built_in=is_built_in)

    offers = [offer("large"), offer("marian"), offer("small", is_built_in=True)]
    engines = Engines(offers, engine.store, engine.speed, lambda *_: (engine, 0), memory=0)
    assert first_of(engines, "encoder-decoder") == "small"
    engines.hold("marian", engine, 0)
    assert first_of(engines, "encoder-decoder") == "marian"


async def test_words_that_a_built_in_model_does_not_know_are_told(engine):
    assert (await translate(engine, "the tin", GREEDY))["unknown_words"] is None
    [made] = offers(Asked([str(BUILT_IN / "french-english")], device="cpu"))
    running = Engine(made.load(), TraceStore(50_000_000)).start()
    try:
        known = await translate(running, "J'aime l'apprentissage automatique </s>", GREEDY)
        assert (known["text"].removesuffix("</s>"), known["unknown_words"]) == ("I love machine learning", [])
        told = await translate(running, "J'aime les montagnes.", GREEDY)
        assert told["unknown_words"] == ["montagnes"]
    finally:
        running.close()
