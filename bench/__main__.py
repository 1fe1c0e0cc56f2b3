"""Runs every measurement on the default model in float32 and prints one table: `python -m bench`.

The figures hold for this machine and this run. What matters are the ratios, which are taken within the run.
"""

import argparse
import os
from collections.abc import Iterator
from itertools import chain

from bench import (
    attack,
    attention,
    attention_page,
    classroom,
    cores,
    engine,
    fleet,
    grid,
    idle,
    layers,
    leaving,
    load,
    memory,
    models,
    opening,
    own_stage,
    page,
    panes,
    prompts,
    restart,
    steps,
    translation,
    weights,
)
from bench.server import chromium, serve
from bench.table import Row, UnmeasurableError, heading

IN_ENGINE = {
    "traced": engine.traced,
    "sessions": engine.sessions,
    "steps": steps.lengths,
    "beside": steps.beside,
    "processors": engine.processors,
    "chains": engine.chains,
    "fork": engine.forks,
    "caches": engine.leaving,
    "first": engine.first_token,
    "memory": engine.trace_bytes,
    "prompts": prompts.prompts,
    "attention": attention.attention,
    "layers": layers.layers,
    "panes": panes.held,
    "grid": grid.grids,
    "beams": grid.searches,
}
"""The sections that are measured in this process."""
ON_PAGE = {
    "start": page.start,
    "opening": opening.opening,
    "memory": memory.held,
    "leaving": leaving.leaving,
    "idle": idle.idle,
    "first": page.first_token,
    "slider": page.sliders,
    "vocabulary": page.large_vocabulary,
    "chains": page.chains,
    "attention": attention_page.attention,
    "panes": panes.on_page,
}
"""The sections that are measured on the page of a server process. They run in this order."""
IN_PROCESSES = {
    "cores": cores.cores,
    "attack": attack.attack,
    "classroom": classroom.classroom,
    "load": load.load,
    "fleet": fleet.fleet,
    "restart": restart.restart,
    "chains": own_stage.own_stages,
    "models": models.models,
    "translation": translation.translations,
    "source": translation.long_sources,
    "weights": weights.weights,
}
"""The sections that start processes of their own, or load models of their own. They run while this process holds no
model."""
SECTIONS = list(dict.fromkeys([*IN_PROCESSES, *IN_ENGINE, *ON_PAGE]))


def main() -> None:
    """Prints each row as soon as it is measured."""
    options = _arguments()
    os.environ["HF_HUB_OFFLINE"] = "1"
    rounds = 1 if options.quick else options.rounds
    print(heading(), flush=True)
    alone = chain.from_iterable(measure(rounds) for name, measure in IN_PROCESSES.items() if name in options.only)
    for row in chain(alone, _engine_rows(options, rounds), _page_rows(options, rounds)):
        print(row.line(), flush=True)


def _engine_rows(options: argparse.Namespace, rounds: int) -> Iterator[Row]:
    wanted = [name for name in IN_ENGINE if name in options.only]
    if not wanted:
        return
    running = engine.start(options.device)
    try:
        for name in wanted:
            yield from IN_ENGINE[name](running, rounds)
    finally:
        running.close()


def _page_rows(options: argparse.Namespace, rounds: int) -> Iterator[Row]:
    wanted = [name for name in ON_PAGE if name in options.only]
    if not wanted:
        return
    try:
        with chromium() as browser, serve(options.device) as server:
            for name in wanted:
                yield from ON_PAGE[name](browser, server, rounds)
    except UnmeasurableError as reason:
        yield Row(f"On the page: {', '.join(wanted)}", f"not measured: {reason}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the playground on this machine.")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 or mps (default: cpu)")
    parser.add_argument("--quick", action="store_true", help="one round of everything")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of everything; of a class and of a lecture, minutes (default: 5)"
    )
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"some of {','.join(SECTIONS)} (default: all)")
    options = parser.parse_args()
    options.only = options.only.split(",")
    for name in options.only:
        if name not in SECTIONS:
            parser.error(f"--only names {name!r}. Choose from {', '.join(SECTIONS)}.")
    return options


if __name__ == "__main__":
    main()
