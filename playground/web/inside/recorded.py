"""Records what a page without a server asks about layers, and about why a token is likely, of one text.

Answers are those of the routes of each view, by the paths that the page asks for. Those that fit into the room are
recorded, in the order of their distance from the position in view. Knows the views. Does not know pages.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import TypeVar
from urllib.parse import parse_qsl

import numpy as np

from playground import values
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.inside import lens
from playground.inside.layers import LayerViews
from playground.inside.lens import LENS_TOKENS
from playground.inside.why import Why
from playground.sharing.recorded import TEXT
from playground.web.inside.layers import column_message, grid_lines, terms_message
from playground.web.inside.why import attribution_told, question_of, why_of

HERE = f"traces/{TEXT}/inside"
METHODS = ("leave_one_out", "gradient_x_input")
"""The methods that the view shows at first, in whose way of asking `UNASKED` is written."""
UNASKED = "token_id={token_id}&method={method}&scale=log_probability&parts=words&how=delete&steps=50"
Result = TypeVar("Result")
MOST_ASKED = 20
"""The most questions about one position that a page may bring."""


@dataclass
class Recorded:
    """Answers by what a page asks, and the tokens that they name, in bounded room.

    Attributes:
        room: the bytes that are left.
    """

    room: int
    answers: dict[str, bytes] = field(default_factory=dict)
    token_ids: set[int] = field(default_factory=set)

    def take(self, path: str, answer: object, token_ids: Iterable[int] = ()) -> bool:
        """Takes an answer, as text or as JSON values. Returns whether there was room for it."""
        content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        if len(content) > self.room:
            return False
        self.room -= len(content)
        self.answers[path] = content
        self.token_ids.update(token_ids)
        return True


async def record_layers(engine: AnyEngine, trace_id: str, position: int, terms: str, recorded: Recorded) -> None:
    """Records the lens of the whole text, the terms of logits at a position, and the layers at as many tokens as fit.

    The terms of each further position would take a forward.

    Args:
        engine, trace_id: the text.
        position: of the token that reads; the layers of the others follow by their distance from it.
        terms: what the page asks about the terms of a logit there, as the query of an address; "" for nothing else than
            the tokens that the view follows through the layers.
        recorded: takes the answers.

    Raises:
        PlaygroundError: the text is not kept, or `terms` asks for no token.
    """
    views = engine.beside(LayerViews)
    try:
        lines = [line async for line in grid_lines(views, trace_id, position)]
    except PlaygroundError as refusal:  # of a model whose end is not found
        recorded.take(f"{HERE}/lens", _refused(refusal))
        return
    recorded.take(f"{HERE}/lens", "".join(lines), _named(lines))
    size = min(len(engine.store.ids(trace_id)[0]), LENS_TOKENS)
    for place in sorted(range(size), key=lambda place: (abs(place - position), place)):
        column = await views.column(trace_id, place)
        if place == position:
            await _record_terms(
                engine, trace_id, position, [terms, *map("token_id={}".format, column.watched)], recorded
            )
        named = [token_id for layer in column.layers for token_id, _ in layer.top]
        if not recorded.take(f"{HERE}/lens/{place}", column_message(column), [*column.watched, *named]):
            return


async def _record_terms(
    engine: AnyEngine, trace_id: str, position: int, asked: Iterable[str], recorded: Recorded
) -> None:
    """Records the terms of logits at a position. Empty questions are left out."""
    after = await engine.call(lens.after)
    for query in filter(None, dict.fromkeys(asked)):
        token_id, against = _read(query, _terms_asked)
        found = await engine.beside(LayerViews).contributions(trace_id, position, token_id, against)
        named = [token_id] if against is None else [token_id, against]
        recorded.take(f"{HERE}/contributions/{position}?{query}", terms_message(found) | {"after": after}, named)


async def record_why(
    engine: AnyEngine, trace_id: str, position: int, asked: Sequence[str], recorded: Recorded
) -> Sequence[str]:
    """Records what may follow a position, and how much each part of the text did for a token there.

    Returns the questions whose answers are recorded, as the page asks them.

    Args:
        engine, trace_id, position: the text, and the token that reads.
        asked: what the page asks of the methods, each as the query of an address; none for what it asks at first.
        recorded: takes the answers.

    Raises:
        PlaygroundError: the text is not kept, or a question is none.
    """
    why = engine.beside(why_of)
    assert isinstance(why, Why), "a page to take home is of a model that writes"
    here = f"{HERE}/attribution/{position}"
    candidates = await why.candidates(trace_id, position)
    told = [one["token_id"] for one in (candidates["next"], *candidates["top"]) if one]
    recorded.take(f"{here}/candidates.json", candidates, told)
    first = [UNASKED.format(token_id=told[0], method=method) for method in METHODS]
    if len(asked) > MOST_ASKED:
        raise PlaygroundError(f"why has {len(asked)} questions. Ask at most {MOST_ASKED}.")
    return [
        query
        for query in asked or first
        if recorded.take(f"{here}?{query}", *await _attribution(why, trace_id, position, query))
    ]


async def _attribution(why: Why, trace_id: str, position: int, query: str) -> tuple[str, list[int]]:
    """Returns the answer to a question, as a line, and the tokens that it is about."""
    question = _read(query, question_of, why)
    target = question.target
    named = [target.token_id] if target.against is None else [target.token_id, target.against]
    try:
        result = await attribution_told(why, trace_id, position, question, lambda done, of: None)
    except PlaygroundError as refusal:  # of a text that is too long, or has one part
        return _refused(refusal), named
    return json.dumps({"result": result}) + "\n", named


def _named(lines: Iterable[str]) -> set[int]:
    """Returns the tokens that the lens of a text names."""
    told = [json.loads(line) for line in lines]
    return {int(one) for line in told if "ids" in line for one in np.frombuffer(b64decode(line["ids"]), "<u4")}


def _terms_asked(token_id: str, against: str | None = None) -> tuple[int, int | None]:
    """Returns the token whose logit is asked about, and the one whose logit is subtracted."""
    other = None if against is None else values.whole_in("against", against)
    return values.whole_in("token_id", token_id), other


def _read(query: str, function: Callable[..., Result], *first: object) -> Result:
    """Returns what a function makes of the query of an address.

    Raises:
        PlaygroundError: a value is missing, or the function takes none of this name.
    """
    try:
        given = signature(function).bind(*first, **dict(parse_qsl(query)))
    except TypeError as error:
        sentence = f"The question {values.shown(query)} cannot be read: {error}. Ask as the page does."
        raise PlaygroundError(sentence) from None
    return function(*given.args, **given.kwargs)


def _refused(refusal: PlaygroundError) -> str:
    """Returns a refusal as a line of an answer, which the page reads as its end."""
    return json.dumps({"error": str(refusal)}) + "\n"
