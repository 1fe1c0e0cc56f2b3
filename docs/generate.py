"""Writes the files that follow from tables: `docs/settings.md`, the registry of stages in JavaScript, `docs/models.md`,
and the tables of measures and of views' fields in `docs/write-a-lesson.md`.

Run it with `make generated` after a change in `playground/decoding/stages/`, `playground/lessons/measures.py`,
`playground/lessons/views/` or `docs/models.py`. A test fails while a file is not up to date.
"""

import json
from pathlib import Path
from typing import Any

from docs import models
from playground.decoding.settings import STRATEGIES, Settings
from playground.decoding.stages import STAGES
from playground.decoding.stages.stage import Example, Parameter, Stage
from playground.lessons.measures import MEASURES
from playground.lessons.views.table import ALL
from playground.lessons.views.view import Measure
from playground.sharing.registry import REGISTRY, registry_module

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Writes every file whose text has changed."""
    for path, text in files().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)} is written.")


def files() -> dict[Path, str]:
    """Returns the generated files with their texts."""
    return {
        ROOT / "assets" / REGISTRY: registry_module(STAGES),
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "docs" / "models.md": models.page(),
        LESSONS: with_measures(LESSONS.read_text("utf-8")),
    }


LESSONS = ROOT / "docs" / "write-a-lesson.md"
MEASURES_MARK = "<!-- The table is made from playground/lessons/measures.py by `make generated`. -->"
WRITTEN_AS = {
    "percent": "a share, in percent",
    "bits": "bits",
    "count": "a whole number",
    "number": "a number",
    "text": "a text, in quotes",
}


def with_measures(page: str) -> str:
    """Returns the page about lessons with the table of measures between its mark and the next heading."""
    before, mark, after = page.partition(MEASURES_MARK)
    _, heading, rest = after.partition("\n\n## ")
    rows = "\n".join(map(_measure_row, MEASURES))
    table = f"| measure | is | is written as | on pages that show |\n|---|---|---|---|\n{rows}"
    return with_fields(f"{before}{mark}\n\n{table}{heading}{rest}")


FIELDS_MARK = "<!-- The table is made from playground/lessons/views/ by `make generated`. -->"


def with_fields(page: str) -> str:
    """Returns the page about lessons with the table of the views' own fields between its mark and the next block."""
    before, mark, after = page.partition(FIELDS_MARK)
    _, block, rest = after.partition("\n\n**`predict`**")
    views: dict[tuple[str, str], list[str]] = {}
    for view in ALL:
        for field in view.fields:
            views.setdefault((field.name, field.says), []).append(f"`{view.id}`")
    rows = "\n".join(f"| `{name}` | {says} | {', '.join(ids)} |" for (name, says), ids in views.items())
    return f"{before}{mark}\n\n| name | value; and if it is left out | views |\n|---|---|---|\n{rows}{block}{rest}"


def _measure_row(measure: Measure) -> str:
    return f"| `{measure.written}` | {measure.says} | {WRITTEN_AS[measure.unit]} | {measure.view or 'any view'} |"


ORDER_SAYS = (
    "the order of the stages: `transformers`, `llama.cpp`, `vllm`, `openai`, or a list of stages; "
    "[engines.md](engines.md) says what differs"
)


def settings_page() -> str:
    """Returns the page of the documentation about settings."""
    rows = "\n".join(_row(stage) for stage in STAGES)
    examples = "\n".join(_example_row(stage.label, stage.example) for stage in STAGES if stage.example)
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

## An example of each stage

What is not named is off. The numbers are those of the default model. *Try it* in a stage's explanation (**?** on its
card) writes the text on the page.

| stage | prompt | settings | what to look at |
|---|---|---|---|
{examples}
"""


def _row(stage: Stage) -> str:
    """Returns a line of the table for each of the stage's settings."""
    reads = "" if stage.is_sampling_only else "; greedy and beam search use it too"
    first, *others = stage.parameters
    source = stage.source or (f"transformers' `{stage.transformers}`" if stage.transformers else "")
    lines = [f"| `{first.name}` | {_off(first)} | {first.rule.values} | {first.says or stage.says}{reads} | {source} |"]
    lines += [f"| `{one.name}` | {_plain(one, one.start)} | {one.rule.values} | {one.says} | |" for one in others]
    return "\n".join(lines)


def _example_row(label: str, example: Example) -> str:
    settings = ", ".join(f"`{name}` {_written(value)}" for name, value in example.settings.items())
    return f"| {label} | {example.prompt} | {settings} | {example.says} |"


def _written(value: Any) -> str:
    """Returns a number or a word as it is, and any other value as JSON."""
    is_plain = isinstance(value, int | float) or value in STRATEGIES
    return str(value) if is_plain else f"`{json.dumps(value)}`"


def _off(parameter: Parameter) -> str:
    return " and ".join(_plain(parameter, value) for value in parameter.rule.off)


def _plain(parameter: Parameter, value: Any) -> str:
    """Returns a number in its shortest form, and any other value as JSON."""
    plain = parameter.rule.plain(parameter.rule.check(parameter.name, value))
    return f"{plain:g}" if isinstance(plain, int | float) else f"`{json.dumps(plain)}`"


if __name__ == "__main__":
    main()
