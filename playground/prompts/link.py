"""Reads a link to the Compare prompts tab: a task and its form, the columns, the label words and the settings.

Knows tasks and settings. Does not know pages; `assets/prompts/link.js` writes what is read here. A link may come from
anywhere, so every value in it is checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.prompts.columns import ALL_SHOTS, LONGEST_TEXT, MOST_COLUMNS, parse_task
from playground.prompts.label_words import SPELLINGS
from playground.prompts.prompting import FORMS, Task
from playground.traces.link import NOTHING_CHANGED, SIDES, broken, unpacked
from playground.values import shown

VERSION = 2
MOST_SHOTS = 8


@dataclass(frozen=True)
class PromptsLink:
    """The contents of a link.

    Attributes:
        model: the name of the model with which the link was made.
        task, form: as in `prompting.build`.
        columns: for each column the number of shots, or the text of a free prompt.
        spelling: the spelling of the label words; None for the form's own.
        calibrates: whether label probabilities are divided by those after a content-free input.
        settings: the settings with which the texts are generated.
        languages: the codes of the languages of a translation, by "source" and "target", "" for the usual ones.
    """

    model: str
    task: Task
    form: str
    columns: tuple[int | str, ...]
    spelling: str | None
    calibrates: bool
    settings: Settings
    languages: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(SIDES, ""))


def parse(state: object) -> PromptsLink:
    """Checks the unpacked content of a link and returns it.

    Raises:
        PlaygroundError: this is not a link of this playground, or a value cannot be used.
    """
    state = unpacked(state, VERSION)
    model, form, columns, spelling = (state.get(name) for name in ("model", "form", "columns", "spelling"))
    if not isinstance(model, str):
        raise broken("it has no model")
    if form not in FORMS:
        raise broken(f"form is {shown(form)} and not one of {', '.join(FORMS)}")
    if not isinstance(columns, list) or not 1 <= len(columns) <= MOST_COLUMNS:
        raise broken(f"it should have 1 to {MOST_COLUMNS} columns")
    if spelling is not None and spelling not in list(SPELLINGS):
        raise broken(f"spelling is {shown(spelling)} and not one of {', '.join(SPELLINGS)}")
    if not isinstance(state.get("calibrates"), bool):
        raise broken(f"calibrates is {shown(state.get('calibrates'))} and not true or false")
    kinds = tuple(_column(column) for column in columns)
    try:
        task, settings = parse_task(state.get("task")), _settings(state.get("settings"))
    except PlaygroundError as refusal:
        raise PlaygroundError(f"This link cannot be followed. {refusal} {NOTHING_CHANGED}") from None
    languages = _languages(state.get("languages", {}))
    return PromptsLink(model, task, form, kinds, spelling, state["calibrates"], settings, languages)


def _languages(given: object) -> dict[str, str]:
    """Returns the languages of a link; the usual ones for a link of an earlier version."""
    codes = {side: given.get(side, "") if isinstance(given, Mapping) else given for side in SIDES}
    found = {side: code for side, code in codes.items() if isinstance(code, str)}
    for side in SIDES:
        if side not in found:
            raise broken(f"a language is {shown(codes[side])} and not a code")
    return found


def _column(column: object) -> int | str:
    if isinstance(column, Mapping):
        free, shots = column.get("free"), column.get("shots")
        if isinstance(free, str) and len(free) <= LONGEST_TEXT:
            return free
        if isinstance(shots, int) and not isinstance(shots, bool) and (0 <= shots <= MOST_SHOTS or shots == ALL_SHOTS):
            return shots
    raise broken(f"a column is {shown(column)} and neither 0 to {MOST_SHOTS} shots nor a free prompt")


def _settings(values: Any) -> Settings:
    settings = Settings.from_dict(values)
    if settings.strategy == "beam":
        raise PlaygroundError("strategy is 'beam', which gives a tree and not a column. Choose greedy or sample.")
    return settings
