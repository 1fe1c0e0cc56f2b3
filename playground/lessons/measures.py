"""The measures that a lesson's expressions may name: the one table that the reader, the checker and the document use.

`assets/lesson/` computes the same measures in the page, under the same names. Knows settings by their names. Does not
know how a measure is computed: `looking.py` does for Decode, and `views/` for the views that have their own.
"""

from typing import Any

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.lessons.views.table import ALL
from playground.lessons.views.view import Kind, Measure
from playground.values import shown

MEASURES = (
    Measure("probability", ("text",), "number", "percent", "the token's share after all stages that are on"),
    Measure("raw_probability", ("text",), "number", "percent", "the token's share in the model's own distribution"),
    Measure("rank", ("text",), "number", "count", "the token's place among the model's own logits; 1 is the highest"),
    Measure("logit", ("text",), "number", "number", "the model's own score of the token"),
    Measure("kept", (), "number", "count", "how many tokens all stages leave"),
    Measure("entropy", (), "number", "bits", "the entropy after all stages"),
    Measure("raw_entropy", (), "number", "bits", "the entropy of the model's own distribution"),
    Measure("most_likely", (), "text", "text", "the most probable token after all stages"),
    Measure("chosen", (), "text", "text", "the token that is written at this step"),
    Measure("surprise", (), "number", "bits", "the surprise of the written token, in the model's own distribution"),
    Measure("text", (), "text", "text", "the text that the model has written, without the token that ends it"),
    Measure("tokens", (), "number", "count", "how many tokens the model has written, with the one that ends the text"),
    Measure("repeated", (), "number", "count", "how many of these tokens are marked as repeated"),
    Measure(
        "cross_attention",
        ("text",),
        "number",
        "percent",
        "of a model that reads a source, the weight that this step gives to a token of it, in the layer and head in "
        "view: at first the last layer, and the mean of its heads. Of a token that occurs several times it is the last",
        example='" noir"',
    ),
    Measure(
        "setting",
        ("text",),
        "number",
        "number",
        "the value of a setting, named in quotes",
        None,
        '"temperature"',
    ),
    Measure(
        "pieces",
        ("text",),
        "number",
        "count",
        "how many tokens the tokenizer makes of a text",
        None,
        '"a text"',
    ),
    *(measure for view in ALL for measure in view.measures),
)
BY_NAME = {measure.name: measure for measure in MEASURES}

BEFORE = "before"
"""The call that gives an expression's value before the `set` of a reveal."""

_DEFAULTS: dict[str, Any] = Settings().to_dict()
SETTING_KINDS: dict[str, Kind] = {
    name: "truth" if isinstance(value, bool) else "text" if name == "strategy" else "number"
    for name, value in _DEFAULTS.items()
    if isinstance(value, bool | int | float) or name == "strategy"
}
"""The settings that `setting` reads, with the kind of their values. The others hold lists, objects or nothing."""


def setting_kind(name: str) -> Kind:
    """Returns the kind of a setting's value.

    Raises:
        PlaygroundError: there is no such setting, or its value is not a number, a text, true or false.
    """
    if name in SETTING_KINDS:
        return SETTING_KINDS[name]
    if name in _DEFAULTS:
        raise PlaygroundError(f"setting({name!r}) is not a single number or text, so it cannot be compared.")
    raise PlaygroundError(
        f"{shown(name)} is not a setting. Names are Hugging Face's, such as 'temperature' or 'top_k'."
    )
