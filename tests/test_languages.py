"""Tests translations between languages that have tokens: they are what `generate` writes with the tokenizer's own."""

import pytest
import torch
from transformers import MBart50Tokenizer, NllbTokenizer, T5Config

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import languages_of, pipelines_of, prefixes_of
from playground.traces.store import TraceStore
from playground.web.messages.models import _of_writer
from playground.web.translation import translate
from tests import encoder_decoders

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
