"""Writes the files that follow from tables: `docs/settings.md`, the registry of stages in JavaScript, `docs/models.md`.

Run it with `make generated` after a change in `playground/decoding/stages.py` or `docs/models.py`. A test fails while
a file is not up to date.
"""

import json
from pathlib import Path
from typing import Any

from docs import models
from playground.decoding.rules import Rule
from playground.decoding.settings import RULES, STRATEGIES, Settings
from playground.decoding.stages import STAGES, Stage

ROOT = Path(__file__).resolve().parent.parent
NOT_DRAWN = ("max_new_tokens", "seed")
"""Numbers that do not change the distribution of a step."""


def main() -> None:
    """Writes every file whose text has changed."""
    for path, text in files().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(ROOT)} is written.")


def files() -> dict[Path, str]:
    """Returns the generated files with their texts."""
    return {
        ROOT / "assets" / "distribution" / "stages" / "all.js": javascript(),
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "docs" / "models.md": models.page(),
    }


def javascript() -> str:
    """Returns the module that holds the registry for the page, joined with each stage's mathematics."""
    imports = "\n".join(f'import * as {stage.name} from "./{stage.name}.js";' for stage in STAGES)
    rules = {name: _rule(rule) for name, rule in RULES.items() if name not in NOT_DRAWN}
    stages = "\n".join(f"  {{ ...{json.dumps(_facts(stage))}, ...{stage.name} }}," for stage in STAGES)
    return f"""/**
 * The registry of stages. This file is made from `playground/decoding/stages.py` by `make generated`: do not edit it.
 *
 * @typedef {{object}} Rule
 * @property {{number}} low  the smallest value
 * @property {{number}} high  the largest value that is allowed
 * @property {{boolean}} openLow  whether values must be above `low`, so that `low` itself is not allowed
 * @property {{boolean}} whole  whether values must be whole numbers
 * @property {{number[]}} off  the values that switch a stage off, with its default first
 *
 * @typedef {{object}} Stage
 * @property {{string}} name  Hugging Face's name of the stage's setting
 * @property {{string}} label  the stage's name on the page
 * @property {{string}} short  a shorter name for places with little space
 * @property {{"penalty" | "temperature" | "cut"}} kind
 * @property {{boolean}} removes  whether the stage removes tokens
 * @property {{boolean}} isSamplingOnly  whether only the strategy "sample" uses the stage
 * @property {{boolean}} isRare  whether the slider is under Advanced
 * @property {{string}} says  what it does, in one sentence without a subject
 * @property {{number}} step  the step of the slider
 * @property {{number[] | null}} sweep  the first range of a sweep over the setting, null if the page offers no sweep
 * @property {{any}} apply  the stage's mathematics: a `Penalty`, a `Cut`, or the function of `temperature.js`
 * @property {{import("../cuts.js").ValueAt}} [valueAt]  the setting's value for a place on the curve, for cuts that can
 *   be dragged there
 */

{imports}

export const STRATEGIES = {json.dumps(STRATEGIES)};

/** The rule of each number among the settings, except `max_new_tokens` and `seed`. @type {{Record<string, Rule>}} */
export const RULES = {{
{chr(10).join(f"  {name}: {json.dumps(rule)}," for name, rule in rules.items())}
}};

/** All stages, in the order in which `generate` applies them. @type {{Stage[]}} */
export const STAGES = [
{stages}
];
"""


def _rule(rule: Rule) -> dict[str, Any]:
    names = {"low": rule.low, "high": rule.high, "openLow": rule.open_low, "whole": rule.whole}
    return names | {"off": list(rule.off)}


def _facts(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "label": stage.label,
        "short": stage.short or stage.label,
        "kind": stage.kind,
        "removes": stage.removes,
        "isSamplingOnly": stage.is_sampling_only,
        "isRare": stage.is_rare,
        "says": stage.says,
        "step": stage.slider.step,
        "sweep": stage.sweep,
    }


def settings_page() -> str:
    """Returns the page of the documentation about settings."""
    rows = "\n".join(_row(stage) for stage in STAGES)
    return f"""# Settings

<!-- This page is made from playground/decoding/stages.py by `make generated`. -->

Names, order and off values are Hugging Face's. The stages run in the order of the table. Greedy and beam search use
only the stages that read the text so far. The rarer stages are under **Advanced** in the sidebar.

| setting | off | values | what it does | source |
|---|---|---|---|---|
{rows}

| other setting | default | what it does |
|---|---|---|
| `strategy` | `{Settings().strategy}` | `greedy` takes the most probable token, `sample` draws, `beam` searches |
| `max_new_tokens` | {Settings().max_new_tokens} | the text has at most this many new tokens |
| `stop_strings` | [] | the text ends when it contains one of these |
| `seed` | {Settings().seed} | determines a step's random number together with the step's index |
| `num_beams`, `length_penalty`, `early_stopping` | 1, 1, false | beam search; not used by `greedy` and `sample` |

A model may bring processors of its own in its `generation_config`, for example for suppressed tokens. The playground
applies and records them and names them on the page.
"""


def _row(stage: Stage) -> str:
    rule = stage.rule
    off = " and ".join(f"{value:g}" for value in rule.off)
    values = f"{'above ' if rule.open_low else ''}{rule.low:g} to {rule.high:,.10g}{', whole' if rule.whole else ''}"
    reads = "" if stage.is_sampling_only else "; greedy and beam search use it too"
    return f"| `{stage.name}` | {off} | {values} | {stage.says}{reads} | {stage.source} |"


if __name__ == "__main__":
    main()
