"""Turns the Markdown of a lesson into HTML that is safe to insert, with a place for each `{expression}`.

Raw HTML is shown as text and images are off. Links lead to http and https only, and open beside the page. Knows
expressions and faults.
"""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from playground.errors import PlaygroundError
from playground.lessons import expressions
from playground.lessons.expressions import Expression, Scope, read
from playground.lessons.faults import Faults
from playground.lessons.layout import BLOCKS
from playground.lessons.lesson import Prose
from playground.values import shown

MOST_CHARACTERS = 20_000
"""The most characters of one text."""
HIGHEST = 3
"""A page's title is a heading of level 2, and those within it are below it."""
LONGEST_VALUE = 2 * expressions.MOST_CHARACTERS
"""How far the end of a value is looked for. A longer one is refused anyway."""
CODE = ("", "text", "python")
"""The words that may stand behind the ``` of text that is shown as it is."""
WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
"""How the address of a link begins."""
VALUE = re.compile(r"""\{((?:[^{}"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*)\}""", re.DOTALL)


def _expression(state: StateInline, silent: bool) -> bool:
    """Reads `{expression}` as one token, before emphasis looks at its stars. An open `{` is a token without content."""
    if state.src[state.pos] != "{":
        return False
    found = VALUE.match(state.src, state.pos, state.pos + LONGEST_VALUE)
    if not silent:
        token = state.push("expression", "output", 0)
        token.content = found[1] if found else ""
        token.meta = {"line": state.src.count("\n", 0, state.pos), "is_open": found is None}
    state.pos = found.end() if found else state.pos + 1
    return True


def _render_expression(_: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    return f'<output data-value="{tokens[place].meta["place"]}"></output>'


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_inline", "html_block"])
    markdown.inline.ruler.after("escape", "expression", _expression)
    markdown.add_render_rule("expression", _render_expression)
    markdown.validateLink = lambda url: True  # a link that leads elsewhere is refused below, with its sentence
    return markdown


MARKDOWN = _markdown()


def prose(text: str, line: int, scope: Scope, faults: Faults) -> Prose:
    """Returns the HTML of a text and its expressions.

    Args:
        text: Markdown.
        line: where it begins in its file.
        scope: where its expressions stand.
        faults: where a link, a block or an expression that cannot be used is noted, with its line.
    """
    if len(text) > MOST_CHARACTERS:
        faults.add(line, f"A text has {len(text):,} characters. Write at most {MOST_CHARACTERS:,}.")
        return Prose("")
    tokens = MARKDOWN.parse(text)
    values: list[Expression] = []
    at = line
    for token in tokens:
        at = line + token.map[0] if token.map else at
        _check_block(token, at, faults)
        for child in token.children or ():
            _check_inline(child, at, values, scope, faults)
    return Prose(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}).strip(), tuple(values))


def _check_block(token: Token, line: int, faults: Faults) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{max(HIGHEST, int(token.tag[1:]))}"
    if token.type != "fence":
        return
    word = token.info.strip()
    if word.split(" ")[0] in BLOCKS:
        faults.add(line, f"The block {word} stands within a list, a quotation or a text. Begin it at the line's begin.")
    elif word not in CODE:
        remedy = f"The blocks are {', '.join(BLOCKS)}; write ```text for text that is shown as it is."
        faults.add(line, f"{shown(word)} is not a block. {remedy}")


def _check_inline(token: Token, line: int, values: list[Expression], scope: Scope, faults: Faults) -> None:
    if token.type == "link_open":
        address = str(token.attrs.get("href", ""))
        if not WEB.match(address):
            faults.add(line, f"A link leads to {shown(address)}. Links begin with https:// or http://.")
        token.attrs |= {"rel": "noopener noreferrer", "target": "_blank"}
    if token.type != "expression":
        return
    at = line + token.meta["line"]
    token.meta["place"] = len(values)
    if token.meta["is_open"]:
        faults.add(at, "A { begins a value here, and its } is missing. Write \\{ for a brace.")
        return
    try:
        found = read(token.content, scope, at)
    except PlaygroundError as refusal:
        faults.add(at, refusal)
        return
    if found.kind == "truth":
        faults.add(at, f"{{{token.content}}} gives true or false. Write a number or a text within the braces.")
    values.append(found)
