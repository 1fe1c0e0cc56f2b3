"""Settings that are written in another program's form are the same when they are read again."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.decoding.orders import ORDERS, complete, names_in
from playground.decoding.settings import Settings
from playground.decoding.stages import BY_NAME
from playground.sharing.foreign import formats
from playground.sharing.foreign.ours import DEFAULTS, in_force, stages_on

SETTINGS = {field.name for field in fields(Settings)}


def hundredths(low: int, high: int) -> st.SearchStrategy[float]:
    """Numbers of two digits after the point, from `low` to `high` hundredths."""
    return st.integers(low, high).map(lambda number: number / 100)


SIGNS = st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\x00")
TEXTS = st.text(SIGNS, min_size=1, max_size=6).filter(lambda text: text.strip() == text)
VALUES = {
    "strategy": st.sampled_from(["greedy", "sample", "beam"]),
    "temperature": hundredths(1, 300),
    "dynatemp_range": hundredths(0, 50),
    "dynatemp_exponent": hundredths(10, 200),
    "smoothing_factor": hundredths(0, 300),
    "smoothing_curve": hundredths(100, 300),
    "top_n_sigma": hundredths(0, 300),
    "top_h": hundredths(0, 100),
    "top_k": st.integers(0, 200),
    "top_p": hundredths(1, 100),
    "min_p": hundredths(0, 100),
    "typical_p": hundredths(1, 100),
    "epsilon_cutoff": hundredths(0, 10),
    "eta_cutoff": hundredths(0, 10),
    "top_a": hundredths(0, 100),
    "tfs_z": hundredths(1, 100),
    "xtc_probability": hundredths(0, 100),
    "xtc_threshold": hundredths(0, 50),
    "mirostat": st.sampled_from([0, 1, 2]),
    "mirostat_tau": hundredths(100, 900),
    "mirostat_eta": hundredths(1, 100),
    "repetition_penalty": hundredths(50, 200),
    "repeat_last_n": st.integers(-1, 2000),
    "frequency_penalty": hundredths(-200, 200),
    "presence_penalty": hundredths(-200, 200),
    "encoder_repetition_penalty": hundredths(50, 200),
    "no_repeat_ngram_size": st.integers(0, 10),
    "dry_multiplier": hundredths(0, 200),
    "dry_base": hundredths(101, 300),
    "dry_allowed_length": st.integers(1, 10),
    "dry_penalty_last_n": st.integers(-1, 2000),
    "dry_sequence_breakers": st.lists(TEXTS, min_size=1, max_size=4, unique=True),
    "min_new_tokens": st.integers(0, 20),
    "max_new_tokens": st.integers(20, 100),
    "seed": st.integers(0, 2**32 - 1),
    "stop_strings": st.lists(TEXTS, max_size=3, unique=True),
    "length_penalty": hundredths(0, 200),
    "early_stopping": st.booleans(),
    "logit_bias": st.dictionaries(st.integers(0, 999).map(str), hundredths(-9999, 9999), max_size=3),
    "json_schema": st.just('{"type": "object"}'),
    "watermark_bias": hundredths(0, 500),
    "watermark_ratio": hundredths(10, 90),
    "watermark_key": st.integers(1, 2**31 - 1),
}
"""Values of every setting that some form can say, within all rules."""

KNOWN = st.fixed_dictionaries({}, optional={name: values for name, values in VALUES.items() if name in SETTINGS}).map(
    lambda given: given | {"num_beams": 3}
)
OWN_ORDERS = st.permutations(list(BY_NAME)).map(tuple)


@pytest.mark.parametrize("kind", formats.FORMATS)
@settings(deadline=None, max_examples=150)
@given(given=KNOWN, order=st.one_of(st.sampled_from(list(ORDERS)), OWN_ORDERS))
def test_what_a_form_can_say_comes_back(kind, given, order):
    copied = formats.write(kind, given, order)
    pasted = formats.read(copied.text)
    said = {name: value for name, value in in_force(given).items() if name not in copied.left_out}

    assert pasted.kind == kind
    assert (pasted.unknown, pasted.refused) == ((), ())
    came = {name: value for name, value in pasted.settings.items() if name not in copied.left_out}
    assert in_force(came) == said
    if "order" not in copied.left_out:
        on = stages_on(said)
        wanted = [name for name in names_in(order) if name in on]
        assert [name for name in names_in(pasted.order) if name in on] == wanted


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_no_settings_at_all_come_back_as_none(kind):
    copied = formats.write(kind, Settings().to_dict(), "transformers")
    pasted = formats.read(copied.text)
    assert {name: value for name, value in pasted.settings.items() if name not in ("seed", "max_new_tokens")} == {}


def test_each_form_says_what_it_leaves_out():
    """Top-h is transformers' alone, and transformers has one order."""
    own = complete(("top_k", "temperature"))
    for kind in formats.FORMATS:
        left_out = formats.write(kind, {"top_h": 0.5, "top_k": 3, "temperature": 2}, own).left_out
        assert ("top_h" in left_out) == (kind != "generation-config")
        assert ("order" in left_out) == (kind in ("openai", "vllm", "generation-config") and kind != "openai")


def test_what_stands_for_nothing_is_what_settings_say():
    off = Settings().to_dict()
    named = {name: value for name, value in DEFAULTS.items() if name in off}
    assert named == {name: off[name] for name in named}
    assert {"temperature", "top_k", "strategy"} <= named.keys()
