"""Expressions as trees of frozen values: what the page evaluates, and what the checker evaluates here.

Knows no measure: who evaluates a tree says what a call gives.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from playground.errors import PlaygroundError

Value: TypeAlias = float | int | str | bool

EXACT = 2**53
"""The largest whole number that JavaScript counts to."""
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Operation:
    """An operator with its operands: + - * / < <= > >= == != and or with two or more, not and neg with one."""

    op: str
    of: tuple["Tree", ...]


@dataclass(frozen=True)
class Call:
    """A call of a measure, or of `before`."""

    name: str
    of: tuple["Tree", ...]


Tree: TypeAlias = Value | Operation | Call
Calls: TypeAlias = Callable[[Call], Value]
"""Gives the value of a call."""


def plain(tree: Tree) -> Any:
    """Returns a tree as plain JSON values: a value, {op, of} or {call, of}."""
    match tree:
        case Operation(op, of):
            return {"op": op, "of": [plain(one) for one in of]}
        case Call(name, of):
            return {"call": name, "of": [plain(one) for one in of]}
    return tree


def evaluate(tree: Tree, calls: Calls) -> Value:
    """Returns the value of a tree whose kinds were checked when it was read.

    Raises:
        PlaygroundError: it divides by zero, a number is too large, or a call has no value.
    """
    match tree:
        case Call():
            return calls(tree)
        case Operation("and", of):
            return all(evaluate(one, calls) for one in of)
        case Operation("or", of):
            return any(evaluate(one, calls) for one in of)
        case Operation(op, of):
            return _applied(op, [evaluate(one, calls) for one in of], tree)
    return tree


def _applied(op: str, values: Sequence[Any], tree: Operation) -> Value:
    if op == "/" and values[1] == 0:
        raise PlaygroundError(f"{written(tree)} divides by zero.")
    value = _OPERATORS[op](*values)
    if isinstance(value, int) and abs(value) > EXACT:
        value = float(value)  # as in JavaScript
    if isinstance(value, float) and not math.isfinite(value):
        raise PlaygroundError(f"{written(tree)} is not a finite number.")
    return value


_OPERATORS: dict[str, Callable[..., Value]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "not": lambda a: not a,
    "neg": lambda a: -a,
}

_BINDS = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7}
"""How strongly an operator binds, as in Python."""


def written(tree: Tree) -> str:
    """Returns a tree as an author would write it."""
    match tree:
        case Call(name, of):
            return f"{name}({', '.join(map(written, of))})"
        case Operation("neg", (one,)):
            return f"-{_within(one, 7)}"
        case Operation("not", (one,)):
            return f"not {_within(one, 3)}"
        case Operation(op, of):
            first, *others = of
            side = _BINDS[op] + (op not in "+-*/")  # only these are read from the left
            return f" {op} ".join([_within(first, side), *(_within(one, _BINDS[op] + 1) for one in others)])
        case str():
            return json.dumps(tree, ensure_ascii=False)
    return str(tree)


def _within(tree: Tree, least: int) -> str:
    """Returns a part of an operation, in parentheses if it binds less than `least`."""
    text = written(tree)
    return f"({text})" if isinstance(tree, Operation) and _BINDS[tree.op] < least else text


def calls_in(tree: Tree) -> list[Call]:
    """Returns every call in a tree, from the left, each before those within it."""
    if not isinstance(tree, Operation | Call):
        return []
    own = [tree] if isinstance(tree, Call) else []
    return own + [call for one in tree.of for call in calls_in(one)]
