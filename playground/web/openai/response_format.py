"""Reads `response_format`: JSON that follows a schema, any JSON object, or free text. Knows no other parameter.

The form is that of OpenAI's API reference (chat completions). llama.cpp and vLLM take it for chats, and vLLM for
completions too. `schema` beside json_object is llama.cpp's.
"""

import json
import re
from typing import Any

from playground import values
from playground.decoding.constraints.written import checked
from playground.errors import PlaygroundError
from playground.sharing.foreign.response_format import ANY_OBJECT

KINDS = ("text", "json_object", "json_schema")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_DESCRIPTION = 10_000


def schema_of(name: str, value: object) -> str | None:
    """Returns the JSON schema as `Settings` keeps it, None for free text.

    Args:
        name: the parameter's name, for the sentences.
        value: its value, which may be anything.

    Raises:
        PlaygroundError: it has another form, or a schema that cannot be followed.
    """
    given = values.mapping(name, value)
    kind = values.choice(f"{name}.type", given.pop("type", None), KINDS)
    if kind == "text":
        schema = None
    elif kind == "json_object":
        schema = values.mapping(f"{name}.schema", given.pop("schema", ANY_OBJECT))
    else:
        schema = _named(f"{name}.json_schema", given.pop("json_schema", None))
    _refuse_others(name, given)
    if schema is None:
        return None
    written = json.dumps(schema, ensure_ascii=False)
    checked("json_schema", written)
    return written


def _named(name: str, value: object) -> dict[str, Any]:
    """Returns the schema of an object with a name. The text follows every schema, so `strict` changes nothing."""
    given = values.mapping(name, value)
    called, described = given.pop("name", None), given.pop("description", None)
    if not isinstance(called, str) or not NAME.fullmatch(called):
        raise PlaygroundError(
            f"{name}.name is {values.shown(called)}. Give a name of at most 64 letters, digits, _ and -."
        )
    if described is not None:
        values.text(f"{name}.description", described, LONGEST_DESCRIPTION)
    strict, schema = given.pop("strict", None), given.pop("schema", None)
    if strict is not None:
        values.boolean(f"{name}.strict", strict)
    _refuse_others(name, given)
    return values.mapping(f"{name}.schema", schema)


def _refuse_others(name: str, left: dict[str, Any]) -> None:
    if left:
        raise PlaygroundError(f"{name} has {values.shown(next(iter(left)))}, which is not supported. Leave it out.")
