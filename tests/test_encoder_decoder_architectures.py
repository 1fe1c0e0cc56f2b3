"""Tests that every encoder–decoder architecture of transformers is exact, or is refused with a sentence.

Each is built tiny and with random weights, as in `test_architectures`, saved, and loaded.
"""

import re
from dataclasses import fields

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoModelForSeq2SeqLM, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES

from docs.models import ARCHITECTURES as CAUSAL
from playground.attention import source_views, views
from playground.attention.kinds import KINDS, Kind
from playground.attention.source_maps import Sides
from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models import preparing
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.traces.store import TraceStore
from tests import encoder_decoders, fakes
from tests.architectures import SPREAD, config_of
from tests.encoder_decoders import PAD, START

ARCHITECTURES = tuple(MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES)
IN_MAKE_TEST = ("led", "mvp", "nllb-moe", "pegasus_x", "prophetnet", "t5gemma", "t5gemma2")
"""The architectures that `make test` runs. Other tests there run BART, M2M100, Marian, mBART and T5."""
SOURCE = (*fakes.prompt(11), fakes.EOS)
NEW_TOKENS = 8
UNSCALED = ("longt5", "mt5", "switch_transformers", "t5", "umt5")
"""The architectures that do not scale the scores of attention, and whose random weights are smaller therefore."""

OWN: dict[str, dict[str, object]] = {
    "fsmt": {"langs": ["en", "de"], "src_vocab_size": fakes.VOCABULARY, "tgt_vocab_size": fakes.VOCABULARY},
    "led": {
        "attention_window": 8,
        "max_encoder_position_embeddings": fakes.WINDOW,
        "max_decoder_position_embeddings": fakes.WINDOW // 2,
    },
    **{kind: {"d_ff": 64, "d_kv": 8} for kind in UNSCALED},
}
"""What a config needs besides the sizes of `tests.architectures`."""
NO_MAPS = ("longt5", "pegasus_x")
"""The architectures whose encoder's attention is not drawn: each layer returns weights over parts of the source."""
HEARING = (
    *("audioflamingo3", "glmasr", "granite_speech", "granite_speech_plus", "moss_transcribe_diarize", "musicflamingo"),
    *("nemo_speechlm", "omniasr", "qwen2_audio", "qwen3_asr", "vibevoice_asr", "voxtral", "voxtral_realtime"),
)
"""The architectures of the list that have no encoder for text: they hear, and their decoder writes on."""
ENCODER_DECODERS = tuple(one for one in ARCHITECTURES if one not in HEARING)
ONE_BY_ONE = "reads its decoder's text correctly only one token at a time"
REFUSED = {
    "encoder-decoder": "does not continue a text token by token",
    "fsmt": ONE_BY_ONE,
    "prophetnet": ONE_BY_ONE,
    "seamless_m4t": "does not continue a text token by token",
    "seamless_m4t_v2": "does not continue a text token by token",
}
"""By architecture, a part of the sentence with which `load` refuses it."""


def config(kind: str) -> PreTrainedConfig:
    """Returns the config of a tiny encoder–decoder, which names its class."""
    known = {field.name for field in fields(CONFIG_MAPPING[kind])}
    special = {"pad_token_id": PAD, "decoder_start_token_id": START, "forced_eos_token_id": None}
    own = {"is_decoder": False} if "is_decoder" in known else {}
    made = config_of(kind, **special | own | OWN.get(kind, {}))
    made.architectures = [MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES[kind]]
    return made


def random(kind: str) -> PreTrainedModel:
    """Returns a float32 model with random weights, the same ones in each call."""
    torch.manual_seed(0)
    hf = AutoModelForSeq2SeqLM.from_config(config(kind), dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in hf.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, SPREAD / 2 if kind in UNSCALED else SPREAD)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return hf


def loaded(kind: str, folder) -> LanguageModel:
    """Saves a model of an architecture and loads it."""
    random(kind).save_pretrained(folder)
    fakes.byte_level_tokenizer().save_pretrained(folder)
    return load(str(folder), "cpu")


def cases(names):
    return [pytest.param(name, marks=[] if name in IN_MAKE_TEST else [pytest.mark.long]) for name in names]


