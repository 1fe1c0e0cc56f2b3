"""What lessons know of the view Attention: the layer and the head in view, and the weights of that head's map."""

from collections.abc import Mapping
from typing import Any

from playground import values
from playground.attention.head_off import without
from playground.attention.head_probes import Head
from playground.attention.maps import triangular, weights_of
from playground.attention.opened import opened
from playground.attention.source_views import SourceViews
from playground.attention.views import REDUCERS, AttentionViews
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.lessons.views.looked import TOKEN
from playground.lessons.views.view import Asked, Measure, Measured, View, ViewField
from playground.lessons.written_text import last_of
from playground.models.loaded_model import writes_nothing
from playground.models.word_ids import words_of

ID = "inside/attention"


def _layer(value: Any) -> int:
    return values.whole("layer", value, 0, values.MOST_NUMBER)


def _head(value: Any) -> int | str:
    if isinstance(value, str):
        return values.choice("head", value, tuple(REDUCERS))
    return values.whole("head", value, 0, values.MOST_NUMBER)


async def measured(asked: Asked) -> Measured:
    """Returns the measures of the map of the head in view over the prompt.

    The tokens of a model that reads a source look at those of the source, which the prompt is, as the view opens.

    Raises:
        PlaygroundError: the model has no such layer or head, shows no attention, or the prompt is too long for a map.
    """
    reader = asked.reader
    if not isinstance(reader, AnyEngine):
        raise writes_nothing(reader.model.name)
    layer, head = asked.fields["layer"], asked.fields["head"]
    trace_id = await opened(reader, asked.prompt)
    try:
        trace = reader.store.get(trace_id)
        if trace.source_ids:
            stored = await SourceViews(reader).map(trace_id, "cross", None, layer, head)
        else:
            stored = await AttentionViews(reader).map(trace_id, None, layer, head)
        off = await _switched_off(reader, trace_id, asked.fields)
    finally:
        reader.store.drop([trace_id])
    vocabulary, weights = words_of(reader.model).texts, weights_of(stored)
    queries = [vocabulary[token_id] for token_id in trace.prompt_ids]
    keys = [vocabulary[token_id] for token_id in trace.source_ids]

    def attention(looks: str, looked_at: str) -> float:
        query = last_of(queries, looks)
        if keys:
            return float(weights[query, last_of(keys, looked_at)])
        seen = queries[: query + 1]
        return float(weights[triangular(query) + last_of(seen, looked_at)])

    def without_head() -> float:
        if off is None:
            raise PlaygroundError("The state has no single head and token. Name both, as in head: 3.")
        return off

    return {"attention": attention, "without_head": without_head}


async def _switched_off(reader: AnyEngine, trace_id: str, fields: Mapping[str, Any]) -> float | None:
    """Returns by how many bits the next token's distribution changes without the head; None if there is no one head."""
    trace, head, token = reader.store.get(trace_id), fields["head"], fields["token"]
    if not isinstance(head, int) or not token:
        return None
    vocabulary = words_of(reader.model).texts
    position = last_of([vocabulary[token_id] for token_id in trace.prompt_ids], token) + 1
    kind = "cross" if trace.source_ids else "self"
    return (await without(reader, trace_id, position, Head(fields["layer"], head), kind))["kl_bits"]


VIEW = View(
    ID,
    (
        TOKEN,
        ViewField(
            "hide_first",
            lambda value: values.boolean("hide_first", value),
            True,
            "whether the pictures leave out the first token, which many heads look at; `true`",
        ),
        ViewField("layer", _layer, 0, "the layer in view, counted from 0; 0"),
        ViewField("head", _head, "mean", "the head in view, counted from 0, or `mean` or `max` over the heads; `mean`"),
    ),
    (
        Measure(
            "attention",
            ("text", "text"),
            "number",
            "percent",
            "the weight that the first token gives to the second one, in the layer and head in view. Of a token that "
            "occurs several times it is the last one, and of the second token the last one that the first token sees",
            ID,
            '" book", " teacher"',
        ),
        Measure(
            "without_head",
            (),
            "number",
            "number",
            "by how many bits (KL divergence) the token after the chosen one changes without the head in view; the "
            "page has it when the learner has pressed *Switch this head off*",
            ID,
        ),
    ),
    measured,
)
