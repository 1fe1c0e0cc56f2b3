"""Tests that settings accept valid values, refuse others with a remedy, and become what `generate` reads."""

import dataclasses
import json
import logging
import math

import pytest
from transformers import GenerationConfig
from transformers.utils import logging as transformers_logging

from playground.decoding.rules import Rule
from playground.decoding.settings import PRESET_HELPS, PRESETS, RULES, Settings
from playground.decoding.stages import STAGES
from playground.errors import PlaygroundError
from tests import fakes
from tests.stage_values import GENERATES, OFF

NAMES = [field.name for field in dataclasses.fields(Settings)]
EVERYTHING = Settings(
    strategy="sample",
    temperature=0.7,
    top_k=40,
    top_p=0.9,
    min_p=0.05,
    typical_p=0.8,
    epsilon_cutoff=0.001,
    eta_cutoff=0.002,
    repetition_penalty=1.2,
    no_repeat_ngram_size=3,
    max_new_tokens=7,
    stop_strings=("\n", "END"),
    seed=11,
    num_beams=4,
    length_penalty=0.5,
    early_stopping=True,
)


def test_the_defaults_are_off():
    """`processing` leaves the defaults unchanged, because they are the values that are off."""
    assert Settings().processing() == Settings()
    assert Settings(strategy="greedy").processing() == Settings(strategy="greedy")


def test_settings_survive_json():
    assert Settings.from_dict(json.loads(json.dumps(EVERYTHING.to_dict()))) == EVERYTHING
    assert Settings.from_dict({}) == Settings()
    assert list(EVERYTHING.to_dict()) == NAMES


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_say_how_to_choose_and_nothing_else(preset):
    assert Settings.from_dict(preset.to_dict()) == preset
    assert (preset.max_new_tokens, preset.seed, preset.stop_strings) == (40, 0, ())


def test_the_presets_are_these():
    of_sliders = ["Greedy", "Focused", "Balanced", "Creative", "Top-3 only", "Nucleus 0.3"]
    assert list(PRESETS) == [*of_sliders, "Min-p 0.1", "Top-nσ 1", "Mirostat 2", "XTC + DRY"]
    assert list(PRESET_HELPS) == list(PRESETS)


def test_each_preset_chooses_in_another_way():
    assert len({repr(preset.processing()) for preset in PRESETS.values()}) == len(PRESETS)


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("top_k", 40.0, 40),
        ("temperature", 2, 2.0),
        ("top_p", 0, 0.0),
        ("top_p", 1, 1.0),
        ("seed", 2**32 - 1, 2**32 - 1),
        ("length_penalty", -1, -1.0),
        ("stop_strings", ["\n"], ("\n",)),
        ("stop_strings", ("a", "b"), ("a", "b")),
        ("stop_strings", [], ()),
    ],
)
def test_sliders_and_json_mix_kinds_of_numbers(name, value, taken):
    found = getattr(Settings.from_dict({name: value}), name)
    assert found == taken
    assert type(found) is type(taken)


NUMBERS = [name for name, rule in RULES.items() if isinstance(rule, Rule)]
NOT_NUMBERS = [math.nan, math.inf, -math.inf, 10**400, -(10**400), "1", "", None, True, [1], {"a": 1}, 1j]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused_by_name_value_and_remedy(name, value):
    with pytest.raises(PlaygroundError) as refusal:
        Settings.from_dict({name: value})
    sentence = str(refusal.value)
    assert sentence.startswith(f"{name} must be a ")
    assert repr(value)[:40] in sentence
    assert f"Give {name} a value " in sentence
    assert len(sentence) < 250


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_just_outside_its_range_is_refused_and_the_ends_are_taken(name):
    rule = RULES[name]
    step = 1 if rule.whole else 1e-6
    assert getattr(Settings(**{name: rule.high}), name) == rule.high
    if not rule.open_low:
        assert getattr(Settings(**{name: rule.low}), name) == rule.low
    for value in (rule.low if rule.open_low else rule.low - step, rule.high + step):
        with pytest.raises(
            PlaygroundError, match=f"^{name} is .* out of range. Give {name} a value .* {rule.high:.10g}"
        ):
            Settings(**{name: value})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"num_beams": 2.7}, "num_beams must be a whole number, but is 2.7. Give num_beams a value from 1 to 64."),
        ({"top_k": -1}, "top_k is -1, which is out of range. Give top_k a value from 0 to 10000000 (0 is off)."),
        (
            {"temperature": 0},
            "temperature is 0, which is out of range. Give temperature a value from 0.001 to 100 "
            "(1 leaves the model's distribution as it is).",
        ),
        (
            {"typical_p": 0.0},
            "typical_p is 0.0, which is out of range. Give typical_p a value above 0 and at most 1 (1 is off).",
        ),
        ({"strategy": "Sample"}, "strategy is 'Sample'. Choose one of greedy, sample, beam."),
        ({"strategy": None}, "strategy is None. Choose one of greedy, sample, beam."),
        ({"strategy": ["beam"]}, "strategy is ['beam']. Choose one of greedy, sample, beam."),
        ({"stop_strings": "END"}, "stop_strings must be a list of texts, but is 'END'."),
        ({"stop_strings": None}, "stop_strings must be a list of texts, but is None."),
        ({"stop_strings": [""]}, "stop_strings holds ''. Each one must be a text that is not empty."),
        ({"stop_strings": ["a", 3]}, "stop_strings holds 3. Each one must be a text that is not empty."),
        ({"early_stopping": 1}, "early_stopping must be true or false, but is 1."),
        ({"temprature": 1}, f"'temprature' is not a setting of this server. The settings are {', '.join(NAMES)}."),
        ({3: 1}, f"3 is not a setting of this server. The settings are {', '.join(NAMES)}."),
        ([1, 2], "settings must be an object of names and values, but is [1, 2]."),
        (None, "settings must be an object of names and values, but is None."),
    ],
)
def test_a_refusal_is_this_sentence(values, sentence):
    with pytest.raises(PlaygroundError) as refusal:
        Settings.from_dict(values)
    assert str(refusal.value) == sentence


