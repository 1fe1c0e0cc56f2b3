"""Makes the models that come with the playground. Run it with `make models`, or `python -m docs.training FOLDER`."""

import argparse
from pathlib import Path

from transformers import AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoTokenizer

from docs.training import blanks, card, encoder, sentiment, translator

FOLDER = Path(__file__).parents[2] / "assets" / "built_in"
SENTENCES = 307_200
"""How many sentences the translator learns: a multiple of those that are drawn at once."""
TEXTS = 249_856
"""How many texts the model that fills blanks learns."""
LAST_TEXTS = 65_536
"""How many it learns after them, more of which are reviews."""
REVIEWS = 12_800
"""How many reviews the classifier learns."""


def main() -> None:
    """Trains the models, measures them, and writes their folders."""
    parser = argparse.ArgumentParser(prog="python -m docs.training", description="Makes the built-in models.")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"where they are written ({FOLDER})")
    parser.add_argument("--only", choices=list(MADE), help="the only one that is made")
    parser.add_argument("--seed", type=int, default=0, help="of the data and the first weights (default: 0)")
    options = parser.parse_args()
    for name, make in MADE.items():
        if options.only in (None, name):
            make(options.folder / name, options.seed)


def _translator(folder: Path, seed: int) -> None:
    seconds = translator.train(folder, seed, SENTENCES)
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    card.write(folder, model, tokenizer, card.measured(model, tokenizer), sentences=SENTENCES, seconds=seconds)


def _blanks(folder: Path, seed: int) -> None:
    seconds = encoder.train(folder, seed, TEXTS) + encoder.train_on_reviews(folder, seed, LAST_TEXTS)
    model, tokenizer = AutoModelForMaskedLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    blanks.write_card(folder, model, tokenizer, texts=TEXTS + LAST_TEXTS, seconds=seconds)


def _sentiment(folder: Path, seed: int) -> None:
    seconds = sentiment.train(folder.with_name("fill-the-blank"), folder, seed, REVIEWS)
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    sentiment.write_card(folder, model, tokenizer, reviews=REVIEWS, seconds=seconds)


MADE = {"french-english": _translator, "fill-the-blank": _blanks, "sentiment": _sentiment}
"""The models by the name of their folder, and what makes each. The last one begins with the weights of the second."""


if __name__ == "__main__":
    main()
