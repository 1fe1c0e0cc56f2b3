"""Tests encoder–decoders with a LoRA adapter, with unshared embeddings, and with a second vocabulary."""

import pytest
from peft import LoraConfig, PeftModel, get_peft_model

from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.offering import Asked, offers
from playground.models.tokenizer_files import check_tokenizer
from playground.traces.store import TraceStore
from tests import encoder_decoders, fakes
from tests.adapters import joined

SOURCE = encoder_decoders.source(9)


async def check(model: LanguageModel, own) -> None:
    """Checks that a greedy text is what `generate` of another model with the same weights writes."""
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        _, trace = await fakes.trace(engine, Request(model.start_ids, fakes.greedy(6), source_ids=SOURCE))
    finally:
        engine.close()
    expected = encoder_decoders.generate(own, SOURCE, fakes.greedy(6))
    assert list(trace.token_ids) == expected.sequences[0][1:].tolist()
    for step, logits in zip(trace.steps, expected.logits, strict=True):
        assert (step.logits - logits[0]).abs().max() <= 1e-5 * logits.std()


@pytest.mark.parametrize("kind", ["bart", "t5"])
async def test_an_adapter_of_an_encoder_decoder_equals_peft(kind, tmp_path):
    base, folder = tmp_path / "base", tmp_path / "adapter"
    encoder_decoders.tiny(kind).save_pretrained(base)
    fakes.byte_level_tokenizer().save_pretrained(base)
    asked = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="SEQ_2_SEQ_LM")
    joined(get_peft_model, encoder_decoders.tiny(kind), asked).save_pretrained(folder, save_embedding_layers=False)
    plain, adapted = offers(Asked([str(base)], adapters=[str(folder)], device="cpu"))
    assert (adapted.family, adapted.shared) == ("encoder-decoder", plain.shared)
    own = joined(PeftModel.from_pretrained, encoder_decoders.tiny(kind), folder).eval().get_base_model()
    await check(adapted.load(), own)
    await check(plain.load(), encoder_decoders.tiny(kind))


async def test_a_decoder_with_embeddings_of_its_own_equals_generate(tokenizer):
    own = {"share_encoder_decoder_embeddings": False, "tie_word_embeddings": False}
    model = LanguageModel(encoder_decoders.tiny("marian", **own), tokenizer, "own")
    await check(model, encoder_decoders.tiny("marian", **own))


def test_a_second_vocabulary_is_refused():
    tokenizer = fakes.byte_level_tokenizer()
    setattr(tokenizer, "separate_vocabs", True)  # noqa: B010  # as Marian's tokenizer has it
    with pytest.raises(PlaygroundError, match="two has two vocabularies"):
        check_tokenizer(tokenizer, encoder_decoders.tiny("marian"), "two")
