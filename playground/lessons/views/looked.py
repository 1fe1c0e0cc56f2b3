"""What lessons know of the views that look at a text inside of the model: the chosen token. They share the text.

The text is the state's prompt, which such a view reads and does not go on with.
"""

from typing import Any

from playground import values
from playground.lessons.views.view import View, ViewField

LONGEST_TOKEN = 100


def _token(value: Any) -> str:
    return values.text("token", value, LONGEST_TOKEN)


TOKEN = ViewField(
    "token",
    _token,
    "",
    'the token of the prompt that is chosen, such as `" book"`, of several the last one; any, and first the last one',
    is_sentence=True,
)

PICTURE = View("inside/picture", (TOKEN,))
TOKENS = View("inside/tokens", (TOKEN,))
POSITIONS = View("inside/positions", (TOKEN,))
LAYERS = View("inside/layers", (TOKEN,))
WORD = View("inside/word", (TOKEN,))
WHY = View("inside/why", (TOKEN,))
