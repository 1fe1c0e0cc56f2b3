"""Records what a page without a server would ask about a model: which tokens the words of settings are.

The words of a setting become tokens by the model's tokenizer, which no page has. Names what else is recorded, for those
that record it. Knows settings and vocabularies. Does not know models.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from playground.decoding.processors import END_IDS, ids_of_setting
from playground.decoding.settings import Settings
from playground.decoding.stages import STAGES
from playground.decoding.vocabulary import Vocabulary

IS_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
TEXT = "text"
"""The id by which a page without a server names its text; `assets/take_home/page.js` has the same one."""
VIEWS, WORDS = "views.json", "words.json"
"""What is recorded if a page has views of the model. `assets/take_home/views.js` has the same names."""
WORD_IDS = "word_ids.json"
"""The route that answers this; see `playground/web/routes/word_ids.py`."""


def words_recorded(model: str, written_with: Iterable[Settings], vocabulary: Vocabulary) -> dict[str, bytes]:
    """Returns the answers about a model's end tokens, and about the words of settings.

    Args:
        model: the name by which the page calls the model.
        written_with: the settings whose words are recorded. Those of settings as they are at first always are.
        vocabulary: the model's.

    Raises:
        PlaygroundError: a word has no token in this vocabulary.
    """
    asked: dict[str, tuple[str, Any]] = {}
    for setting, value in [(END_IDS, None), *_values([Settings(), *written_with])]:
        asked[question(WORD_IDS, {"model": model, "setting": setting, "value": value})] = (setting, value)
    return {
        key: json.dumps({"ids": ids_of_setting(setting, value, vocabulary)}).encode()
        for key, (setting, value) in asked.items()
    }


def views_file(told: Mapping[str, Any], words: Mapping[int, str]) -> dict[str, bytes]:
    """Returns what a page is told of the views of the model that it has; `assets/take_home/views.js` reads it.

    Args:
        told: {views, step, position, choice, why, model}, plain JSON values.
        words: the texts of tokens that the views name, by their ids.
    """
    return {VIEWS: json.dumps(told).encode(), WORDS: json.dumps(words, sort_keys=True).encode()}


def question(path: str, body: object) -> str:
    """Returns the key of what is asked with a body, as `assets/common/server.js` writes it."""
    return f"{path} {json.dumps(_as_in_javascript(body), ensure_ascii=False, separators=(',', ':'))}"


def _values(settings: Iterable[Settings]) -> Iterable[tuple[str, Any]]:
    """Yields the values that hold words, by setting. A constraint's words stay with the server."""
    stages = [stage for stage in STAGES if stage.kind != "constraint"]
    names = [parameter.name for stage in stages for parameter in stage.parameters if parameter.resolve]
    for one in settings:
        told = one.to_dict()
        yield from ((name, told[name]) for name in names)


def _as_in_javascript(value: Any) -> Any:
    """Returns a value as JavaScript writes it after reading it: 5.0 as 5, and first the names that are numbers."""
    if isinstance(value, dict):
        numbered = sorted((name for name in value if IS_NUMBER.fullmatch(name)), key=int)
        return {name: _as_in_javascript(value[name]) for name in dict.fromkeys([*numbered, *value])}
    if isinstance(value, list | tuple):
        return [_as_in_javascript(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
