"""Tests the built-in translator as it is shipped: its files, its translations, and what its cross-attention sees."""

import warnings
from itertools import islice
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, MarianMTModel, PreTrainedTokenizerFast
from transformers.utils import logging

from docs.training import card, measures, translator
from docs.training.examples import WORD, held_out, learned
from docs.training.grammar import Sentence
from docs.training.lexicon import NAMES
from playground.models.tokenizer import Tokenizer

FOLDER = Path(__file__).parents[1] / "assets" / "built_in" / "french-english"


@pytest.fixture(scope="module")
def model() -> MarianMTModel:
    return AutoModelForSeq2SeqLM.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def unseen() -> list[Sentence]:
    """200 sentences that were not learned."""
    return held_out(7, 200, new_pairs=False)


def test_200_held_out_sentences_are_exact_by_greedy(model, tokenizer, unseen):
    right = measures.exact(model, tokenizer, unseen)
    assert len(right) == 200
    assert sum(right) >= 0.95 * 200


def test_words_that_were_never_learned_together_are_translated(model, tokenizer):
    right = measures.exact(model, tokenizer, held_out(7, 200, new_pairs=True))
    assert sum(right) >= 0.93 * 200


def test_content_words_look_at_the_words_that_they_translate(model, tokenizer, unseen):
    found = measures.alignment(model, tokenizer, unseen)
    assert found.words > 600
    assert found.right >= 0.9 * found.words
    assert found.diagonal < 0.7 * found.words, "reading in order is not enough"


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("J'aime l'apprentissage automatique", "I love machine learning"),
        ("J'aime l'apprentissage automatique.", "I love machine learning."),
        ("J’aime l’apprentissage automatique.", "I love machine learning."),
        ("j'aime l'apprentissage automatique.", "I love machine learning."),
        ("Comment allez-vous ?", "How are you?"),
        ("Comment allez-vous\N{NO-BREAK SPACE}?", "How are you?"),
        ("Comment allez-vous\N{NARROW NO-BREAK SPACE}?", "How are you?"),
        ("Comment allez-vous?", "How are you?"),
        ("Le chat noir dort dans la maison blanche.", "The black cat sleeps in the white house."),
        ("Le professeur donne le livre à l'étudiant.", "The teacher gives the book to the student."),
        ("La capitale de la France est Paris.", "The capital of France is Paris."),
        ("J'habite à Paris.", "I live in Paris."),
        ("Elle va en Italie.", "She goes to Italy."),
        ("Nous buvons du jus.", "We drink juice."),
        ("Paul aime son chien.", "Paul loves his dog."),
        ("Marie aime son chien.", "Marie loves her dog."),
        ("Bonjour", "Hello"),
        ("Merci", "Thank you"),
    ],
)
def test_sentences_of_a_lesson(model, tokenizer, french, english, beams):
    assert measures.translated(model, tokenizer, [french], beams=beams) == [english]


@pytest.mark.parametrize(("feminine", "whose"), [(False, "his"), (True, "her")])
def test_the_subject_tells_whose_it_is_and_not_what_is_owned(model, tokenizer, feminine, whose):
    for french, english in (("vend sa maison", "sells {} house"), ("lit son livre", "reads {} book")):
        names = NAMES[feminine]
        found = measures.translated(model, tokenizer, [f"{name} {french}." for name in names])
        assert found == [f"{name} {english.format(whose)}." for name in names]


def test_sentences_together_are_as_each_alone(model, tokenizer, unseen):
    texts = [one.french.text for one in unseen[:16]]
    alone = [measures.translated(model, tokenizer, [text])[0] for text in texts]
    assert measures.translated(model, tokenizer, texts) == alone


@pytest.mark.parametrize(("french", "begun"), [("Je lis son livre.", "I read"), ("Tu vois sa maison.", "You see")])
def test_the_model_is_torn_between_his_and_her_where_french_does_not_tell(model, tokenizer, french, begun):
    source = tokenizer(french, return_tensors="pt")
    before = tokenizer(begun, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logits = model(**source, decoder_input_ids=torch.tensor([[0, *before]])).logits[0, -1]
    his, her = (logits.softmax(-1)[tokenizer.convert_tokens_to_ids(f"▁{word}")].item() for word in ("his", "her"))
    assert his + her > 0.8
    assert min(his, her) > 0.05


def test_a_target_is_read_as_the_model_writes_it(tokenizer):
    target = Tokenizer(tokenizer, "french-english", len(tokenizer)).encode_target("I love machine learning.")
    assert list(target) == tokenizer(text_target="I love machine learning.").input_ids[:-1]


def test_it_loads_and_writes_without_a_warning(caplog):
    logging.enable_propagation()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(FOLDER), AutoTokenizer.from_pretrained(FOLDER)
            measures.translated(model, tokenizer, ["Bonjour."])
    finally:
        logging.disable_propagation()
    assert [record.message for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
    assert model.dtype == torch.float32
    assert type(model) is MarianMTModel


def test_what_the_folder_holds(tokenizer):
    assert (FOLDER / "model.safetensors").stat().st_size <= 8_000_000
    assert {path.name for path in FOLDER.iterdir()} == {
        "README.md",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "words.txt",
    }
    text = "L'étudiante lit un livre."
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    assert tokenizer(text)["input_ids"][-1] == tokenizer.eos_token_id
    assert (
        tokenizer.unk_token_id
        not in tokenizer("Où ça ? À Noël, 3 œufs coûtent 2,50 €… “Ñandú”".replace("…", "."))["input_ids"][:20]
    )


def test_every_word_of_the_grammar_is_listed(unseen):
    known = (FOLDER / "words.txt").read_text("utf-8").split()
    assert known == sorted(set(known))
    drawn = {word for one in (*unseen, *islice(learned(12), 3000)) for word in WORD.findall(one.french.text.lower())}
    assert drawn <= set(known)
    assert not {"quantiques", "président"} & set(known)


def test_the_card_says_what_the_weights_are(model, tokenizer):
    text = (FOLDER / "README.md").read_text("utf-8")
    size = (FOLDER / "model.safetensors").stat().st_size / 1e6
    assert f"the weights are {size:.1f} MB" in text
    for shown, made in zip(card.SHOWN, measures.translated(model, tokenizer, card.SHOWN), strict=True):
        assert f"| {shown} | {made} |" in text


def test_training_makes_a_folder_that_loads_and_learns(tmp_path, monkeypatch):
    """A few steps on a small vocabulary: the loss falls, and the files are those of a model."""
    monkeypatch.setattr(translator, "LINES", 500)
    monkeypatch.setattr(translator, "BATCH", 16)
    monkeypatch.setattr(translator, "TOGETHER", 4)
    threads = torch.get_num_threads()
    try:
        for folder in ("once", "again"):
            translator.train(tmp_path / folder, 3, 320)
    finally:
        torch.set_num_threads(threads)
    once, again = (AutoModelForSeq2SeqLM.from_pretrained(tmp_path / folder) for folder in ("once", "again"))
    for name, weights in once.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name]), name
    assert {path.name for path in (tmp_path / "once").iterdir()} == {path.name for path in FOLDER.iterdir()} - {
        "README.md"
    }
