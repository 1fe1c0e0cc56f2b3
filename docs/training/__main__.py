"""Makes the models that come with the playground. Run it with `make models`, or `python -m docs.training FOLDER`."""

import argparse
from pathlib import Path

from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from docs.training import card, translator

FOLDER = Path(__file__).parents[2] / "assets" / "built_in"
SENTENCES = 307_200
"""How many sentences the translator learns: a multiple of those that are drawn at once."""


def main() -> None:
    """Trains the translator, measures it, and writes its folder."""
    parser = argparse.ArgumentParser(prog="python -m docs.training", description="Makes the built-in models.")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"where they are written ({FOLDER})")
    parser.add_argument("--seed", type=int, default=0, help="of the sentences and the first weights (default: 0)")
    parser.add_argument("--sentences", type=int, default=SENTENCES, help=f"how many are learned (default: {SENTENCES})")
    options = parser.parse_args()
    folder = options.folder / "french-english"
    seconds = translator.train(folder, options.seed, options.sentences)
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    figures = card.measured(model, tokenizer)
    card.write(folder, model, tokenizer, figures, sentences=options.sentences, seconds=seconds)
    print(f"{figures.learned_pairs:.1%} exact, {figures.new_pairs:.1%} with new pairs, {figures.alignment}")


if __name__ == "__main__":
    main()
