"""Reads a chat template: which switches of its own it has, and the text that it makes of a conversation.

A template is a Jinja program that comes with the model. Its switches are the variables that it reads and that
transformers does not set, such as `enable_thinking`. Knows transformers' templates. Does not know tokens or pages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from itertools import pairwise
from typing import Any, Literal

import jinja2
from jinja2 import meta, nodes
from transformers import PreTrainedTokenizerBase
from transformers.utils.chat_template_utils import _compile_jinja_template

from playground.errors import PlaygroundError
from playground.values import shown

LISTS_OF_TRANSFORMERS = ("tools", "documents")
"""The switches that `apply_chat_template` takes as lists of objects."""
SET_BY_TRANSFORMERS = frozenset(
    {"messages", *PreTrainedTokenizerBase.SPECIAL_TOKENS_ATTRIBUTES}
    | signature(PreTrainedTokenizerBase.apply_chat_template).parameters.keys()
) - {*LISTS_OF_TRANSFORMERS}
"""The variables that `apply_chat_template` sets itself, and its other parameters, with which no value can be given."""

CALLS = "tool_calls"

FAILURES = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What a template raises if it cannot write a conversation: by intent, or because a value is not what it expects."""

Kind = Literal["truth", "number", "text", "json"]


@dataclass(frozen=True)
class Switch:
    """A variable of a template that a person may set.

    Attributes:
        name: the variable.
        kind: what the template does with it. "truth" is only asked whether it is true, "number" is compared with
            numbers, "json" is a list or an object, and "text" is anything else.
        choices: the texts with which the template compares it; it may take others.
    """

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()


def switches(hf: PreTrainedTokenizerBase) -> tuple[Switch, ...]:
    """Returns the switches of a tokenizer's template in the order in which it reads them; none if it has no template.

    A template that Jinja cannot read has none. `render` says what is wrong with it.
    """
    found: dict[str, Switch] = {}
    for source in _sources(hf):
        for switch in _switches(source):
            found.setdefault(switch.name, switch)
    return tuple(switch for switch in found.values() if switch.name not in hf.special_tokens_map)


def reads_tool_calls(hf: PreTrainedTokenizerBase) -> bool:
    """Returns whether a tokenizer's template reads the `tool_calls` of a message."""
    return any(CALLS in _names(source) for source in _sources(hf))


def render(hf: PreTrainedTokenizerBase, name: str, turns: list[dict[str, Any]], options: Mapping[str, Any]) -> str:
    """Returns the text of a conversation, up to where the model's answer begins.

    Args:
        hf: a tokenizer that has a template.
        name: the model's name, for the error sentences.
        turns: the messages in the form of transformers.
        options: values of the template's switches.

    Raises:
        PlaygroundError: the template does not know an option, it cannot write this conversation, or it leaves out a
            call of a tool or what a tool answered.
    """
    _refuse_unknown(hf, name, options)
    _refuse_calls(hf, name, turns)
    try:
        text = _rendered(hf, turns, options)
    except FAILURES as failure:
        said = str(failure).strip().rstrip(".") or type(failure).__name__
        remedy = _remedy(hf, turns, options)
        raise PlaygroundError(f"The chat template of {name} refuses this conversation: {said}. {remedy}", 422) from None
    _refuse_left_out(hf, name, turns, options, text)
    return text


def _rendered(hf: PreTrainedTokenizerBase, turns: list[dict[str, Any]], options: Mapping[str, Any]) -> str:
    text = hf.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **options)
    assert isinstance(text, str), "one conversation that is not tokenised is one text"
    return text


def _refuse_unknown(hf: PreTrainedTokenizerBase, name: str, options: Mapping[str, Any]) -> None:
    known = {switch.name: switch for switch in switches(hf)}
    for option, value in options.items():
        if option not in known:
            others = f"It knows {', '.join(known)}." if known else "It has no switches: give no template_options."
            raise PlaygroundError(f"The chat template of {name} does not know {shown(option)}. {others}", 422)
        if option in LISTS_OF_TRANSFORMERS and not _is_list_of_objects(value):
            raise PlaygroundError(f'{option} must be a list of objects. Write it as JSON, such as [{{"name": "…"}}].')


def _refuse_calls(hf: PreTrainedTokenizerBase, name: str, turns: list[dict[str, Any]]) -> None:
    if any(turn.get(CALLS) for turn in turns) and not reads_tool_calls(hf):
        raise PlaygroundError(
            f"The chat template of {name} does not read tool_calls. Write the call into the content of the turn.", 422
        )


def _refuse_left_out(
    hf: PreTrainedTokenizerBase, name: str, turns: list[dict[str, Any]], options: Mapping[str, Any], text: str
) -> None:
    """Refuses a text that is the same without the calls or the answers of tools. Some templates write them nowhere."""
    without_calls = [{key: value for key, value in turn.items() if key != CALLS} for turn in turns]
    without_answers = [turn for turn in turns if turn["role"] != "tool"]
    for others, what in ((without_calls, "the tool_calls"), (without_answers, "the turns of the tool")):
        if others and others != turns and _written(hf, others, options) == text:
            raise PlaygroundError(
                f"The chat template of {name} leaves out {what} of this conversation. Write them into the content of "
                "the user's or the assistant's turns.",
                422,
            )


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _remedy(hf: PreTrainedTokenizerBase, turns: list[dict[str, Any]], options: Mapping[str, Any]) -> str:
    """Returns what to do about a conversation that the template refuses, found by trying what it would take."""
    without_system = [turn for turn in turns if turn["role"] not in ("system", "developer")]
    if 0 < len(without_system) < len(turns) and _takes(hf, without_system, options):
        return "Leave the system text empty, and write it at the beginning of the first user's turn."
    if options and _takes(hf, turns, {}):
        return f"Change or clear {', '.join(options)}."
    for one, other in pairwise(turns):
        if one["role"] == other["role"]:
            texts = f"{shown(one.get('content'))} and {shown(other.get('content'))}"
            return f"Two turns of the {one['role']} follow each other: {texts}. Join them, or remove one."
    return "Change the roles of the turns, or remove a turn."


