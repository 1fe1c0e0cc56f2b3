"""Reads the stages of whoever runs the server: each is a Python file whose `STAGE` is a `Stage`.

`docs/your-own-stage.md` builds one. The file's `make` may return a `LogitsProcessor` of transformers, or a function as
those of the playground's own stages. Either gets the scores of one text at a time. Does not know the page.
"""

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import torch
from transformers import LogitsProcessor

from playground.decoding.own_files import FILES
from playground.decoding.stages.stage import Kind, Moment, Parameter, Processor, Stage, Values
from playground.decoding.stages.warper import of_text
from playground.errors import PlaygroundError
from playground.values import shown

NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = set(
    re.findall(
        r"\w+",
        """
        strategy max_new_tokens stop_strings seed num_beams length_penalty early_stopping order
        from_dict to_dict values_of is_on in_force processing chooses_as generate_kwargs is_generates is_theirs
        do_sample raw model v prompt chat step forced earlier fields source_language target_language
        messages echo logprobs top_logprobs max_tokens max_completion_tokens stop stream stream_options user n
        """,
    )
)
"""Names that mean something else: in `Settings`, in `generate`, in answers, in links, or in requests to `/v1`."""
BESIDE = "Define it as docs/your-own-stage.md shows"


def with_own_stages(built_in: tuple[Stage, ...], files: Iterable[Path] = FILES) -> tuple[Stage, ...]:
    """Returns all stages in order: those of files stand where `generate` takes a processor of the caller's.

    That is before the temperature. But a stage that changes all scores or cuts comes last, after those of its kind.

    Raises:
        PlaygroundError: a file is missing, fails, or defines no stage that can be used; the sentence names it.
    """
    own: list[Stage] = []
    for path in files:
        own.append(_checked(path, _run(path), (*built_in, *own)))
    if not own:
        return built_in
    place = next(place for place, stage in enumerate(built_in) if stage.is_sampling_only)
    early = [stage for stage in own if not stage.is_sampling_only]
    late = [stage for stage in own if stage.is_sampling_only]
    return (*built_in[:place], *early, *built_in[place:], *late)


def _run(path: Path) -> ModuleType:
    """Returns the file as a module, which it is run for."""
    if not path.is_file():
        raise PlaygroundError(f"--stage {path}: there is no such file. Give the path of a Python file.")
    name = f"own_stage_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PlaygroundError(f"--stage {path}: this is no Python file. Give the path of a file that ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass of the file looks for its module there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise PlaygroundError(f"--stage {path} {_failure(path, error)}") from error
    return module


def _checked(path: Path, module: ModuleType, others: Sequence[Stage]) -> Stage:
    """Returns the module's stage as the registry has it."""
    stage: Any = getattr(module, "STAGE", None)
    if fault := _fault(stage, others):
        raise PlaygroundError(f"--stage {path}: {fault}")
    return replace(
        stage,
        make=_made_safely(stage, path),
        source=stage.source or path.name,
        transformers="",
        reads_moment=True,
        is_generate=False,
        file=path,
    )


def _fault(stage: Any, others: Sequence[Stage]) -> str:
    """Returns why `STAGE` cannot be used, "" if it can."""
    if stage is None:
        return f"the file has no STAGE. {BESIDE}."
    if not isinstance(stage, Stage):
        return f"STAGE is {shown(stage)} and no Stage. {BESIDE}."
    if stage.kind not in get_args(Kind):
        return f"the kind of STAGE is {shown(stage.kind)}. Choose one of {', '.join(get_args(Kind))}."
    if not stage.parameters or not all(isinstance(one, Parameter) for one in stage.parameters):
        return "the parameters of STAGE must be a tuple of at least one Parameter."
    return _fault_of_names(stage, others) or _fault_of_values(stage)


def _fault_of_names(stage: Stage, others: Sequence[Stage]) -> str:
    for name in (stage.name, *stage.names):
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return f"{shown(name)} cannot be a name. Use small letters, digits and _ only, as in my_top_a."
        if name in RESERVED:
            return f"the name {shown(name)} is taken by another setting. Choose another name."
        other = next((one for one in others if name in (one.name, *one.names, *one.reads)), None)
        if other is not None:
            return f"the name {shown(name)} is taken by the stage {other.label}. Choose another name."
    if len(set(stage.names)) < len(stage.names):
        return "two parameters of STAGE have the same name. Choose another one."
    known = {name for one in others for name in one.names}
    unknown = next((name for name in stage.reads if name not in known), None)
    return f"STAGE reads {shown(unknown)}, which is no stage's setting. Leave it out." if unknown is not None else ""


def _fault_of_values(stage: Stage) -> str:
    if not stage.parameters[0].rule.off:
        return f"the rule of {stage.names[0]} has no value that switches the stage off. Give it one, as in off=(0,)."
    for parameter in stage.parameters:
        if parameter.resolve is not None:
            return f"{parameter.name} resolves words, which a stage of a file cannot. Let it take numbers."
        if parameter.default is None and not parameter.rule.off:
            return f"{parameter.name} has no value to begin with. Give it a default."
        try:
            parameter.rule.check(parameter.name, parameter.start)
        except PlaygroundError as refusal:
            return str(refusal)
    return ""


def _made_safely(stage: Stage, path: Path) -> Callable[[Values], Processor]:
    """Returns a `make` whose processors cannot change their input, and whose faults end in a sentence."""

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            raise PlaygroundError(f"The stage {stage.label} {_failure(path, error)}") from error

    @wraps(stage.make)  # the code of a script is taken from the file's module, which is named here
    def make(values: Values) -> Processor:
        made = run(lambda: stage.make(values))
        apply = of_text(made) if isinstance(made, LogitsProcessor) else made

        def applied(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
            after = run(lambda: apply(moment, scores.clone()))
            return _usable(stage, scores, after)

        return applied

    return make


def _usable(stage: Stage, scores: torch.Tensor, after: Any) -> torch.Tensor:
    """Returns new scores as float32, in which no token is back that was removed before."""
    if not isinstance(after, torch.Tensor) or after.shape != scores.shape:
        told = f"a tensor of shape {tuple(after.shape)}" if isinstance(after, torch.Tensor) else shown(after)
        wanted = f"scores of shape {tuple(scores.shape)}"
        raise PlaygroundError(f"The stage {stage.label} returned {told} in place of {wanted}. Correct its file.")
    after = after.float().masked_fill(scores == -torch.inf, -torch.inf)
    best = float(after.amax())
    if best == -torch.inf:
        raise PlaygroundError(
            f"No token is left after {stage.name}. Choose another value of {stage.setting}, or switch it off."
        )
    if not best < torch.inf:
        raise PlaygroundError(f"The stage {stage.label} returned NaN or plus infinity. Correct its file.")
    return after


def _failure(path: Path, error: Exception) -> str:
    """Returns what went wrong and where, for a sentence that begins with the stage or its file."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    where = path.name if line is None else f"{path.name}, line {line}"
    return f"failed ({where}): {type(error).__name__}{said and f': {said}'}. Correct its file."
