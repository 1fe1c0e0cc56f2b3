"""Tests that every architecture of transformers that fills blanks is exact, or is refused with a sentence.

Each is built tiny and with random weights, as in `test_architectures`.
"""

import re

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoModelForMaskedLM, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from playground.errors import PlaygroundError
from playground.models import preparing
from playground.models.masked_model import MaskedModel
from tests import encoders
from tests.architectures import SPREAD, config_of

ARCHITECTURES = tuple(MODEL_FOR_MASKED_LM_MAPPING_NAMES)
MOST_USED = ("albert", "bert", "deberta-v2", "distilbert", "electra", "modernbert", "roberta", "xlm-roberta")
"""The architectures that `make test` runs."""
IDS, OTHER = (5, 6, 7, 4, 8, 9, 10, 11, 12), (9, 3, 7, 4, 11, 2, 6, 5, 13)
TOLERANCE = 2e-5
"""As in `test_architectures`."""
DOUBLE = {"distilbert", "gte", "mobilebert"}
"""With random weights these make much of a rounding, which differs with the number of rows. So they have float64."""

OWN: dict[str, dict[str, object]] = {
    "esmc": {"num_key_value_heads": 4},
    "funnel": {"block_sizes": [2, 2], "block_repeats": [1, 1], "num_decoder_layers": 1, "pooling_type": "mean"},
    "neomme": {"head_dim": 16},
}
"""What a config needs besides the sizes of `tests.architectures`."""
WRITE = ("bart", "mbart", "mvp", "xlm")
"""The architectures that transformers takes for models that write, although they may fill blanks too."""
REFUSED = {
    "flaubert": "does not continue a text token by token",
    "ibert": "has no plain table with a vector for each token",
    "perceiver": "has no plain table with a vector for each token",
}
"""By architecture, a part of the sentence with which a model is refused before its weights are read."""
NO_ATTENTION = ("fnet", "funnel", "longformer", "mra", "reformer", "squeezebert", "yoso")
"""The architectures whose attention is not shown: they have none, or do not return the weights of all tokens."""
NO_LAYERS = {"funnel": "its layers shorten the text", "reformer": "its head reads more"}
"""By architecture, a part of the sentence with which its layers are not read."""


def config(kind: str):
    """Returns the config of a tiny encoder of an architecture, which names the class with the head for blanks."""
    known = CONFIG_MAPPING[kind].__dataclass_fields__
    made = config_of(kind, **OWN.get(kind, {}) | ({"is_decoder": False} if "is_decoder" in known else {}))
    made.architectures = [MODEL_FOR_MASKED_LM_MAPPING_NAMES[kind]]
    return made


def random(kind: str) -> PreTrainedModel:
    """Returns a model with random weights, the same ones in each call."""
    torch.manual_seed(0)
    hf = AutoModelForMaskedLM.from_config(config(kind), dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in hf.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, SPREAD)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return hf.double() if kind in DOUBLE else hf


def cases(names):
    return [pytest.param(name, marks=[] if name in MOST_USED else [pytest.mark.long]) for name in names]


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")  # MobileBERT's, while it is made
@pytest.mark.parametrize("kind", cases(one for one in ARCHITECTURES if one not in (*WRITE, *REFUSED)))
def test_blanks_attention_and_layers_are_those_of_transformers_or_a_sentence(kind):
    assert preparing.part_of(config(kind), kind).task == "fill-mask"
    model, own = MaskedModel(random(kind), encoders.tokenizer(), kind, "fill-mask").tried(), random(kind)
    preparing._check_embeddings(own, kind)
    text = torch.tensor([IDS])
    with torch.inference_mode():
        expected = own(input_ids=text, attention_mask=torch.ones_like(text)).logits
    alone, together = model.logits([IDS]), model.logits([OTHER, IDS])
    assert (alone - expected).abs().max() <= TOLERANCE * expected.std()
    assert (together[1] - alone[0]).abs().max() <= TOLERANCE * expected.std()
    if kind in NO_LAYERS:
        with pytest.raises(PlaygroundError, match=re.escape(NO_LAYERS[kind])):
            model.read_out(model.states(IDS)[-1:])
    else:
        assert (model.read_out(model.states(IDS)[-1:]) - alone).abs().max() <= TOLERANCE * expected.std()
    attention = model.attention(IDS)
    if kind in NO_ATTENTION:
        assert attention == []
        return
    own.set_attn_implementation("eager")
    with torch.inference_mode():
        weights = own(input_ids=text, attention_mask=torch.ones_like(text), output_attentions=True).attentions
    assert len(attention) == len(weights) == own.config.get_text_config().num_hidden_layers
    for one, other in zip(attention, weights, strict=True):
        assert torch.allclose(one, other[0], atol=1e-6)


@pytest.mark.parametrize("kind", REFUSED)
def test_an_architecture_that_cannot_be_read_is_refused(kind):
    with pytest.raises(PlaygroundError, match=re.escape(REFUSED[kind])):
        preparing._check_embeddings(preparing.part_of(config(kind), kind).outline(), kind)


@pytest.mark.parametrize("kind", WRITE)
def test_an_architecture_that_writes_is_no_encoder(kind):
    assert preparing.part_of(config(kind), kind).task is None


def test_a_model_that_cannot_read_a_short_text_is_refused_when_it_is_loaded():
    own = AutoModelForMaskedLM.from_config(config_of("funnel"), dtype=torch.float32).eval()
    with pytest.raises(PlaygroundError, match=r"funnel \(funnel\) cannot read a text of 4 tokens"):
        MaskedModel(own, encoders.tokenizer(), "funnel", "fill-mask").tried()


def test_the_lists_name_architectures_that_transformers_has():
    named = {*MOST_USED, *OWN, *WRITE, *REFUSED, *NO_ATTENTION, *NO_LAYERS, *DOUBLE}
    assert named <= set(ARCHITECTURES)
