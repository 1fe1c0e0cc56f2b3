"""Tests translations between languages that have tokens: they are what `generate` writes with the tokenizer's own."""

from dataclasses import replace

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient
from transformers import MBart50Tokenizer, NllbTokenizer, T5Config

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import Pair, languages_of, pipelines_of, prefixes_of
from playground.sharing.script import script
from playground.sharing.written import Written, written
from playground.traces.store import TraceStore
from playground.web.messages.models import _of_writer
from playground.web.routes.beside_gradio import add_routes
from playground.web.translation import translate
from tests import encoder_decoders, fakes
from tests.test_script import run_here

GREEDY = {"strategy": "greedy", "max_new_tokens": 6}


def small(kind):
    """Returns a tokenizer of a few letters that has the language tokens of NLLB (a prefix or suffix) or mBART-50."""
    letters = ["▁", *"abcdefghijklmnopqrstuvwxyz"]
    signs = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    if kind == "mbart50":
        return MBart50Tokenizer(vocab=[(sign, 0.0) for sign in [*signs, *letters]], src_lang="en_XX")
    vocabulary = signs | {letter: 4 + place for place, letter in enumerate(letters)}
    return NllbTokenizer(vocab=vocabulary, merges=[], src_lang="eng_Latn", legacy_behaviour=kind == "nllb-legacy")


PAIRS = {"mbart50": ("de_DE", "fr_XX"), "nllb": ("deu_Latn", "fra_Latn"), "nllb-legacy": ("deu_Latn", "fra_Latn")}


@pytest.mark.parametrize("kind", PAIRS)
async def test_a_translation_between_two_languages_is_what_generate_writes(kind):
    source_language, target_language = PAIRS[kind]
    tokenizer, own = small(kind), small(kind)
    shape = "mbart" if kind == "mbart50" else "m2m_100"
    hf = encoder_decoders.tiny(shape, vocab_size=len(tokenizer))
    engine = Engine(LanguageModel(hf, tokenizer, kind), TraceStore(50_000_000)).start()
    try:
        asked = GREEDY | {"source_language": source_language, "target_language": target_language}
        found = await translate(engine, "a tin of", asked)
        usual = await translate(engine, "a tin of", GREEDY)
    finally:
        engine.close()
    own.src_lang = source_language
    assert found["source_ids"] == own("a tin of").input_ids != usual["source_ids"]
    language = own.convert_tokens_to_ids(target_language)
    assert found["prompt_ids"] == [encoder_decoders.START, language]
    again = encoder_decoders.tiny(shape, vocab_size=len(own))
    expected = again.generate(
        torch.tensor([found["source_ids"]]), forced_bos_token_id=language, do_sample=False, max_new_tokens=7
    )
    assert found["prompt_ids"] + [step["token_id"] for step in found["steps"]] == expected[0].tolist()


async def test_a_language_that_the_model_does_not_have_is_a_sentence(tokenizer):
    hf, codes = encoder_decoders.tiny("mbart"), small("mbart50")
    with pytest.raises(
        PlaygroundError, match="target_language is 'xx', which is no language of m. Choose one of af_ZA"
    ):
        languages_of(codes, "m").of_target((5,), "xx")
    engine = Engine(LanguageModel(hf, tokenizer, "plain"), TraceStore(50_000_000)).start()
    try:
        with pytest.raises(PlaygroundError, match="plain has no tokens for languages. Leave source_language out"):
            await translate(engine, "a", GREEDY | {"source_language": "fr_XX"})
    finally:
        engine.close()


def test_what_a_model_is_trained_for_is_in_its_config_or_in_its_name():
    tasks = {"summarization": {"prefix": "summarize: "}, "translation_en_to_fr": {"max_length": 3}, "other": {}}
    assert pipelines_of(T5Config(task_specific_params=tasks), "t5-small") == {
        "summarization": "summarize: ",
        "translation_en_to_fr": "",
    }
    assert pipelines_of(T5Config(), "Helsinki-NLP/opus-mt-fr-en") == {"translation_fr_to_en": ""}
    assert pipelines_of(T5Config(), "opus-mt-tc-big-fr-en-2") == {}


