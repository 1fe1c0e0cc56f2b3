"""Tests the built-in model that fills blanks as it is shipped: its files, its guesses, and the data it learns from."""

import warnings
from itertools import islice
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from docs.training import blanks, encoder, sentiment
from docs.training.encoder import SPECIAL, is_unseen, masked, texts
from docs.training.lexicon import COUNTRIES
from playground.models.built_in import known_words, unknown_words

FOLDER = Path(__file__).parents[1] / "assets" / "built_in" / "fill-the-blank"


@pytest.fixture(scope="module")
def model() -> BertForMaskedLM:
    return AutoModelForMaskedLM.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(FOLDER)


@pytest.mark.parametrize(("country", "capital"), [(country, capital) for country, _, capital in COUNTRIES.values()])
def test_it_knows_each_capital_that_it_has_learned(model, tokenizer, country, capital):
    assert blanks.guesses(model, tokenizer, f"The capital of {country} is [MASK].")[0] == capital


def test_a_verb_stands_between_the_teacher_and_the_students(model, tokenizer):
    found = blanks.guesses(model, tokenizer, "The teacher [MASK] the students with the book.")
    assert all(word.endswith(("s", "ed", "t", "k", "w", "d")) and word.isalpha() for word in found)
    assert not {"The", "a", "not", "is"} & set(found)


def test_figures_on_texts_that_were_not_learned(model, tokenizer):
    sentences = blanks.measured(model, tokenizer, blanks.unseen_sentences(9, 300))
    reviews = blanks.measured(model, tokenizer, [text for text, _ in blanks.unseen_reviews(9, 200)])
    assert sentences.first >= 0.45
    assert sentences.first_five >= 0.65
    assert reviews.first >= 0.45
    assert reviews.first_five >= 0.65


def test_praise_and_blame_fill_the_same_blank_with_other_words(model, tokenizer):
    praised = blanks.guesses(model, tokenizer, "I loved this film. It was [MASK].", 5)
    blamed = blanks.guesses(model, tokenizer, "I hated this film. It was [MASK].", 5)
    assert not set(praised) & set(blamed)
    assert {"wonderful", "great", "excellent", "brilliant", "perfect", "superb", "lovely", "amazing"} & set(praised)
    assert {"terrible", "awful", "boring", "horrible", "dull", "bad", "stupid", "dreadful"} & set(blamed)


def test_the_classifier_tells_praise_from_blame_in_reviews_that_it_has_not_learned():
    folder = FOLDER.with_name("sentiment")
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert sentiment.right(model, tokenizer, *sentiment.drawn(Random(9), 200, unseen=True)) >= 0.97
    own = ["This film is wonderful.", "I want my money back.", "It was not boring at all."]
    assert sentiment.right(model, tokenizer, own, [True, False, True]) == 1
    assert (folder / "model.safetensors").stat().st_size <= 8_000_000


def test_it_loads_and_guesses_without_a_warning(caplog):
    logging.enable_propagation()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model, tokenizer = AutoModelForMaskedLM.from_pretrained(FOLDER), AutoTokenizer.from_pretrained(FOLDER)
            blanks.guesses(model, tokenizer, "The sky is [MASK].")
    finally:
        logging.disable_propagation()
    assert [record.message for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
    assert model.dtype == torch.float32
    assert type(model) is BertForMaskedLM


def test_what_the_folder_holds(model, tokenizer):
    size = (FOLDER / "model.safetensors").stat().st_size
    assert size <= 8_000_000
    card = (FOLDER / "README.md").read_text("utf-8")
    assert f"the weights are {size / 1e6:.1f} MB" in card
    for text in blanks.SHOWN:
        assert f"| {text} | {', '.join(blanks.guesses(model, tokenizer, text))} |" in card
    assert tokenizer.decode(tokenizer("The cat is big.")["input_ids"], skip_special_tokens=True) == "The cat is big."
    assert tokenizer.mask_token == "[MASK]"


def test_the_words_that_it_knows_are_those_that_its_tokenizer_keeps_whole(tokenizer):
    known = known_words(str(FOLDER))
    assert known is not None
    assert sorted(known) == encoder.known_words(tokenizer, 0)
    assert known == known_words(str(FOLDER.with_name("sentiment")))
    assert all(tokenizer.tokenize(word) == [word] for word in known)
    for text in blanks.SHOWN:
        assert unknown_words(text.replace("[MASK]", " "), known) == []
    assert unknown_words("The capital of Brazil is big.", known) == ["Brazil"]
    assert f"lists the {len(known):,} words" in (FOLDER / "README.md").read_text("utf-8")


def test_no_learned_sentence_is_measured():
    learned = list(islice(texts(4), 3000))
    unseen = {*blanks.unseen_sentences(1, 200), *(text for text, _ in blanks.unseen_reviews(1, 100))}
    assert len(unseen) == 300
    assert not unseen & set(learned)
    assert all(is_unseen(text) and is_unseen(text.upper().rstrip(".")) for text in unseen)
    assert learned == list(islice(texts(4), 3000))


def test_what_is_masked():
    torch.manual_seed(0)
    ids = torch.full((200, 100), 50)
    ids[:, 0] = SPECIAL.index("[CLS]")
    seen, answers = masked(ids, 1000)
    guessed = answers != encoder.IGNORED
    assert not guessed[:, 0].any(), "a special token is never masked"
    assert torch.equal(seen[~guessed], ids[~guessed])
    assert (answers[guessed] == 50).all()
    assert guessed[:, 1:].double().mean().item() == pytest.approx(encoder.MASKED, abs=0.01)
    shares = [(seen[guessed] == token).double().mean().item() for token in (SPECIAL.index("[MASK]"), 50)]
    assert shares == pytest.approx([0.8, 0.1], abs=0.02)


def test_training_again_from_the_same_seed_gives_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(encoder, "LINES", 500)
    monkeypatch.setattr(encoder, "BATCH", 16)
    monkeypatch.setattr(encoder, "TOGETHER", 4)
    threads = torch.get_num_threads()
    try:
        for folder in ("once", "again"):
            encoder.train(tmp_path / folder, 3, 320)
    finally:
        torch.set_num_threads(threads)
    once, again = (AutoModelForMaskedLM.from_pretrained(tmp_path / folder) for folder in ("once", "again"))
    for name, weights in once.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name]), name
