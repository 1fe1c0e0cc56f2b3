"""Finds the sentences that the server sends to the page, and the labels of Gradio's controls, in its Python.

The server speaks English. Its sentences become templates, in which an expression of an f-string is a place:
f"top_k is {value!r}." is "top_k is {value}.". The page finds the template of a sentence again and translates it
(`assets/common/server_sentences.js`).
"""

import ast
import re
from collections.abc import Iterator

from playground.languages.text import Text

LABELS = {"label", "info", "placeholder"}
"""Arguments of Gradio's components that a reader sees."""
FACTS = ("label", "short", "says", "formula")
"""What a stage or one of its settings says of itself (`assets/distribution/stages/in_language.js`)."""
SENTENCE = re.compile(r"(?:[A-Z{“'\"]|\w+_\w+ )[^\n]* [^\n]*(?:[.?!]|[.] \{\w+\})")
"""What is a sentence: it begins with a capital, a place or the name of a setting, and ends with its sign
or with a place for a further sentence."""


def texts_of(source: str, file: str, has_sentences: bool = True) -> list[Text]:
    """Returns the sentences and labels of a module. Docstrings, and what only programmers read, are none.

    Args:
        source: the module.
        file: its place, relative to the project's folder.
        has_sentences: whether its sentences come to the page too, and not only its labels.
    """
    tree = ast.parse(source)
    told = _told(tree) if has_sentences else ()
    found = [template for node in told if SENTENCE.fullmatch(template := template_of(node) or "")]
    found += _labels(tree)
    return [Text(one, None, frozenset({file}), is_told=True) for one in dict.fromkeys(found)]


def template_of(node: ast.AST) -> str | None:
    """Returns a literal text with its places by name; None for an expression that is not one."""
    pieces = _pieces(node)
    if pieces is None:
        return None
    names: dict[str, str] = {}
    return "".join(piece if isinstance(piece, str) else f"{{{_name(piece, names)}}}" for piece in pieces)


def _pieces(node: ast.AST) -> list[str | ast.expr] | None:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return [piece.value if isinstance(piece, ast.FormattedValue) else _text(piece) for piece in values]
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            first, second = _pieces(left), _pieces(right)
            if first is None and second is None:
                return None
            return [*(first or [left]), *(second or [right])]
    return None


def _text(piece: ast.expr) -> str:
    assert isinstance(piece, ast.Constant), "the other parts of an f-string are its places"
    return str(piece.value)


def _name(place: ast.expr, names: dict[str, str]) -> str:
    """Returns a place's name: that of its value where it has one, or else a number. An expression has one name."""
    written = ast.unparse(place)
    if written not in names:
        inner = place
        while isinstance(inner, ast.Call) and len(inner.args) == 1:
            inner = inner.args[0]
        wanted = inner.id if isinstance(inner, ast.Name) else inner.attr if isinstance(inner, ast.Attribute) else ""
        wanted = wanted.strip("_")
        names[written] = wanted if wanted and wanted not in names.values() else str(len(names))
    return names[written]


def _told(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields the outermost texts of a module that are no docstrings and are not for programmers."""
    for node in ast.iter_child_nodes(tree):
        is_bare = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_bare or isinstance(node, ast.Assert) or _is_for_programmers(node):
            continue
        if _pieces(node) is None:
            yield from _told(node)
            continue
        yield node
        yield from _within(node)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the texts in the places of a text, such as the two of a condition."""
    for piece in _pieces(node) or ():
        if isinstance(piece, ast.expr):
            yield from _told(ast.Expression(piece))


def _is_for_programmers(node: ast.AST) -> bool:
    """Returns whether a statement raises an error of Python's own, or writes to the log."""
    match node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name))):
            return name in {"ValueError", "TypeError", "KeyError", "AssertionError", "RuntimeError", "SystemExit"}
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logging" | "warnings"))):
            return True
    return False


def _labels(tree: ast.AST) -> Iterator[str]:
    """Yields the labels of Gradio's components and what stages say. A stage's slider has its label with a capital."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Stage"), keywords=keywords):
                given = {keyword.arg: template_of(keyword.value) for keyword in keywords}
                yield from (text for name in FACTS if (text := given.get(name)))
                if "in_sidebar" in given and (name := given["label"]):
                    yield name.capitalize()
            case ast.Call(func=ast.Name(id="Parameter"), keywords=keywords):
                named = [keyword.value for keyword in keywords if keyword.arg in FACTS]
                yield from filter(None, map(template_of, named))
            case ast.Assign(targets=[ast.Name(id="PRESETS")], value=ast.Dict(keys=names)):
                yield from filter(None, (template_of(name) for name in names if name))
            case ast.Call(func=ast.Name(id="_task"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.FunctionDef(name="details", body=[*_, ast.Return(value=ast.JoinedStr() as given)]):
                yield template_of(given) or ""
            case ast.FunctionDef(name="_label"):
                yield from filter(None, map(template_of, ast.walk(node)))
            case ast.Call(func=ast.Name(id="slider"), args=[_, ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="gr"), attr=part), args=args, keywords=keywords):
                if part == "Radio" and isinstance(args[0], ast.List):
                    yield from (choice[0] for choice in ast.literal_eval(args[0]))
                named = [keyword.value for keyword in keywords if keyword.arg in LABELS]
                yield from filter(None, map(template_of, [*named, *(args[:1] if part == "Button" else [])]))
