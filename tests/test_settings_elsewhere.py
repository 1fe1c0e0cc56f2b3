"""Tests `/paste_settings` and `/copy_settings`: their answers are JSON, and bad input is told in a sentence."""

import json
import re
from pathlib import Path

import pytest

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.sharing.foreign import formats
from playground.web.settings_elsewhere import copied, pasted


async def test_what_is_pasted_is_told_in_json():
    answer = await pasted("llama-cli --temp 0.7 --samplers 'temperature;top_k' --top-k 20 --magic 3 -t 4 --top-p 2")
    assert json.loads(json.dumps(answer)) == answer
    assert answer["kind"] == "llama-cli"
    assert Settings.from_dict(answer["settings"] | {"order": answer["order"]}).temperature == 0.7
    assert answer["order"] == ["temperature", "top_k"]
    assert answer["unknown"] == [{"name": "--magic", "value": "3"}]
    assert {"name": "-t", "value": "4"} in answer["ignored"]


async def test_values_that_json_does_not_have_are_told_as_texts():
    answer = await pasted("top_p: 0.5\nday: 2026-01-02\nnone: .nan\nlong: " + "x" * 500)
    assert json.loads(json.dumps(answer, allow_nan=False))["settings"] == {"top_p": 0.5}
    told = {one["name"]: one["value"] for one in answer["unknown"]}
    assert told["none"] == "nan"
    assert len(told["long"]) <= 60


@pytest.mark.parametrize("form", formats.FORMATS)
async def test_what_is_copied_can_be_pasted(form):
    given = {"temperature": 0.7, "top_p": 0.9, "seed": 3, "order": {"openai": "openai"}.get(form, "vllm")}
    there = await copied(given, form)
    here = await pasted(there["text"])
    left_out = there["left_out"]
    assert here["kind"] == form
    said = [name for name in ("temperature", "top_p", "seed") if name not in left_out]
    assert here["settings"] == {name: given[name] for name in said}
    assert ("seed" in left_out) == (form == "generation-config")


async def test_only_what_is_given_is_copied():
    assert json.loads((await copied({"temperature": 0.7}, "openai"))["text"]) == {"temperature": 0.7}


def test_the_page_names_every_form():
    named = re.findall(r'^  "?([\w-]+)"?: (?:t\()?"', Path("assets/decode/forms.js").read_text(), re.MULTILINE)
    assert named == list(formats.FORMATS)


async def test_bad_input_is_told():
    with pytest.raises(PlaygroundError, match="format is 'ini'"):
        await copied({}, "ini")
    with pytest.raises(PlaygroundError, match="top_p is 2"):
        await copied({"top_p": 2}, "vllm")
    with pytest.raises(PlaygroundError, match="kind is 'ini'"):
        await pasted("{}", "ini")
    with pytest.raises(PlaygroundError, match="none of the known forms"):
        await pasted("Once upon a time")
