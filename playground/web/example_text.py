"""Knows the text with which the page begins, by the model that reads it."""

from playground.models.language_model import LanguageModel

EXAMPLE = "At night the sky is full of"
FRENCH_EXAMPLE = "J'aime l'apprentissage automatique"


def example_text(model: LanguageModel) -> str:
    """Returns the prompt of the example of a model: French for a translator that reads French."""
    is_from_french = model.takes_source and "french" in model.name.lower()
    return FRENCH_EXAMPLE if is_from_french else EXAMPLE
