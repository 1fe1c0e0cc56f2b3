"""Writes the code of stages that `transformers` does not have, so that a script runs without the playground.

It takes the source of a stage's processor, and of all that this source names in the playground, as text. Imports of
other packages stay imports. Knows Python's syntax. Does not know what a stage does.
"""

import ast
import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from playground.decoding.stages.stage import Stage
from playground.errors import PlaygroundError

OURS = "playground."


@dataclass
class StageCode:
    """The code that makes some stages: the imports, the definitions, and an expression for each stage's `make`."""

    imports: set[str] = field(default_factory=set)
    definitions: dict[tuple[str, str], str] = field(default_factory=dict)
    makes: dict[str, str] = field(default_factory=dict)

    def add(self, stage: Stage) -> None:
        """Adds a stage, with all that it needs."""
        module = stage.make.__module__
        make = _make_of(module, stage.name)
        self.makes[stage.name] = ast.unparse(make)
        self._take(module, _names(make))

    def add_name(self, module: str, name: str) -> None:
        """Adds a definition of the playground, with all that it needs."""
        self._take(module, {name})

    @property
    def text(self) -> str:
        """The imports and the definitions, each after those that it needs."""
        return "\n".join([*sorted(self.imports), *(f"\n\n{one}" for one in self.definitions.values())])

    def _take(self, module: str, names: Iterable[str]) -> None:
        known = _scope(module)
        for name in sorted(names):
            origin = known.get(name)
            if isinstance(origin, _Import):
                if origin.module.startswith(OURS):
                    self._take(origin.module, {origin.name})
                else:
                    self.imports.add(origin.text)
            elif isinstance(origin, ast.stmt) and (module, name) not in self.definitions:
                self.definitions[module, name] = ""  # it may name itself
                self._take(module, _names(origin) - {name})
                del self.definitions[module, name]  # what it needs comes first
                self.definitions[module, name] = _source(module, origin)


@dataclass(frozen=True)
class _Import:
    module: str
    name: str
    text: str


@cache
def _scope(module: str) -> dict[str, "ast.stmt | _Import"]:
    """Returns what the names of a module stand for: a statement that defines the name, or an import."""
    found: dict[str, ast.stmt | _Import] = {}
    for statement in _tree(module).body:
        match statement:
            case ast.ImportFrom(module=str(origin), names=names):
                for one in names:
                    as_name = f" as {one.asname}" if one.asname else ""
                    text = f"from {origin} import {one.name}{as_name}"
                    found[one.asname or one.name] = _Import(origin, one.name, text)
            case ast.Import(names=names):
                for one in names:
                    as_name = f" as {one.asname}" if one.asname else ""
                    text = f"import {one.name}{as_name}"
                    found[one.asname or one.name.split(".")[0]] = _Import(one.name, one.name, text)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = statement
            case ast.Assign(targets=targets):
                for target in targets:
                    for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                        if isinstance(one, ast.Name):
                            found[one.id] = statement
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = statement
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_text(module))


@cache
def _text(module: str) -> str:
    file = importlib.import_module(module).__file__
    assert file is not None, "a module of the playground is a file"
    return Path(file).read_text(encoding="utf-8")


def _source(module: str, statement: ast.stmt) -> str:
    """Returns the text of a statement as it stands in the file, with its decorators."""
    first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
    return "\n".join(_text(module).splitlines()[first - 1 : statement.end_lineno])


def _make_of(module: str, name: str) -> ast.expr:
    """Returns the expression of `make` in the entry of a stage."""
    for call in ast.walk(_tree(module)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Stage":
            values = {keyword.arg: keyword.value for keyword in call.keywords}
            told = values.get("name")
            if isinstance(told, ast.Constant) and told.value == name and "make" in values:
                return values["make"]
    raise PlaygroundError(
        f"The code of the stage {name} cannot be copied, because its file has no Stage(name={name!r}, make=...). "
        "Write the file as docs/your-own-stage.md shows."
    )


def _names(node: ast.AST) -> set[str]:
    """Returns the names that the code reads. Annotations are among them, because they are evaluated."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
