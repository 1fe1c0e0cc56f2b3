"""Tests that searches on a source find what `AutoModelForSeq2SeqLM.generate` finds, and the most probable sequences."""

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.next_rows import next_row
from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.strategies.beam_tree import BeamTree
from playground.strategies.beams import path, search, searched
from playground.strategies.best_first import whole_tree
from playground.traces.store import TraceStore
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, SHAPES, START

TRANSLATOR = Path(__file__).parents[1] / "assets" / "built_in" / "french-english"
FORCED_FIRST = 9


def running(hf, kind: str) -> Engine:
    return Engine(LanguageModel(hf, fakes.byte_level_tokenizer(), kind), TraceStore(50_000_000)).start()


@pytest.fixture(params=SHAPES)
def pair(request):
    """Gives an engine, and transformers' own model with the same weights."""
    engine = running(encoder_decoders.tiny(request.param), request.param)
    yield engine, encoder_decoders.tiny(request.param)
    engine.close()


def assert_equals_generate(hf, tree: BeamTree, start: int = START) -> None:
    """Checks sequences, their order and their scores."""
    settings = tree.settings
    if settings.num_beams == 1:
        settings = replace(settings, strategy="greedy")
    options = {"num_return_sequences": settings.num_beams, "output_scores": True, "output_attentions": False}
    theirs = hf.generate(
        torch.tensor([tree.source_ids]),
        attention_mask=torch.ones((1, len(tree.source_ids)), dtype=torch.long),
        return_dict_in_generate=True,
        **settings.generate_kwargs() | options,
    )
    ours = [one for one in tree.hypotheses if one.returned]
    assert theirs.sequences[0, 0] == start
    assert len(ours) == len(theirs.sequences)
    for hypothesis, sequence in zip(ours, theirs.sequences[:, 1:].tolist(), strict=True):
        length = len(hypothesis.token_ids)
        assert list(hypothesis.token_ids) == sequence[:length]
        assert set(sequence[length:]) <= {hf.generation_config.pad_token_id, END}, "and the rest is padding"
    if settings.num_beams > 1:
        assert [one.score for one in ours] == pytest.approx(theirs.sequences_scores.tolist(), abs=1e-5, rel=1e-6)


def beam(num_beams: int, **others) -> Settings:
    return Settings(strategy="beam", num_beams=num_beams, **{"max_new_tokens": 10} | others)


@pytest.mark.parametrize(("length_penalty", "early_stopping"), [(0, False), (1, True), (2, False), (-1, True)])
async def test_sequences_and_scores_equal_generates(pair, length_penalty, early_stopping):
    engine, hf = pair
    for num_beams in (1, 2, 5):
        settings = beam(num_beams, length_penalty=length_penalty, early_stopping=early_stopping)
        tree = await searched(engine, (START,), settings, encoder_decoders.source(4 + num_beams))
        assert_equals_generate(hf, tree)


async def test_many_end_tokens_and_penalties(pair):
    """Most hypotheses end before the limit when many tokens end a text."""
    engine, hf = pair
    ends = list(range(1, 200, 2))
    hf.generation_config.eos_token_id = engine.model.hf.generation_config.eos_token_id = ends
    for num_beams in (1, 3, 6):
        settings = beam(num_beams, no_repeat_ngram_size=2, repetition_penalty=1.3)
        assert_equals_generate(hf, await searched(engine, (START,), settings, encoder_decoders.source(6)))


async def test_forced_first_and_last_tokens_and_suppressed_ones():
    """As a translator into many languages has them: the first token is that of the language."""
    hf = encoder_decoders.tiny("m2m_100")
    plain = running(encoder_decoders.tiny("m2m_100"), "m2m_100")
    source = encoder_decoders.source(8)
    without = (await searched(plain, (START,), beam(3), source)).hypotheses[0].token_ids
    plain.close()
    hf.generation_config.forced_bos_token_id, hf.generation_config.forced_eos_token_id = FORCED_FIRST, END
    hf.generation_config.suppress_tokens = list(without)
    engine = running(hf, "m2m_100")
    try:
        for num_beams in (1, 2, 5):
            tree = await searched(engine, (START,), beam(num_beams), source)
            best = tree.hypotheses[0].token_ids
            assert best[0] == FORCED_FIRST
            assert best[-1] == END
            assert not set(best[1:-1]) & set(without)
            assert_equals_generate(hf, tree)
    finally:
        engine.close()


@pytest.mark.parametrize("num_beams", [1, 2, 4])
async def test_the_built_in_translator(num_beams):
    hf = AutoModelForSeq2SeqLM.from_pretrained(TRANSLATOR, dtype=torch.float32)
    engine = Engine(load(str(TRANSLATOR)), TraceStore(50_000_000)).start()
    try:
        for text in ("J'aime l'apprentissage automatique.", "Paul donne son livre à la vieille femme."):
            prompt = engine.model.encode_prompt(text)
            for penalty, early in ((1, False), (0, True)):
                settings = beam(num_beams, max_new_tokens=20, length_penalty=penalty, early_stopping=early)
                tree = await searched(engine, prompt.ids, settings, prompt.source_ids)
                assert_equals_generate(hf, tree, start=0)
    finally:
        engine.close()


async def test_the_paths_beside_a_tree_and_the_row_after_a_node_read_the_source(pair):
    engine, hf = pair
    source = encoder_decoders.source(7)
    greedy = await path(engine, (START,), fakes.greedy(6), "greedy", source)
    assert list(greedy.token_ids) == encoder_decoders.generate(hf, source, fakes.greedy(6)).sequences[0][1:].tolist()
    row = await next_row(engine, [START], list(greedy.token_ids[:3]), list(source))
    expected = encoder_decoders.forced(hf, source, (START, *greedy.token_ids[:3]))[-1]
    torch.testing.assert_close(torch.from_numpy(row), expected, atol=1e-5, rtol=1e-5)


async def test_the_best_of_all_pairs_is_found(pair):
    engine, hf = pair
    source = encoder_decoders.source(5)
    first = encoder_decoders.forced(hf, source, [START])[-1].double().log_softmax(-1)
    likely = first.topk(60).indices.tolist()
    with torch.inference_mode():
        rows = torch.tensor([[START, token] for token in likely])
        logits = hf(torch.tensor([source]).expand(len(likely), -1), decoder_input_ids=rows, use_cache=False).logits
    second = logits[:, -1].double().log_softmax(-1)
    pairs = {
        (token, last): float(first[token] + second[place, last])
        for (place, token), last in product(enumerate(likely), range(fakes.VOCABULARY))
        if token != END
    }
    pairs |= {(END,): float(first[END])}
    expected = sorted(pairs.items(), key=lambda one: -one[1])[:5]
    *_, found = [tree async for tree in whole_tree(engine, (START,), 2, source_ids=source)]
    assert [ids for ids, _ in found.sequences] == [ids for ids, _ in expected]
    assert [value for _, value in found.sequences] == pytest.approx([value for _, value in expected], abs=1e-5)
    assert math.exp(found.sequences[0][1]) <= 1


async def test_a_search_without_a_source_is_a_sentence(pair, llama):
    engine, _ = pair
    with pytest.raises(PlaygroundError, match="has an encoder"):
        await anext(search(engine, (START,), beam(2)))
    with pytest.raises(PlaygroundError, match="has an encoder"):
        await anext(whole_tree(engine, (START,), 2))
    other = Engine(llama, TraceStore(10_000_000), Limits())
    with pytest.raises(PlaygroundError, match="has no encoder, so that it reads no source"):
        await anext(search(other, (3, 4), beam(2), (5, 6)))
    other.close()