@pytest.mark.parametrize("kind", cases(one for one in ENCODER_DECODERS if one not in REFUSED))
async def test_texts_logits_and_attention_of_every_kind_are_those_of_transformers(kind, tmp_path):
    model, own = loaded(kind, tmp_path), AutoModelForSeq2SeqLM.from_pretrained(tmp_path, dtype=torch.float32)
    limits = Limits() if texts_may_share(model) else Limits(rows=1)
    engine = Engine(model, TraceStore(50_000_000), limits).start()
    try:
        request = Request(model.start_ids, fakes.greedy(NEW_TOKENS), source_ids=SOURCE)
        _, trace = await fakes.trace(engine, request)
        written = (START, *trace.token_ids)
        maps = {which: await shown(engine, which, written[:-1], kind) for which in KINDS}
    finally:
        engine.close()
    expected = encoder_decoders.generate(own, SOURCE, trace.settings)
    assert written == tuple(expected.sequences[0].tolist())
    with torch.inference_mode():
        whole = own(
            torch.tensor([SOURCE]),
            decoder_input_ids=torch.tensor([written[:-1]]),
            output_attentions=True,
            use_cache=False,
        )
    for step, logits in zip(trace.steps, whole.logits[0], strict=True):
        assert (step.logits - logits).abs().max() <= 1e-5
    expected = torch.stack(whole.cross_attentions)[:, 0]
    assert (maps["cross"] - expected).abs().max() <= 1e-6
    assert (maps["self"] - torch.stack(whole.decoder_attentions)[:, 0]).abs().max() <= 1e-6
    if kind not in NO_MAPS:
        read = torch.stack(whole.encoder_attentions)[:, 0]
        assert (maps["encoder"] - (unrolled(read) if kind == "led" else read)).abs().max() <= 1e-6
    for place, step in enumerate(trace.steps):
        assert (step.source_attention.float() - expected[:, :, place]).abs().max() < 1e-3  # recorded in float16


async def shown(engine: Engine, which: Kind, ids: tuple[int, ...], kind: str) -> torch.Tensor | None:
    """Returns the attention that Inside draws, (layer, head, query, key), None where a sentence says why not."""
    sides = Sides(which, SOURCE if which == "encoder" else ids, SOURCE)
    if kind in NO_MAPS and which == "encoder":
        with pytest.raises(PlaygroundError, match="does not return its attention weights"):
            await source_views.layer_weights(engine, sides, 0)
        return None
    layers = range((await source_views.facts(engine, which)).layers)
    if which == "self":
        found = [await views.layer_weights(engine, ids, one, SOURCE) for one in layers]
    else:
        found = [await source_views.layer_weights(engine, sides, one) for one in layers]
    return torch.stack([torch.from_numpy(one) for one in found])


def unrolled(band: torch.Tensor) -> torch.Tensor:
    """Returns (layer, head, query, key) of LED's (layer, head, query, place): the middle place is the query itself."""
    *axes, queries, width = band.shape
    whole = torch.zeros((*axes, queries, queries))
    for query in range(queries):
        for place in range(width):
            key = query + place - width // 2
            if 0 <= key < queries:
                whole[..., query, key] = band[..., query, place]
    return whole


@pytest.mark.parametrize("kind", cases(REFUSED))
def test_an_architecture_that_is_not_read_exactly_is_refused(kind, tmp_path):
    with pytest.raises(PlaygroundError, match=re.escape(REFUSED[kind])):
        loaded(kind, tmp_path)


@pytest.mark.parametrize("kind", HEARING)
def test_of_an_architecture_that_hears_the_part_that_writes_is_loaded(kind):
    whole = CONFIG_MAPPING[kind]()
    whole.architectures = [MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES[kind]]
    assert not whole.is_encoder_decoder
    part = preparing.part_of(whole, kind)
    assert part.config.model_type in CAUSAL or part.model_class.__name__ in whole.architectures


@pytest.mark.parametrize(
    ("kind", "source", "text"),
    [("led", fakes.WINDOW, fakes.WINDOW // 2), ("bigbird_pegasus", 88, fakes.WINDOW), ("bart", *[fakes.WINDOW] * 2)],
)
def test_the_windows_end_with_the_positions_and_with_full_attention(kind, source, text):
    model = LanguageModel(random(kind), fakes.byte_level_tokenizer(), kind)
    assert (model.source_window, model.window) == (source, text)


def test_the_lists_name_architectures_that_transformers_has():
    assert {*IN_MAKE_TEST, *OWN, *HEARING, *REFUSED} <= set(ARCHITECTURES)
