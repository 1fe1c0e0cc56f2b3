"""Marks answers that hold numbers of a step which the store gave up and the model computed again.

Knows neither models nor traces.
"""

from fastapi import Response

HEADER = "X-Recomputed"


def mark_recomputed(answer: Response, dtype: str) -> None:
    """Names a model's dtype in a header, if it rounds so that the numbers may differ from those that chose a token.

    Two forwards in float32 differ only beyond the digits that the page shows.
    """
    if dtype != "float32":
        answer.headers[HEADER] = dtype
