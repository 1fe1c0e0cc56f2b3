"""The constraint that a request asks for in OpenAI's way: `response_format`.

Read in OpenAI's API reference (chat completions) and in vLLM's `vllm/entrypoints/openai/engine/protocol.py`.
"""

from typing import Any

from playground.sharing.foreign.draft import Draft
from playground.sharing.foreign.records import Values

ANY_OBJECT = {"type": "object"}
"""A JSON schema that every object fits."""


def take_response_format(draft: Draft, left: Values) -> None:
    """Takes `response_format` out of a request: a JSON schema, any JSON object, or plain text."""
    given = left.pop("response_format", None)
    if given is None:
        return
    kind = given.get("type") if isinstance(given, dict) else None
    if kind == "json_schema":
        named = given.get("json_schema")
        schema = named.get("schema") if isinstance(named, dict) else given.get("schema")
        if schema is not None:
            draft.take("json_schema", schema, "response_format")
            return
    if kind == "json_object":
        draft.take("json_schema", given.get("schema", ANY_OBJECT), "response_format")
        draft.note("response_format json_object is the JSON schema of any object here.")
    elif kind == "text":
        draft.ignore("response_format", given)
    else:
        draft.unknown("response_format", given)


def written(schema: Any) -> Values:
    """Returns the `response_format` of a JSON schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
