"""Tests which of the orders in a preset of SillyTavern counts, and what it is here."""

import json

import pytest

from playground.sharing.foreign import formats
from tests.test_foreign_settings import here, settings_of

SAMPLERS = ["penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p", "xtc", "temperature", "adaptive_p"]
KOBOLD = [6, 0, 1, 3, 4, 2, 5]


@pytest.mark.parametrize(
    ("orders", "first", "last", "program"),
    [
        ({"samplers": [SAMPLERS[8], *SAMPLERS[:8]]}, "temperature", "xtc", None),
        ({"samplers": SAMPLERS, "sampler_order": KOBOLD[::-1]}, "dry", "xtc", "KoboldCpp"),
        ({"samplers": SAMPLERS, "sampler_order": KOBOLD[::-1], "type": "llamacpp"}, None, None, "llama.cpp"),
        ({"sampler_order": KOBOLD, "sampler_priority": ["temperature"]}, None, "temperature", "text-generation-webui"),
        ({"sampler_order": KOBOLD[::-1], "sampler_priority": ["top_k"]}, None, "top_k", "text-generation-webui"),
        ({"samplers_priorities": ["dry", "top_p_top_k", "temperature", "min_p"]}, "dry", "min_p", None),
    ],
)
def test_the_order_of_a_sillytavern_preset_is_that_of_the_program_it_is_for(orders, first, last, program):
    found = formats.read(json.dumps({"temp": 1.5, "top_k": 7, "min_p": 0.1, "rep_pen": 1, "freq_pen": 0} | orders))
    assert settings_of(found) == here(temperature=1.5, top_k=7, min_p=0.1)
    assert found.unknown == ()
    assert (found.order == "llama.cpp") == (program == "llama.cpp")
    if found.order != "llama.cpp":
        assert first in (None, found.order[0])
        assert last == found.order[-1]
    told = [note for note in found.notes if note.startswith("The order is that of")]
    assert [note.split("that of ")[1].split(",")[0] for note in told] == ([program] if program else [])


def test_what_the_list_of_a_sillytavern_preset_does_not_name_is_off_where_its_program_has_it_so():
    preset = {"temp": 1.5, "top_a": 0.2, "min_p": 0.1, "rep_pen": 1.2, "freq_pen": 0, "temperature_last": True}
    found = formats.read(json.dumps(preset | {"sampler_order": [5, 2, 9]}))
    assert settings_of(found) == here(temperature=1.5, min_p=0.1)
    assert found.order == ("dry", "temperature", "smoothing_factor", "top_n_sigma", "top_p", "min_p", "xtc")
    assert found.unknown == (("sampler_order", "9"),)
    assert "KoboldCpp does not read top_a without 1 in sampler_order, so that it is off." in found.notes
    last = formats.read(json.dumps(preset | {"samplers_priorities": ["temperature", "min_p", "top_a"]}))
    assert last.order == ("min_p", "top_a", "temperature")