def test_the_page_is_told_the_languages_and_the_prefixes_of_tasks():
    tasks = {"summarization": {"prefix": "summarize: "}, "other": {"max_length": 3}, "again": {"prefix": "summarize: "}}
    assert prefixes_of(T5Config(task_specific_params=tasks)) == ["summarize: "]
    assert prefixes_of(T5Config()) == []
    tokenizer = small("mbart50")
    told = _of_writer(LanguageModel(encoder_decoders.tiny("mbart", vocab_size=len(tokenizer)), tokenizer, "m"))
    assert {"fr_XX", "en_XX"} < set(told["languages"])
    assert told["source_width"] == 32


def speaker(kind: str, folder=None) -> Engine:
    """Returns the engine of a tiny model with the tokens of languages, loaded from a folder if one is given."""
    tokenizer = small(kind)
    hf = encoder_decoders.tiny("mbart" if kind == "mbart50" else "m2m_100", vocab_size=len(tokenizer))
    if folder is not None:
        hf.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        hf.name_or_path = str(folder)
    return Engine(LanguageModel(hf, tokenizer, "speaker"), TraceStore(50_000_000)).start()


@pytest.mark.parametrize("kind", PAIRS)
async def test_a_link_and_a_script_have_the_languages_of_the_text(kind, tmp_path):
    source, target = PAIRS[kind]
    engine = speaker(kind, tmp_path / "speaker")
    try:
        model = engine.model
        start, read = model.encode_prompt("a tin of", languages=Pair(source, target))
        request = Request(start, fakes.greedy(4), source_ids=read)
        _, trace = await fakes.trace(engine, request)
    finally:
        engine.close()
    assert written(model, trace) == Written("a tin of", False, languages={"source": source, "target": target})
    usual = replace(trace, prompt_ids=model.start_ids, source_ids=model.encode_prompt("a tin of").source_ids)
    assert written(model, usual).languages == {"source": "", "target": ""}
    printed = run_here(script(model, trace, 0), str(tmp_path))
    assert model.tokenizer.decode(trace.token_ids) in printed
    told = [line.split() for line in printed.splitlines() if line.startswith("0.")]
    assert int(told[0][1]) == trace.token_ids[0]


@pytest.mark.parametrize("kind", PAIRS)
async def test_a_given_translation_is_scored_after_the_token_of_its_language(kind):
    source, target = PAIRS[kind]
    engine, own = speaker(kind), small(kind)
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    given = {"text": "on a tin", "source": "a tin of", "source_language": source, "target_language": target}
    with TestClient(app) as client:
        told = client.post("/playground/scores", json=given).json()["tokens"]
        wrong = client.post("/playground/scores", json=given | {"target_language": "xx"}).json()["detail"]
    engine.close()
    assert "target_language is 'xx', which is no language of speaker" in wrong
    own.src_lang = source
    language, end = own.convert_tokens_to_ids(target), own.eos_token_id
    ids = [*own("on a tin", add_special_tokens=False).input_ids, end]
    assert [one["token_id"] for one in told] == ids
    beginning = [encoder_decoders.START, language]
    rows = encoder_decoders.forced(engine.model.hf, own("a tin of").input_ids, [*beginning, *ids]).double()
    logprobs = rows.log_softmax(-1)[len(beginning) - 1 :]
    assert [one["logprob_nats"] for one in told] == pytest.approx(
        [float(row[token]) for row, token in zip(logprobs, ids, strict=False)], abs=1e-5
    )


def test_a_start_token_that_is_a_language_gives_way_to_the_wanted_one():
    codes = languages_of(small("mbart50"), "m")
    assert codes.of_target((codes.ids["ro_RO"],), "fr_XX") == (codes.ids["fr_XX"],)
    assert codes.target_read((codes.ids["ro_RO"],), (codes.ids["ro_RO"],)) == ""
    assert codes.target_read((codes.ids["ro_RO"],), (codes.ids["fr_XX"],)) == "fr_XX"
