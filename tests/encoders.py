"""Tiny random encoder-only models of the common shapes, and a tokenizer with a mask token, for tests."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
    DistilBertForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
    RobertaForTokenClassification,
)

from playground.models.encoder_part import Task
from playground.models.masked_model import MaskedModel

PAD, UNKNOWN, BEGIN, END, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("the", "capital", "of", "france", "is", "paris", "a", "cat", "sleeps", "red", "##s", ".", "?")
WINDOW = 24
TEXT = "the capital of [MASK] is paris."
SHAPES: dict[str, tuple[type, dict[Task, type]]] = {
    "bert": (
        BertConfig,
        {
            "fill-mask": BertForMaskedLM,
            "text-classification": BertForSequenceClassification,
            "token-classification": BertForTokenClassification,
        },
    ),
    "roberta": (
        RobertaConfig,
        {
            "fill-mask": RobertaForMaskedLM,
            "text-classification": RobertaForSequenceClassification,
            "token-classification": RobertaForTokenClassification,
        },
    ),
    "distilbert": (
        DistilBertConfig,
        {
            "fill-mask": DistilBertForMaskedLM,
            "text-classification": DistilBertForSequenceClassification,
            "token-classification": DistilBertForTokenClassification,
        },
    ),
}


def tokenizer() -> PreTrainedTokenizerFast:
    """Builds a tokenizer like BERT's, with [CLS] and [SEP] around each text."""
    vocabulary = {piece: number for number, piece in enumerate((*SPECIAL, *WORDS))}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    ends = [(one, vocabulary[one]) for one in (BEGIN, END)]
    backend.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A {END}", special_tokens=ends)
    named = {"pad_token": PAD, "unk_token": UNKNOWN, "cls_token": BEGIN, "sep_token": END, "mask_token": MASK}
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=WINDOW, **named)


def tiny(kind: str, task: Task = "fill-mask", **changes: object) -> PreTrainedModel:
    """Returns a random float32 model of one of `SHAPES`, with three layers of four heads."""
    torch.manual_seed(0)
    config_class, classes = SHAPES[kind]
    shared = {"vocab_size": len(SPECIAL) + len(WORDS), "pad_token_id": 0, "initializer_range": 0.25}
    shared |= {"max_position_embeddings": WINDOW + (1 if kind == "roberta" else 0)}
    if kind == "distilbert":
        shared |= {"dim": 32, "hidden_dim": 64, "n_layers": 3, "n_heads": 4}
    else:
        shared |= {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
        shared |= {"type_vocab_size": 2}
    return classes[task](config_class(**shared | changes)).float().eval()


def named(kind: str, task: Task = "fill-mask", **changes: object) -> MaskedModel:
    """Returns such a model with its tokenizer, as it is loaded."""
    return MaskedModel(tiny(kind, task, **changes), tokenizer(), kind, task)


def folder(path: Path, kind: str, task: Task = "fill-mask", **changes: object) -> str:
    """Writes such a model with its tokenizer into a folder, and returns its name."""
    tiny(kind, task, **changes).save_pretrained(path)
    tokenizer().save_pretrained(path)
    return str(path)
