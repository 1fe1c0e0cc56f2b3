"""Tests what is tried when a model is loaded: it is right alone and with others, or it is refused in a sentence."""

import asyncio

import pytest
import torch
from transformers import (
    BartConfig,
    BartForCausalLM,
    BertConfig,
    BertLMHeadModel,
    FalconConfig,
    FalconForCausalLM,
    OpenAIGPTConfig,
    OpenAIGPTLMHeadModel,
)

from playground import command_line
from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import fakes
from tests.hybrids import KINDS, hybrid

SIZES = {
    "vocab_size": fakes.VOCABULARY,
    "bos_token_id": fakes.BOS,
    "eos_token_id": fakes.EOS,
    "initializer_range": 0.25,
}
BERT = SIZES | {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
BART = SIZES | {
    "d_model": 32,
    "decoder_ffn_dim": 64,
    "decoder_layers": 2,
    "decoder_attention_heads": 4,
    "init_std": 0.25,
}


@pytest.fixture
def named(tokenizer):
    """A function that wraps a model of transformers."""
    return lambda hf: LanguageModel(hf.eval(), tokenizer, "tiny")


@pytest.fixture
def falcon(named):
    torch.manual_seed(5)
    config = FalconConfig(**SIZES, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, multi_query=False)
    return named(FalconForCausalLM(config))


@pytest.mark.parametrize("kind", fakes.KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_texts_of_a_decoder_may_share_forwards(tiny_models, tokenizer, kind, dtype):
    model = LanguageModel(fakes.tiny(kind).to(dtype), tokenizer, kind)
    assert texts_may_share(model)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_a_model_with_states_may_share_forwards(tokenizer, kind):
    assert texts_may_share(LanguageModel(hybrid(kind), tokenizer, kind))


def test_a_model_whose_tokens_see_later_ones_is_refused(named):
    with pytest.raises(PlaygroundError, match=r"tiny \(bert\) gives other logits when .* Choose another model"):
        texts_may_share(named(BertLMHeadModel(BertConfig(**BERT, is_decoder=False))))
    assert texts_may_share(named(BertLMHeadModel(BertConfig(**BERT, is_decoder=True))))


def test_a_model_that_keeps_no_cache_is_refused_with_the_reason(named):
    config = OpenAIGPTConfig(**SIZES, n_embd=32, n_layer=2, n_head=4, n_positions=64)
    with pytest.raises(PlaygroundError, match=r"tiny \(openai-gpt\) cannot write a text token by token: \w"):
        texts_may_share(named(OpenAIGPTLMHeadModel(config)))


def test_a_model_that_is_right_only_alone_writes_one_text_at_a_time(named, monkeypatch, capsys):
    """BART counts positions from the left of the padding."""
    model = named(BartForCausalLM(BartConfig(**BART)))
    assert not texts_may_share(model)
    monkeypatch.setattr("playground.models.loading.load_any", lambda *_: model)
    engines = command_line.start(command_line.arguments(["--max-rows", "8"]))
    try:
        assert engines.running()[0].limits.rows == 1
        assert "one at a time" in capsys.readouterr().out
    finally:
        engines.close()


async def test_falcon_is_exact_in_a_shared_batch_and_returns_no_attention(falcon):
    """transformers computes Falcon's weights with a mask that it made for another attention."""
    assert texts_may_share(falcon)
    engine = Engine(falcon, TraceStore(50_000_000)).start()
    try:
        prompts = [fakes.prompt(length) for length in (6, 21, 1, 11)]
        told = [fakes.generate(falcon.hf, ids, fakes.greedy(8)).sequences[0, len(ids) :].tolist() for ids in prompts]
        traces = await asyncio.gather(*(fakes.trace(engine, Request(ids, fakes.greedy(8))) for ids in prompts))
        assert [list(trace.token_ids) for _, trace in traces] == told
        assert all(step.attention is None for _, trace in traces for step in trace.steps)
    finally:
        engine.close()
