"""A tiny Marian model for several target languages, with a tokenizer of Marian's own class, for tests."""

import io
import json
from pathlib import Path

import sentencepiece
from transformers import MarianTokenizer

from tests import encoder_decoders

TARGETS = ("fra", "pt_BR", "ron")
TEXTS = ("a tin of fish", "the cat sat on a mat", "on the tin", "no fish in the cat")
PIECES = 40


def save(folder: Path) -> None:
    """Writes a model and its tokenizer, with the files that a published one has."""
    folder.mkdir(exist_ok=True)
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=made, vocab_size=PIECES, hard_vocab_limit=False, minloglevel=2
    )
    learnt = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
    known = [learnt.id_to_piece(one) for one in range(learnt.get_piece_size()) if not learnt.is_control(one)]
    signs = ["</s>", "<pad>", *known, *(f">>{code}<<" for code in TARGETS)]
    for side in ("source", "target"):
        (folder / f"{side}.spm").write_bytes(made.getvalue())
    (folder / "vocab.json").write_text(json.dumps({sign: place for place, sign in enumerate(signs)}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"source_lang": "eng", "target_lang": "mul"}))
    hf = encoder_decoders.tiny("marian", vocab_size=len(signs), eos_token_id=0, pad_token_id=1)
    hf.config.decoder_start_token_id = hf.generation_config.decoder_start_token_id = 1
    hf.save_pretrained(folder)


def tokenizer(folder: Path) -> MarianTokenizer:
    """Returns the tokenizer that `save` wrote, as transformers reads it by itself."""
    return MarianTokenizer.from_pretrained(folder)
