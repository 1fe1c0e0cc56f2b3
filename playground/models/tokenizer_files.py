"""Reads a model's tokenizer from its files, and checks that it belongs to the model.

Knows transformers' tokenizers. Does not know texts.
"""

from typing import cast

import torch
from gguf import GGUFReader
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from playground.errors import PlaygroundError, first_sentence
from playground.models.gguf_file import OTHER_FILE, split_digits
from playground.models.source import Source
from playground.models.weights import read_json

VOCABULARIES = ("tokenizer.json", "*.model", "vocab*", "tekken.json")
"""The names of files with a vocabulary. Where there are none, some classes of transformers know special tokens only."""


def read_tokenizer(source: Source) -> PreTrainedTokenizerBase:
    """Reads the tokenizer of a model.

    Raises:
        PlaygroundError: there is none, it cannot be read, or it needs code of its author.
    """
    nothing = "no vocabulary lies beside its weights"
    remedy = "Copy the tokenizer's files, such as tokenizer.json, from the model that it was made from."
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.folder, trust_remote_code=False, **source.options)
    except Exception as error:  # each format has a parser of its own, and that of tokenizer.json raises Exception
        if source.gguf_file:
            raise PlaygroundError(
                f"{source.name}'s tokenizer cannot be read ({first_sentence(error)}). {OTHER_FILE}"
            ) from error
        stated = source.folder / "tokenizer_config.json"
        if stated.exists() and "auto_map" in read_json(stated, source.name):
            raise source.asks_for_code(stated.name) from error
        if any(file for pattern in VOCABULARIES for file in source.folder.glob(pattern)):
            raise PlaygroundError(
                f"{source.name}'s tokenizer cannot be read ({first_sentence(error)}). {remedy}"
            ) from error
        raise PlaygroundError(f"{source.name} has no tokenizer: {nothing}. {remedy}") from error
    if source.gguf_file:
        split_digits(tokenizer, GGUFReader(source.folder / source.gguf_file))
    if tokenizer.vocab_size <= len(tokenizer.all_special_ids):
        raise PlaygroundError(f"{source.name} has no tokenizer: {nothing}. {remedy}")
    return tokenizer


def check_tokenizer(tokenizer: PreTrainedTokenizerBase, hf: PreTrainedModel, name: str) -> None:
    """Checks that the model has an embedding for each ordinary token of its tokenizer.

    Added tokens may have none: Gemma 3's text models share a tokenizer with those that see, which has a token more.

    Raises:
        PlaygroundError: an ordinary token has none, or the decoder of an encoder–decoder has a vocabulary of its own.
    """
    if getattr(tokenizer, "separate_vocabs", False):
        raise PlaygroundError(
            f"{name} has two vocabularies, one for its encoder and one for its decoder (separate_vocabs), and the "
            "playground reads and writes with one. Choose a model with one vocabulary."
        )
    rows = cast(torch.nn.Embedding, hf.get_input_embeddings()).weight.shape[0]
    if len(tokenizer) <= rows:
        return
    added = {token.content for token in tokenizer.added_tokens_decoder.values()}
    highest = max((token_id for token, token_id in tokenizer.get_vocab().items() if token not in added), default=0)
    if highest >= rows:
        raise PlaygroundError(
            f"{name}'s tokenizer has ids up to {highest}, and the model has embeddings for 0 to {rows - 1} only. "
            "Use the tokenizer that the model was trained with."
        )
