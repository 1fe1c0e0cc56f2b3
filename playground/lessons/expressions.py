"""Reads an expression of a lesson: a small subset of Python's, parsed with `ast` and never evaluated by Python.

Every node, name, number of arguments and kind is checked, and sizes are bounded. Knows measures by their table.
"""

import ast
import warnings
from dataclasses import dataclass

from playground.errors import PlaygroundError
from playground.lessons.measures import BEFORE, BY_NAME, setting_kind
from playground.lessons.trees import Call, Operation, Tree, calls_in
from playground.lessons.views.view import Kind, Unit
from playground.values import shown, text

MOST_CHARACTERS, MOST_NODES, MOST_DEPTH = 500, 100, 20
LONGEST_TEXT = 200
MOST_NUMBER = 1e15
"""The largest number that an expression may hold: every whole number below it is the same in JavaScript."""

ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
ALLOWED = "Use numbers, texts in quotes, True, False, + - * /, comparisons, and, or, not, and measures"
NAMED: dict[Kind, str] = {"number": "a number", "text": "a text", "truth": "true or false"}


@dataclass(frozen=True)
class Expression:
    """An expression that was read.

    Attributes:
        tree: what it computes.
        kind: what it gives.
        unit: how the page writes its value; "text" also for true and false, which the page does not write.
        line: of the file, where it stands.
    """

    tree: Tree
    kind: Kind
    unit: Unit
    line: int

    @property
    def calls(self) -> list[Call]:
        """Every call in it."""
        return calls_in(self.tree)


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: the view of its page, and whether it is in a reveal, where `before` has a meaning."""

    view: str
    in_reveal: bool = False


def read(source: str, scope: Scope, line: int = 1) -> Expression:
    """Returns the expression of a text.

    Args:
        source: the text.
        scope: where it stands.
        line: where it stands in its file.

    Raises:
        PlaygroundError: it is not an expression of the subset, a measure or a kind is wrong, or it is too large.
    """
    source = source.strip()
    if len(source) > MOST_CHARACTERS:
        raise PlaygroundError(f"An expression has {len(source):,} characters. Write at most {MOST_CHARACTERS}.")
    if not source:
        raise PlaygroundError("An expression is empty. Write one such as entropy() < 1.")
    whole = f"({source}\n)"  # in parentheses, it may have line breaks and a comment
    tree, kind = _Reader(whole, scope).read(_parsed(whole, source), 1)
    return Expression(tree, kind, _unit(tree, kind), line)


def _parsed(whole: str, source: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of what is refused here anyway
            return ast.parse(whole, mode="eval").body
    except SyntaxError as error:
        raise PlaygroundError(f"{shown(source)} is not an expression: {_reason(error)}. {ALLOWED}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise PlaygroundError(f"{shown(source)} is not an expression. {ALLOWED}.") from None


def _reason(error: SyntaxError) -> str:
    if "=" in (error.text or "") and "==" in error.msg:
        return "write == for 'is equal to'"
    return error.msg.split(". ")[0].rstrip(".?")


def _unit(tree: Tree, kind: Kind) -> Unit:
    """Returns the unit of a bare measure, of `before` of one, and of sums and differences of values of one unit."""
    match tree:
        case Call("before", (one,)):
            return _unit(one, kind)
        case Call("setting"):
            return "number" if kind == "number" else "text"
        case Call(name):
            return BY_NAME[name].unit
        case Operation("+" | "-", (one, other)) if _unit(one, kind) == _unit(other, kind):
            return _unit(one, kind)
        case Operation("neg", (one,)):
            return _unit(one, kind)
    return "number" if kind == "number" else "text"


class _Reader:
    """Reads one expression. It counts the nodes and knows whether it is within a `before`."""

    def __init__(self, source: str, scope: Scope) -> None:
        self._source = source
        self._scope = scope
        self._nodes = 0
        self._is_before = False

    def read(self, node: ast.expr, depth: int) -> tuple[Tree, Kind]:
        """Returns the tree of a node, and what it gives."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise PlaygroundError(f"An expression has more than {MOST_NODES} parts. Write a shorter one.")
        if depth > MOST_DEPTH:
            raise PlaygroundError(f"An expression is nested more than {MOST_DEPTH} deep. Write a simpler one.")
        match node:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.Call():
                return self._call(node, depth)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                sides = tuple(self._of_kind(one, "number", depth) for one in (left, right))
                return Operation(ARITHMETIC[type(op)], sides), "number"
            case ast.BoolOp(op=op, values=values):
                name = "and" if isinstance(op, ast.And) else "or"
                return Operation(name, tuple(self._of_kind(one, "truth", depth) for one in values)), "truth"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Operation("not", (self._of_kind(operand, "truth", depth),)), "truth"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Operation("neg", (self._of_kind(operand, "number", depth),)), "number"
            case ast.Name(id=name) if name in BY_NAME or name == BEFORE:
                raise PlaygroundError(f"{name} is a measure. Write it with parentheses: {name}({_example(name)}).")
            case ast.Name(id=name):
                raise PlaygroundError(f"{shown(name)} is not known. Write a text in quotes. {ALLOWED}.")
        raise PlaygroundError(f"{self._told(node)} may not stand in an expression. {ALLOWED}.")

    def _told(self, node: ast.expr) -> str:
        """Returns a node as it is written, for a sentence."""
        return shown(ast.get_source_segment(self._source, node))

    def _of_kind(self, node: ast.expr, wanted: Kind, depth: int) -> Tree:
        tree, kind = self.read(node, depth + 1)
        if kind != wanted:
            raise PlaygroundError(f"{self._told(node)} gives {NAMED[kind]}, where {NAMED[wanted]} belongs.")
        return tree

    def _call(self, node: ast.Call, depth: int) -> tuple[Tree, Kind]:
        if not isinstance(node.func, ast.Name):
            raise PlaygroundError(f"{self._told(node)} may not stand in an expression. {ALLOWED}.")
        name = node.func.id
        if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            raise PlaygroundError(f"{name}() takes its values without names. Write {name}({_example(name)}).")
        if name == BEFORE:
            return self._before(node, depth)
        measure = BY_NAME.get(name)
        if measure is None:
            raise PlaygroundError(f"{shown(name)} is not a measure. The measures are {', '.join(BY_NAME)}.")
        if len(node.args) != len(measure.takes):
            takes = ("nothing", "one value", "two values")[len(measure.takes)]
            raise PlaygroundError(f"{name}() takes {takes}, and {len(node.args)} are given. Write {measure.written}.")
        if measure.view not in (None, self._scope.view):
            raise PlaygroundError(
                f"{name}() is a measure of the view {measure.view}, and this page shows {self._scope.view}. "
                "Leave it out, or change the page's view."
            )
        if name == "setting":
            return self._setting(node.args[0])
        values = zip(node.args, measure.takes, strict=True)
        return Call(name, tuple(self._of_kind(one, kind, depth) for one, kind in values)), measure.gives

    def _before(self, node: ast.Call, depth: int) -> tuple[Tree, Kind]:
        if not self._scope.in_reveal:
            raise PlaygroundError("before() has a meaning in a reveal only, where something was set. Leave it out.")
        if self._is_before:
            raise PlaygroundError("before() stands within another before(). Leave one of them out.")
        if len(node.args) != 1:
            raise PlaygroundError(f"before() takes one value, and {len(node.args)} are given. Write before(entropy()).")
        self._is_before = True
        tree, kind = self.read(node.args[0], depth + 1)
        self._is_before = False
        return Call(BEFORE, (tree,)), kind

    def _setting(self, node: ast.expr) -> tuple[Tree, Kind]:
        self._nodes += 1
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            raise PlaygroundError(f"setting() takes a name in quotes. Write {BY_NAME['setting'].written}.")
        return Call("setting", (node.value,)), setting_kind(node.value)

    def _comparison(self, node: ast.Compare, depth: int) -> tuple[Tree, Kind]:
        """Returns a comparison; one with several operators becomes the `and` of its pairs."""
        sides = [node.left, *node.comparators]
        read = [self.read(side, depth + 1) for side in sides]
        pairs: list[Tree] = []
        for place, op in enumerate(node.ops):
            (left, kind), (right, other) = read[place : place + 2]
            name = COMPARED.get(type(op))
            if name is None:
                raise PlaygroundError(f"{self._told(node)} may not stand in an expression. {ALLOWED}.")
            if kind != other:
                raise PlaygroundError(
                    f"{self._told(sides[place])} gives {NAMED[kind]} and {self._told(sides[place + 1])} "
                    f"gives {NAMED[other]}, so they cannot be compared."
                )
            if kind != "number" and name not in ("==", "!="):
                raise PlaygroundError(f"{name} compares numbers, and {self._told(sides[place])} is none.")
            pairs.append(Operation(name, (left, right)))
        return (pairs[0] if len(pairs) == 1 else Operation("and", tuple(pairs))), "truth"


def _constant(value: object) -> tuple[Tree, Kind]:
    if isinstance(value, bool):
        return value, "truth"
    if isinstance(value, str):
        return text("A text in an expression", value, LONGEST_TEXT), "text"
    if isinstance(value, int | float):
        if not abs(value) <= MOST_NUMBER:  # NaN is not either
            raise PlaygroundError(f"An expression holds the number {shown(value)}. Write one below {MOST_NUMBER:.0e}.")
        return value, "number"
    raise PlaygroundError(f"{shown(value)} may not stand in an expression. {ALLOWED}.")


def _example(name: str) -> str:
    """Returns what stands in the parentheses of a call, as an author may write it."""
    if name not in BY_NAME:
        return "entropy()" if name == BEFORE else ""
    return BY_NAME[name].example if BY_NAME[name].takes else ""