def _takes(hf: PreTrainedTokenizerBase, turns: list[dict[str, Any]], options: Mapping[str, Any]) -> bool:
    return _written(hf, turns, options) is not None


def _written(hf: PreTrainedTokenizerBase, turns: list[dict[str, Any]], options: Mapping[str, Any]) -> str | None:
    """Returns the text of a conversation, None if the template refuses it."""
    try:
        return _rendered(hf, turns, options)
    except FAILURES:
        return None


def _sources(hf: PreTrainedTokenizerBase) -> list[str]:
    known = hf.chat_template
    return list(known.values()) if isinstance(known, dict) else [known] if known else []


@lru_cache
def _names(source: str) -> frozenset[object]:
    """Returns the names of all parts of objects that a template reads, and all values that it writes out."""
    try:
        tree = _compile_jinja_template(source).environment.parse(source)
    except jinja2.TemplateSyntaxError:
        return frozenset()
    parts = {node.attr for node in tree.find_all(nodes.Getattr)}
    return frozenset(parts | {node.value for node in tree.find_all(nodes.Const)})


@lru_cache
def _switches(source: str) -> tuple[Switch, ...]:
    try:
        environment = _compile_jinja_template(source).environment
        tree = environment.parse(source)
    except jinja2.TemplateSyntaxError:
        return ()
    free = meta.find_undeclared_variables(tree) - SET_BY_TRANSFORMERS
    seen: dict[str, bool] = {}  # whether its first use is a read
    for name in _in_order(tree):
        seen.setdefault(name.name, name.ctx == "load")
    own = [name for name, is_read in seen.items() if name in free and (is_read or name in LISTS_OF_TRANSFORMERS)]
    return tuple(_switch(tree, name) for name in own)


def _in_order(node: nodes.Node) -> Iterator[nodes.Name]:
    """Yields the names in the order in which the template uses them: a value before the name that it is given."""
    if isinstance(node, nodes.Name):
        yield node
    children = list(node.iter_child_nodes())
    if isinstance(node, nodes.Assign | nodes.AssignBlock | nodes.For):
        targets = [child for child in children if child is node.target]
        children = [child for child in children if child is not node.target]
        if isinstance(node, nodes.For):
            children = [node.iter, *targets, *(child for child in children if child is not node.iter)]
        else:
            children += targets
    for child in children:
        yield from _in_order(child)


def _switch(tree: nodes.Template, name: str) -> Switch:
    def is_it(node: nodes.Node | None) -> bool:
        return isinstance(node, nodes.Name) and node.name == name

    if name in LISTS_OF_TRANSFORMERS or any(is_it(loop.iter) for loop in tree.find_all(nodes.For)):
        return Switch(name, "json")
    copies = [assign.target for assign in tree.find_all(nodes.Assign) if is_it(assign.node)]
    if any(isinstance(target, nodes.Name) and target.name in LISTS_OF_TRANSFORMERS for target in copies):
        return Switch(name, "json")
    compared: list[object] = []
    for comparison in tree.find_all(nodes.Compare):
        operands = [comparison.expr, *(operand.expr for operand in comparison.ops)]
        if any(operand.op in ("in", "notin") and is_it(operand.expr) for operand in comparison.ops):
            return Switch(name, "json")
        if any(is_it(operand) for operand in operands):
            compared += [value for operand in operands for value in _constants(operand)]
    texts = tuple(dict.fromkeys(value for value in compared if isinstance(value, str)))
    if any(isinstance(value, int | float) and not isinstance(value, bool) for value in compared):
        return Switch(name, "number")
    if not texts and (any(isinstance(value, bool) for value in compared) or _is_asked(tree, is_it)):
        return Switch(name, "truth")
    return Switch(name, "text", texts)


def _constants(node: nodes.Node) -> list[object]:
    """Returns the values that a template writes out, those of a list one by one."""
    try:
        value = node.as_const() if isinstance(node, nodes.Expr) else None
    except nodes.Impossible:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _is_asked(tree: nodes.Template, is_it: Any) -> bool:
    """Returns whether the template only asks whether the variable is true, and never writes it."""
    if any(is_it(part) for output in tree.find_all(nodes.Output) for part in output.nodes):
        return False
    if any(is_it(part) for sum_ in tree.find_all(nodes.Concat) for part in sum_.nodes):
        return False
    if any(is_it(sum_.left) or is_it(sum_.right) for sum_ in tree.find_all(nodes.Add)):
        return False
    if any(is_it(filter_.node) for filter_ in tree.find_all(nodes.Filter) if filter_.name not in ("default", "d")):
        return False
    asked = [test.node for test in tree.find_all(nodes.Test) if test.name in ("true", "false", "boolean")]
    asked += [choice.test for choice in tree.find_all(nodes.If)]
    asked += [choice.test for choice in tree.find_all(nodes.CondExpr)]
    asked += [negation.node for negation in tree.find_all(nodes.Not)]
    asked += [side for pair in tree.find_all((nodes.And, nodes.Or)) for side in (pair.left, pair.right)]
    asked += [filter_.node for filter_ in tree.find_all(nodes.Filter)]
    return any(is_it(node) for node in asked)