def test_rows_that_choose_alike_have_equal_processing():
    assert Settings(seed=1, max_new_tokens=3).processing() == Settings(seed=2, stop_strings=("x",)).processing()
    greedy = Settings(strategy="greedy", temperature=0.3, top_k=5, repetition_penalty=1.2)
    assert greedy.processing() == Settings(strategy="greedy", repetition_penalty=1.2)
    assert Settings(temperature=0.3).processing() != Settings().processing()


# what generate reads


@pytest.mark.parametrize("strategy", ["greedy", "sample", "beam"])
def test_every_value_is_passed(strategy):
    """Values that are off are passed too, because the model's generation_config may have others."""
    own = set(OFF) - set(GENERATES)
    ours = set(NAMES) - {"strategy", "seed", "stop_strings", "order"} - own
    assert set(Settings(strategy=strategy).generate_kwargs()) == ours | {"do_sample"}


def test_sampling_passes_its_values():
    passed = EVERYTHING.generate_kwargs()
    assert passed["stop_strings"] == ["\n", "END"]
    on = [stage.name for stage in STAGES if stage.is_sampling_only and EVERYTHING.is_on(stage.name)]
    assert len(on) > 6
    assert {name: passed[name] for name in on} == {name: getattr(EVERYTHING, name) for name in on}


def test_generate_knows_every_name():
    known = set(GenerationConfig().to_dict())
    for strategy in ("greedy", "sample", "beam"):
        assert set(dataclasses.replace(EVERYTHING, strategy=strategy).generate_kwargs()) <= known


@pytest.mark.parametrize(
    ("strategy", "do_sample", "num_beams", "warped"),
    [("greedy", False, 1, False), ("sample", True, 1, True), ("beam", False, 4, False)],
)
def test_each_strategy_passes_its_own_values(strategy, do_sample, num_beams, warped):
    passed = dataclasses.replace(EVERYTHING, strategy=strategy).generate_kwargs()
    assert (passed["do_sample"], passed["num_beams"]) == (do_sample, num_beams)
    assert (passed["temperature"] == EVERYTHING.temperature) == warped
    assert (passed["top_k"] == EVERYTHING.top_k) == warped
    assert (passed["length_penalty"] == EVERYTHING.length_penalty) == (strategy == "beam")
    assert passed["repetition_penalty"] == 1.2


@pytest.mark.parametrize("strategy", ["greedy", "sample", "beam"])
@pytest.mark.parametrize("settings", [EVERYTHING, Settings()], ids=["all on", "all off"])
def test_transformers_warns_of_nothing(tiny_models, tokenizer, strategy, settings, caplog):
    transformers_logging.warning_once.cache_clear()
    settings = dataclasses.replace(settings, strategy=strategy, num_beams=2 if strategy == "beam" else 1)
    logger = transformers_logging.get_logger("transformers")
    logger.addHandler(caplog.handler)
    fakes.generate(tiny_models["llama"], fakes.prompt(5), settings, tokenizer=tokenizer)
    logger.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
