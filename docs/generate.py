"""Writes the files that follow from the registry of stages: `docs/settings.md`, and the registry in JavaScript.

Run it with `make generated` after a change in `playground/decoding/stages.py`. A test fails while a file is not
up to date.
"""

import json
from pathlib import Path
from typing import Any

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
 * @property {{number}} low
 * @property {{number}} high  included
 * @property {{boolean}} openLow  whether `low` is left out
 * @property {{boolean}} whole
 * @property {{number[]}} off  of a stage: the values under which it does nothing, its default first
 *
 * @typedef {{object}} Stage
 * @property {{string}} name  Hugging Face's, of its setting
 * @property {{string}} label  what people call it
 * @property {{string}} short  the same where there is little room
 * @property {{"penalty" | "temperature" | "cut"}} kind
 * @property {{boolean}} removes  whether it removes tokens
 * @property {{boolean}} isSamplingOnly
 * @property {{boolean}} isRare
 * @property {{number}} step  of its slider
 * @property {{number[] | null}} sweep  the range that a sweep over it begins with
 * @property {{any}} apply  its mathematics: a `Penalty`, a `Cut`, or what `temperature.js` does
 * @property {{import("../cuts.js").ValueAt}} [valueAt]  for a cut that can be dragged
 */

{imports}

export const STRATEGIES = {json.dumps(STRATEGIES)};

/** Of all numbers that change a picture. @type {{Record<string, Rule>}} */
export const RULES = {{
{chr(10).join(f"  {name}: {json.dumps(rule)}," for name, rule in rules.items())}
}};

/** In the order in which `generate` applies them. @type {{Stage[]}} */
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
| `stop_strings` | [] | the text ends once it holds one of these |
| `seed` | {Settings().seed} | determines, with the step's index, the step's random number |
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
