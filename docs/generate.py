"""Writes the files that follow from tables: `docs/settings.md`, the registry of stages in JavaScript, `docs/models.md`.

Run it with `make generated` after a change in `playground/decoding/stages/` or `docs/models.py`. A test fails while
a file is not up to date.
"""

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

from docs import models
from playground.decoding.orders import ALONE, ORDERS
from playground.decoding.settings import RULES, STRATEGIES, Settings
from playground.decoding.stages import STAGES
from playground.decoding.stages.stage import Parameter, Stage

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
    rules = {name: rule.facts() for name, rule in RULES.items() if name not in NOT_DRAWN}
    stages = "\n".join(f"  {{ ...{json.dumps(_facts(stage))}, ...{stage.name} }}," for stage in STAGES)
    return f"""/**
 * The registry of stages. This file is made from `playground/decoding/stages/` by `make generated`: do not edit it.
 *
 * @typedef {{object}} Rule
 * @property {{string}} kind  "number", or another kind of value, which only the server checks
 * @property {{any[]}} off  the values that switch a stage off, with its default first
 * @property {{number}} [low]  the smallest number
 * @property {{number}} [high]  the largest number that is allowed
 * @property {{boolean}} [openLow]  whether numbers must be above `low`, so that `low` itself is not allowed
 * @property {{boolean}} [whole]  whether numbers must be whole
 * @property {{number}} [most]  of a list, the most values
 * @property {{number}} [longest]  the most characters of a text
 * @property {{number}} [strongest]  the largest bias
 * @property {{object[]}} [parts]  of a pair, the rules of its numbers with their names
 *
 * @typedef {{object}} Parameter  a setting of a stage
 * @property {{string}} name
 * @property {{string}} label  its name on the page
 * @property {{any}} start  the value where nothing is said
 * @property {{string}} says  what it does, in one sentence without a subject
 * @property {{[low: number, high: number, step: number] | null}} slider
 * @property {{boolean}} hasWords  whether its value holds words, which the server turns into ids
 *
 * @typedef {{object}} Stage
 * @property {{string}} name  its name in an order
 * @property {{string}} setting  the setting that switches it on
 * @property {{string}} label  the stage's name on the page
 * @property {{string}} short  a shorter name for places with little space
 * @property {{"constraint" | "penalty" | "reshape" | "cut" | "watermark"}} kind
 * @property {{Parameter[]}} parameters  the setting that switches it on, and others
 * @property {{string[]}} reads  settings of other stages that it reads
 * @property {{boolean}} readsEnds  whether it reads the tokens that end a text
 * @property {{boolean}} removes  whether the stage removes tokens
 * @property {{boolean}} isSamplingOnly  whether only the strategy "sample" uses the stage
 * @property {{"sidebar" | "advanced" | "chain"}} place  where its controls are
 * @property {{string}} says  what it does, in one sentence without a subject
 * @property {{string}} formula  the same in one line of mathematics
 * @property {{string}} source  the paper or program that defines it
 * @property {{number[] | null}} sweep  the first range of a sweep over the setting, null if the page offers no sweep
 * @property {{any}} apply  the stage's mathematics: a `Penalty`, a `Reshape` or a `Cut`
 * @property {{(values: Record<string, any>) => boolean}} [isOn]  where not the first setting alone says it
 * @property {{import("../cuts.js").ValueAt}} [valueAt]  the setting's value for a place on the curve, for cuts that can
 *   be dragged there
 */

{imports}

export const STRATEGIES = {json.dumps(STRATEGIES)};

/** The rule of each setting, except `max_new_tokens` and `seed`. @type {{Record<string, Rule>}} */
export const RULES = {{
{chr(10).join(f"  {name}: {json.dumps(rule)}," for name, rule in rules.items())}
}};

/** All stages, in the order in which `generate` applies them. @type {{Stage[]}} */
export const STAGES = [
{stages}
];

/** The order of all stages in each engine. @type {{Record<string, string[]>}} */
export const ORDERS = {{
{chr(10).join(f"  {json.dumps(name)}: {json.dumps(names)}," for name, names in ORDERS.items())}
}};

/** Stages beside which an engine runs only these others. @type {{Record<string, Record<string, string[]>>}} */
export const ALONE = {json.dumps(ALONE)};
"""


def _facts(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "setting": stage.setting,
        "label": stage.label,
        "short": stage.short or stage.label,
        "kind": stage.kind,
        "parameters": [_parameter(stage, one) for one in stage.parameters],
        "reads": list(stage.reads),
        "readsEnds": stage.reads_ends,
        "removes": stage.removes,
        "isSamplingOnly": stage.is_sampling_only,
        "place": stage.place,
        "says": stage.says,
        "formula": stage.formula,
        "source": stage.source,
        "sweep": stage.sweep,
    }


def _parameter(stage: Stage, parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "label": parameter.label or stage.label,
        "start": parameter.rule.plain(parameter.rule.check(parameter.name, parameter.start)),
        "says": parameter.says or stage.says,
        "slider": parameter.slider and list(astuple(parameter.slider)),
        "hasWords": parameter.resolve is not None and stage.kind != "constraint",
    }


ORDER_SAYS = (
    "the order of the stages: `transformers`, `llama.cpp`, `vllm`, `openai`, or a list of stages; "
    "[engines.md](engines.md) says what differs"
)


def settings_page() -> str:
    """Returns the page of the documentation about settings."""
    rows = "\n".join(_row(stage) for stage in STAGES)
    return f"""# Settings

<!-- This page is made from playground/decoding/stages/ by `make generated`. -->

Names and off values are Hugging Face's where it has the stage, and else llama.cpp's. Unless `order` says otherwise, the
stages run in the order of the table, which is that of transformers. Greedy and beam search use only stages that read
the text so far. The page adds any stage to the chain of a step with **+ stage**.

| setting | off | values | what it does | source |
|---|---|---|---|---|
{rows}

| other setting | default | what it does |
|---|---|---|
| `strategy` | `{Settings().strategy}` | `greedy` takes the most probable token, `sample` draws, `beam` searches |
| `max_new_tokens` | {Settings().max_new_tokens} | the text has at most this many new tokens |
| `stop_strings` | [] | the text ends when it contains one of these |
| `order` | `transformers` | {ORDER_SAYS} |
| `seed` | {Settings().seed} | determines a step's random number together with the step's index |
| `num_beams`, `length_penalty`, `early_stopping` | 1, 1, false | beam search; not used by `greedy` and `sample` |

A model may bring processors of its own in its `generation_config`, for example for suppressed tokens. The playground
applies and records them and names them on the page.
"""


def _row(stage: Stage) -> str:
    """Returns a line of the table for each of the stage's settings."""
    reads = "" if stage.is_sampling_only else "; greedy and beam search use it too"
    first, *others = stage.parameters
    source = stage.source or (f"transformers' `{stage.transformers}`" if stage.transformers else "")
    lines = [f"| `{first.name}` | {_off(first)} | {first.rule.values} | {first.says or stage.says}{reads} | {source} |"]
    lines += [f"| `{one.name}` | {_plain(one, one.start)} | {one.rule.values} | {one.says} | |" for one in others]
    return "\n".join(lines)


def _off(parameter: Parameter) -> str:
    return " and ".join(_plain(parameter, value) for value in parameter.rule.off)


def _plain(parameter: Parameter, value: Any) -> str:
    """Returns a number in its shortest form, and any other value as JSON."""
    plain = parameter.rule.plain(parameter.rule.check(parameter.name, value))
    return f"{plain:g}" if isinstance(plain, int | float) else f"`{json.dumps(plain)}`"


if __name__ == "__main__":
    main()
