"""Marks answers that hold numbers of a step which the store gave up and the model computed again.

Knows models. Does not know traces.
"""

from fastapi import Response

from playground.models.language_model import LanguageModel

HEADER = "X-Recomputed"


def mark_recomputed(answer: Response, model: LanguageModel) -> None:
    """Names the model's dtype in a header, if it rounds so that the numbers may differ from those that chose a token.

    Two forwards in float32 differ only beyond the digits that the page shows.
    """
    if model.dtype != "float32":
        answer.headers[HEADER] = model.dtype
