"""Writes the registry of stages as the module that the page has of it, joined with each stage's mathematics.

The playground's own stages are in the file `assets/distribution/stages/all.js`, which `make generated` writes. A server
with stages of its own (`--stage`) writes the module anew when it starts. Knows stages. Does not know how files are
joined.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from playground.decoding.orders import ALONE, ORDERS
from playground.decoding.settings import PRESET_HELPS, PRESETS, RULES, STRATEGIES, Settings
from playground.decoding.stages.stage import Parameter, Stage
from playground.errors import PlaygroundError

FOLDER = "distribution/stages"
REGISTRY = f"{FOLDER}/all.js"
"""The module's place below `assets/`."""
APPLY = re.compile(r"^export (?:function|const) apply\b", re.MULTILINE)
NOT_DRAWN = ("max_new_tokens", "seed")
"""Numbers that do not change the distribution of a step."""


def registry_module(registered: Sequence[Stage]) -> str:
    """Returns the text of the module. A stage without JavaScript is drawn through the server, and imports none."""
    drawn = [stage for stage in registered if not is_served(stage)]
    imports = "\n".join(f'import * as {_alias(stage)} from "./{stage.name}.js";' for stage in drawn)
    rules = {name: rule.facts() for name, rule in RULES.items() if name not in NOT_DRAWN}
    stages = "\n".join(f"  {_entry(stage)}," for stage in registered)
    presets = "\n".join(f"  {json.dumps(_preset(name), ensure_ascii=False)}," for name in PRESETS)
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
 * @property {{boolean}} inSidebar  whether the sidebar has a control for the first of its settings
 * @property {{boolean}} isOfBlanks  whether it says something about a blank of a text
 * @property {{string}} says  what it does, in one sentence without a subject
 * @property {{string}} formula  the same in one line of mathematics
 * @property {{string}} source  the paper or program that defines it
 * @property {{number[] | null}} sweep  the first range of a sweep over the setting, null if the page offers no sweep
 * @property {{any}} apply  the stage's mathematics: a `Penalty`, a `Reshape` or a `Cut`
 * @property {{boolean}} [isServed]  there is no `apply`, because only the server can compute the stage
 * @property {{(values: Record<string, any>) => boolean}} [isOn]  where not the first setting alone says it
 * @property {{import("../cuts.js").ValueAt}} [valueAt]  the setting's value for a place on the curve, for cuts that can
 *   be dragged there
 */

{imports}
import {{ told }} from "./in_language.js";

export const STRATEGIES = {json.dumps(STRATEGIES)};

/** The rule of each setting, except `max_new_tokens` and `seed`. @type {{Record<string, Rule>}} */
export const RULES = {{
{chr(10).join(f"  {name}: {json.dumps(rule)}," for name, rule in rules.items())}
}};

/** All stages, in the order in which `generate` applies them. @type {{Stage[]}} */
export const STAGES = [
{stages}
].map(told);

/**
 * The sidebar's presets: what each sets that is not at its start.
 * @type {{{{name: string, says: string, settings: Record<string, any>}}[]}}
 */
export const PRESETS = [
{presets}
];

/** The order of all stages in each engine. @type {{Record<string, string[]>}} */
export const ORDERS = {{
{chr(10).join(f"  {json.dumps(name)}: {json.dumps(names)}," for name, names in ORDERS.items())}
}};

/** Stages beside which an engine runs only these others. @type {{Record<string, Record<string, string[]>>}} */
export const ALONE = {json.dumps(ALONE)};
"""


def is_served(stage: Stage) -> bool:
    """Returns whether the stage has no JavaScript, so that the page asks the server what it does."""
    return stage.file is not None and not stage.file.with_suffix(".js").is_file()


def own_modules(registered: Sequence[Stage]) -> dict[str, str]:
    """Returns the modules that this server has in place of files or beside them, by their place below `assets/`.

    Raises:
        PlaygroundError: the JavaScript of a stage does not export its mathematics.
    """
    own = [stage for stage in registered if stage.file is not None]
    modules = {REGISTRY: registry_module(registered)} if own else {}
    for stage in own:
        if stage.file is None or is_served(stage):
            continue
        path = stage.file.with_suffix(".js")
        modules[f"{FOLDER}/{stage.name}.js"] = path.read_text("utf-8")
        if not APPLY.search(modules[f"{FOLDER}/{stage.name}.js"]):
            raise PlaygroundError(f"{path} exports no function `apply`. Write it as docs/your-own-stage.md shows.")
    return modules


def _preset(name: str) -> dict[str, Any]:
    start, told = Settings().to_dict(), PRESETS[name].to_dict()
    said = {one: told[one] for one in told if one in RULES and one not in NOT_DRAWN and told[one] != start[one]}
    return {"name": name, "says": PRESET_HELPS[name], "settings": {"strategy": told["strategy"], **said}}


def _alias(stage: Stage) -> str:
    """Returns a name for the stage's module. That of an own stage could be a word of JavaScript."""
    return stage.name if stage.file is None else f"own_{stage.name}"


def _entry(stage: Stage) -> str:
    if is_served(stage):
        return json.dumps(_facts(stage) | {"isServed": True})
    return f"{{ ...{json.dumps(_facts(stage))}, ...{_alias(stage)} }}"


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
        "inSidebar": stage.in_sidebar,
        "isOfBlanks": stage.is_of_blanks,
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
