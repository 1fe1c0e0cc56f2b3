"""Tests the orders of stages: the presets, orders of one's own, and what settings make of them."""

from dataclasses import replace

import pytest

from playground.decoding.orders import ORDERS, checked_order, complete, names_in
from playground.decoding.settings import Settings
from playground.decoding.stages import BY_NAME, STAGES
from tests.javascript import node


@pytest.mark.parametrize("name", ORDERS)
def test_every_preset_has_all_stages_once(name):
    assert sorted(ORDERS[name]) == sorted(BY_NAME)


def test_transformers_has_its_own_order():
    assert ORDERS["transformers"] == tuple(stage.name for stage in STAGES)


def test_in_llama_cpp_the_temperature_comes_after_its_cuts_and_in_vllm_before():
    place = {name: ORDERS[name].index for name in ORDERS}
    cuts = ["top_k", "typical_p", "top_p", "min_p"]
    assert [place["llama.cpp"](cut) for cut in cuts] == sorted(place["llama.cpp"](cut) for cut in cuts)
    assert place["llama.cpp"]("temperature") > place["llama.cpp"]("min_p")
    assert place["vllm"]("temperature") < place["vllm"]("min_p") < place["vllm"]("top_k") < place["vllm"]("top_p")


def test_what_an_order_leaves_out_comes_before_it_if_it_reads_the_text_and_else_after():
    found = complete(["top_p", "temperature"])
    early = [stage.name for stage in STAGES if stage.kind in ("constraint", "penalty")]
    assert list(found[: len(early) + 2]) == [*early, "top_p", "temperature"]
    assert sorted(found) == sorted(BY_NAME)


def test_a_list_that_says_what_a_preset_says_is_the_preset():
    assert checked_order(list(ORDERS["llama.cpp"])) == "llama.cpp"
    assert Settings(order=["top_k"]).order == ("top_k",)


def test_an_order_that_changes_nothing_is_transformers():
    assert Settings(top_k=3, order="llama.cpp").processing() == Settings(top_k=3).processing()
    assert (
        Settings(top_p=0.5, temperature=2, order="llama.cpp").processing()
        != Settings(top_p=0.5, temperature=2).processing()
    )


def test_mirostat_takes_the_place_of_llama_cpps_chain():
    settings = Settings(mirostat=2, top_p=0.5, temperature=0.7, repetition_penalty=1.2, order="llama.cpp")
    assert [stage.name for stage in settings.in_force()] == ["temperature", "mirostat"]
    both = [stage.name for stage in replace(settings, order="transformers").in_force()]
    assert both == ["repetition_penalty", "temperature", "top_p", "mirostat"]
    for one in (settings, replace(settings, strategy="greedy"), replace(settings, order="vllm")):
        [found] = node.call("distribution/settings.js", "stagesInForce", [one.to_dict()])
        assert found == [stage.name for stage in one.in_force()]


def test_settings_come_back_from_their_plain_values():
    for order in (*ORDERS, ["top_p", "temperature"]):
        settings = Settings(temperature=0.5, order=order)
        assert Settings.from_dict(settings.to_dict()) == settings
        assert settings.to_dict()["order"] == order


def test_javascript_completes_an_order_in_the_same_way():
    asked = [{"order": name} for name in ORDERS] + [{"order": ["top_p", "temperature"]}, {"order": []}, {}]
    found = node.call("distribution/settings.js", "orderOf", *[[settings] for settings in asked])
    assert [tuple(order) for order in found] == [
        names_in(one.get("order", "transformers"))
        if isinstance(one.get("order", "transformers"), str)
        else complete(one["order"])
        for one in asked
    ]
