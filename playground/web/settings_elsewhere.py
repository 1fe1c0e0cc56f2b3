"""Answers the documented API about settings of other programs: reads what was pasted, and writes what is to be copied.

Knows the forms of other programs and our settings. Does not know Gradio, except for the endpoints that it is given.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.events import api as add_endpoint

from playground import values
from playground.decoding.settings import Settings
from playground.decoding.stages import BY_SETTING
from playground.sharing.foreign import formats
from playground.values import shown
from playground.web.panels.events import endpoint

LONGEST_NAME = 100


async def pasted(text: object, kind: object = None) -> dict[str, Any]:
    """Returns what a pasted text says.

    Args:
        text: a command line, JSON or YAML.
        kind: the form of the text, one of `formats.FORMATS`; None or "" finds it.

    Returns:
        `{kind, settings, order, unknown, ignored, notes, refused}`. `settings` and `order` are as `Settings` have
        them; `unknown` and `ignored` are lists of `{name, value}`, with each value as a short text; `notes` and
        `refused` are lists of sentences.

    Raises:
        PlaygroundError: the text is in none of the forms, or too long.
    """
    asked = None if kind in (None, "") else values.choice("kind", kind, formats.FORMATS)
    found = await asyncio.to_thread(formats.read, text, asked)
    return {
        "kind": found.kind,
        "settings": found.settings,
        "order": found.order if isinstance(found.order, str) else list(found.order),
        "unknown": _listed(found.unknown),
        "ignored": _listed(found.ignored),
        "notes": list(found.notes),
        "refused": list(found.refused),
    }


async def copied(settings: object, form: object) -> dict[str, Any]:
    """Returns settings in another program's form.

    Args:
        settings: the fields of `Settings` by name. Missing ones are off, and their order is `settings.order`.
        form: one of `formats.FORMATS`.

    Returns:
        `{text, left_out}`; `left_out` names what the form cannot say, "order" among them.

    Raises:
        PlaygroundError: a value out of range, or a form that does not exist.
    """
    given = values.mapping("settings", settings)
    chosen = Settings.from_dict(given)
    told = {name: value for name, value in chosen.to_dict().items() if name in given and name != "order"}
    found = formats.write(form, told, chosen.order)
    left_out = [name for name in found.left_out if name not in BY_SETTING or chosen.is_on(BY_SETTING[name].name)]
    return {"text": found.text, "left_out": left_out}


def add_endpoints() -> None:
    """Adds the two endpoints to the page that is being built."""

    async def paste_settings(text: str, request: gr.Request, kind: str | None = "") -> dict:
        """What settings of another program are here: their names, their order, and what is unknown.

        Args:
            text: a llama.cpp command line; JSON of a request to llama.cpp, OpenAI or vLLM, of a SillyTavern preset or
                a generation_config.json; YAML of a text-generation-webui preset
            kind: the form of the text, such as "vllm"; empty to find it
        """
        return await pasted(text, kind)

    async def copy_settings(settings: dict, format: str, request: gr.Request) -> dict:
        """Settings in the form of another program, and the names of those that the form cannot say.

        Args:
            settings: such as {"temperature": 0.7, "top_k": 20, "order": "llama.cpp"}
            format: llama-cli, llama-server, openai, vllm, text-generation-webui, sillytavern or generation-config
        """
        return await copied(settings, format)

    for answer in (paste_settings, copy_settings):
        add_endpoint(endpoint(answer), api_name=answer.__name__, concurrency_limit=None)


def _listed(found: Sequence[tuple[str, Any]]) -> list[dict[str, str]]:
    """Returns names and values as they are shown: a value may be as long as a prompt, or of a type that JSON lacks."""
    return [{"name": name[:LONGEST_NAME], "value": _short(value)} for name, value in found]


def _short(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= values.LONGEST_SHOWN else shown(value)
