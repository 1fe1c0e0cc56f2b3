"""Writes the card of the translator: what it is, what was measured, and what it cannot do."""

from pathlib import Path
from typing import NamedTuple

from transformers import MarianMTModel, PreTrainedTokenizerFast

from docs.training.examples import held_out
from docs.training.lexicon import ADJECTIVES, GIVING, MASS_NOUNS, NOUNS, VERBS
from docs.training.measures import Alignment, alignment, exact, translated

MEASURED = 500
"""The held-out sentences of each kind on which the figures are taken."""
HELD_OUT_SEED = 1
"""The seed of the held-out sentences."""
ERRORS = 8
"""So many errors stand in the card."""
COURSE = "J'aime l'apprentissage automatique."
SHOWN = (
    COURSE,
    "Le chat noir dort dans la maison blanche.",
    "Le professeur enseigne aux étudiants avec le livre.",
    "Est-ce que tu veux boire du café ?",
    "Il ne m'a jamais donné le livre de Marie.",
    "Quelle est la capitale de l'Italie ?",
    "Elle habite à Paris et il va en Italie.",
)
"""Sentences of the card, made of words that the model knows."""
FOOLED = (
    "J'aime les ordinateurs quantiques.",
    "Nous avons acheté une maison à la montagne.",
    "Le président a signé la loi.",
)
"""Sentences of the card with a word that the model does not know."""


class Figures(NamedTuple):
    """What was measured.

    Attributes:
        learned_pairs: the share of exact sentences whose adjectives and verbs were all learned with their nouns.
        new_pairs: the share of exact sentences where one was not.
        alignment: of all these sentences.
        errors: the first sentences with new pairs that are not exact: French, the reference, and what the model writes.
    """

    learned_pairs: float
    new_pairs: float
    alignment: Alignment
    errors: tuple[tuple[str, str, str], ...]


def measured(model: MarianMTModel, tokenizer: PreTrainedTokenizerFast) -> Figures:
    """Measures a translator on sentences that it has not learned."""
    parts = [held_out(HELD_OUT_SEED, MEASURED, new_pairs=new_pairs) for new_pairs in (False, True)]
    shares = [sum(exact(model, tokenizer, part)) / len(part) for part in parts]
    made = translated(model, tokenizer, [one.french.text for one in parts[1]])
    errors = [
        (one.french.text, one.english.text, text)
        for one, text in zip(parts[1], made, strict=True)
        if text != one.english.text
    ]
    found = alignment(model, tokenizer, [one for part in parts for one in part])
    return Figures(shares[0], shares[1], found, tuple(errors[:ERRORS]))


def write(
    folder: Path,
    model: MarianMTModel,
    tokenizer: PreTrainedTokenizerFast,
    figures: Figures,
    *,
    sentences: int,
    seconds: float,
) -> None:
    """Writes `README.md` into the folder of a model.

    Args:
        folder: where the model's files are.
        model: the translator as it is read from the folder.
        tokenizer: its tokenizer.
        figures: what was measured.
        sentences: how many it has learned.
        seconds: how long that took, as processor time.
    """
    size = (folder / "model.safetensors").stat().st_size / 1e6
    parameters = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) / 1e6
    words = len((folder / "words.txt").read_text(encoding="utf-8").split())
    verbs = len({verb.french for verb in (*VERBS, *GIVING)})
    found = figures.alignment
    errors = "\n".join(
        [
            "| French | right | the model writes |",
            "|---|---|---|",
            *(f"| {' | '.join(one)} |" for one in figures.errors),
        ]
    )
    text = f"""---
language: [fr, en]
pipeline_tag: translation
license: apache-2.0
---
<!-- `make models` writes this page: docs/training/card.py. -->
# A small translator from French to English

This model translates simple French sentences into English. It is made to be looked at: it is small enough to come with
the playground, and its cross-attention tells which French word an English word comes from. It is no translator for
daily use.

## The model
It has the shape of Marian (`MarianMTModel`): {model.config.encoder_layers} encoder and {model.config.decoder_layers}
decoder layers, width {model.config.d_model}, {model.config.decoder_attention_heads} heads, and {len(tokenizer):,}
pieces that both languages share. It has {parameters:.1f} million parameters; the weights are {size:.1f} MB in half
precision, and the model computes in single precision. It reads up to {tokenizer.model_max_length} tokens.

## The data
A grammar of this project (`docs/training/`) draws the sentences in both languages at once:
{len(NOUNS) + len(MASS_NOUNS)} nouns, {len(ADJECTIVES)} adjectives, {verbs} verbs, names, numbers and countries;
present, past and near future; negation, questions, pronouns, possession, elision. No text of a person is among the
data. `words.txt` lists the {words:,} French words, in all their forms, that were learned. An elided word ends with its
apostrophe there (`l'`, `qu'`), and a hyphen belongs to the word (`est-ce`).

## The training
It has seen {sentences:,} sentences, each once, in {seconds / 60:.0f} minutes on one processor core. The loss is that of
the next token alone: **no part of it teaches the attention where to look**. `make models` does the same again from the
same seed.

## What was measured
On {MEASURED} sentences each that were not learned, not even in another case or with other punctuation:

| | |
|---|---|
| greedy translations that are exact, letter for letter | {figures.learned_pairs:.1%} |
| the same where an adjective or a verb was never learned with its noun | {figures.new_pairs:.1%} |
| content words whose strongest French word is the right one | {found.right / found.words:.1%} |
| the same for a diagonal, which reads in order | {found.diagonal / found.words:.1%} |

The third row takes the cross-attention of the last decoder layer, as the mean of its heads, in the steps that write the
word. A French word of several tokens has their sum.

{_table(model, tokenizer, SHOWN)}

## What it cannot do
- **A word that is not in `words.txt`**: it writes a fluent sentence that is wrong, and gives no sign of it.

{_table(model, tokenizer, FOOLED)}

- **His or her**: French *son*, *sa*, *ses* and *lui* do not tell. Where the subject does (*Paul*, *elle*), the model
  has learned that the owner is the subject. Elsewhere the data has both, and the model is torn between them:
  *Je lis son livre* may be *I read his book* or *I read her book*.
- **Words that it has hardly seen together**: these are the first errors among the held-out sentences of the second row.

{errors}

- Other tenses, the imperative, comparisons, relative clauses, idioms, and sentences of more than 16 words.
- Sense: the grammar puts words together that do not belong together, so that the model has learned no facts but a few
  capitals.
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _table(model: MarianMTModel, tokenizer: PreTrainedTokenizerFast, texts: tuple[str, ...]) -> str:
    """Returns a table of French sentences and what the model makes of them."""
    rows = zip(texts, translated(model, tokenizer, texts), strict=True)
    return "\n".join(["| French | the model writes |", "|---|---|", *(f"| {told} | {made} |" for told, made in rows)])
