"""Settings that are pasted from other programs: what they are here, what is unknown, what is translated or refused."""

import contextlib
import json
import sys
from dataclasses import fields

import pytest
from transformers import WatermarkingConfig

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.sharing.foreign import formats, llama
from playground.sharing.foreign.records import Pasted

SETTINGS = {field.name for field in fields(Settings)}
NEUTRAL = {"temperature": 1, "top_k": 0, "top_p": 1, "min_p": 0}
"""What switches llama.cpp's defaults off."""


def settings_of(pasted: Pasted) -> dict:
    """Returns the settings, without those of stages that this version does not have."""
    assert [one for one in pasted.refused if "is not a setting" not in one] == []
    return pasted.settings


def here(**wanted: object) -> dict:
    return {name: value for name, value in wanted.items() if name in SETTINGS}


def line(flags: str) -> Pasted:
    return formats.read(f"llama-cli --temp 1 --top-k 0 --top-p 1 --min-p 0 {flags}")


def request(**values: object) -> Pasted:
    return formats.read(json.dumps(NEUTRAL | {"n_predict": 9} | values), "llama-server")


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ("--temp 0.7", {"temperature": 0.7}),
        ("--temperature 0.7 --top-k 20", {"temperature": 0.7, "top_k": 20}),
        ("--top_k 20", {"top_k": 20}),
        ("--top-k -1 --min-p -1", {}),
        ("--typical 0.9 --top-nsigma 1.5", {"typical_p": 0.9, "top_n_sigma": 1.5}),
        ("--top-nsigma -1", {}),
        ("--repeat-penalty 1.1", {"repetition_penalty": 1.1, "repeat_last_n": 64}),
        ("--repeat-penalty 1.1 --repeat-last-n -1", {"repetition_penalty": 1.1}),
        ("--repeat-penalty 1.1 --repeat-last-n 0", {}),
        ("--xtc-probability 0.5 --xtc-threshold 0.2", {"xtc_probability": 0.5, "xtc_threshold": 0.2}),
        ("--xtc-threshold 0.2", {}),
        ("--dry-multiplier 0.8 --dry-sequence-breaker '\\n' --dry-sequence-breaker a", None),
        ("--dynatemp-range 0.4 --dynatemp-exp 1.5", {"dynatemp_range": 0.4, "dynatemp_exponent": 1.5}),
        ("-l 15043+1 -l 15+2 -l 15-0.5 -l 7-inf", {"logit_bias": {"15043": 1.0, "15": 1.5, "7": False}}),
        ("-n 5 -s 3 -r 'a\\nb' -r c", {"max_new_tokens": 5, "seed": 3, "stop_strings": ["a\nb", "c"]}),
        ("-r 'a\\nb' --no-escape", {"stop_strings": ["a\\nb"]}),
        ("-n -1 -s -1", {}),
        ("-n 5 --ignore-eos", {"max_new_tokens": 5, "min_new_tokens": 5}),
        ("""-j '{"type": "object"}'""", {"json_schema": '{"type": "object"}'}),
        ("--temp 0 --top-k 5", {"strategy": "greedy"}),
    ],
)
def test_a_command_line_of_llama_cpp(flags, wanted):
    if wanted is None:
        wanted = {"dry_multiplier": 0.8, "dry_penalty_last_n": 64, "dry_sequence_breakers": ["\n", "a"]}
    found = settings_of(line(flags))
    assert found == here(**wanted)


def test_what_a_command_line_does_not_say_is_llama_cpps_default():
    assert settings_of(formats.read("llama-cli -m a.gguf")) == {
        "temperature": 0.8,
        "top_k": 40,
        "top_p": 0.95,
        "min_p": 0.05,
    }


def test_the_defaults_are_those_of_llama_cpp_itself():
    own = pytest.importorskip("xllamacpp").CommonParams().sampling
    assert {
        name: getattr(own, {"temperature": "temp"}.get(name, name)) for name in llama.DEFAULT_VALUES
    } == pytest.approx(llama.DEFAULT_VALUES)
    assert (own.penalty_last_n, own.dry_penalty_last_n) == (llama.DEFAULT_WINDOW, llama.DEFAULT_WINDOW)
    assert own.samplers.split(";") == list(llama.SAMPLERS)
    assert (own.dynatemp_range, own.xtc_probability, own.mirostat, own.typ_p) == (0, 0, 0, 1)


def test_what_does_not_change_the_choice_is_told_apart_from_what_is_unknown():
    found = line("-m a.gguf --threads 4 -p 'top_k is --top-k' -fa on --no-mmap --magic 3 --adaptive-target 0.5")
    assert [name for name, _ in found.ignored if name in ("-m", "--threads", "-p", "-fa", "--no-mmap")] == [
        *("-m", "--threads", "-p", "-fa", "--no-mmap"),
    ]
    assert found.unknown == (("--magic", "3"), ("--adaptive-target", "0.5"))
    assert settings_of(found) == {}


def test_lines_go_on_as_shells_write_it():
    for sign in ("\\", "^", "`"):
        assert line(f"--top-k 5 {sign}\n  --top-p 0.5").settings == {"top_k": 5, "top_p": 0.5}


@pytest.mark.parametrize(
    ("samplers", "order", "wanted"),
    [
        ("--samplers 'top_k;temperature'", ("top_k", "temperature"), {"top_k": 5, "temperature": 2}),
        ("--sampling-seq tk", ("temperature", "top_k"), {"top_k": 5, "temperature": 2}),
        ("--samplers 'min-p;temp'", ("min_p", "temperature"), {"temperature": 2}),
        ("--sampler-seq edskypmxt", "llama.cpp", {"top_k": 5, "temperature": 2, "top_p": 0.5}),
        ("", "llama.cpp", {"top_k": 5, "temperature": 2, "top_p": 0.5}),
    ],
)
def test_samplers_are_an_order_and_switch_off_what_they_do_not_name(samplers, order, wanted):
    found = line(f"--top-k 5 --top-p 0.5 --temp 2 {samplers}")
    assert found.order == order
    assert settings_of(found) == wanted


def test_a_sampler_that_comes_twice_and_one_that_is_unknown_are_told():
    found = line("--samplers 'top_k;top_k;infill' --top-k 5")
    assert found.refused == ("The samplers name top_k twice. It runs once here, at its first place.",)
    assert found.unknown == (("samplers", "infill"),)


def test_beside_mirostat_llama_cpp_reads_the_temperature_alone():
    found = line("--mirostat 2 --mirostat-ent 4 --temp 0.7 --top-k 10 --repeat-penalty 1.3")
    assert settings_of(found) == here(mirostat=2, mirostat_tau=4, temperature=0.7)
    assert "llama.cpp does not read --top-k with Mirostat, so that it is off." in found.notes


def test_a_request_to_llama_cpps_server():
    found = request(
        prompt="x",
        repeat_penalty=1.2,
        repeat_last_n=32,
        stop="\n",
        samplers="kt",
        top_k=7,
        logit_bias={"15": -1.0, "a": False},
        cache_prompt=True,
        adaptive_target=0.5,
    )
    wanted = here(top_k=7, max_new_tokens=9, stop_strings=["\n"], logit_bias={"15": -1.0, "a": False})
    assert settings_of(found) == wanted
    assert found.order == ("top_k", "temperature")
    assert ("adaptive_target", 0.5) in found.unknown
    assert {"prompt", "cache_prompt", "repeat_penalty"} <= {name for name, _ in found.ignored}


def test_a_request_to_openai_and_one_to_vllm():
    body = {"model": "m", "messages": [], "temperature": 0.5, "max_tokens": 7, "stop": ["a"], "seed": 3}
    found = formats.read(json.dumps(body | {"logit_bias": {"50": -100}, "presence_penalty": 0.5, "n": 2}))
    assert (found.kind, found.order) == ("openai", "openai")
    own = {"temperature": 0.5, "max_new_tokens": 7, "stop_strings": ["a"], "seed": 3}
    assert settings_of(found) == here(**own, logit_bias={"50": -100.0}, presence_penalty=0.5)
    assert found.unknown == ()

    more = {"top_k": -1, "min_p": 0.1, "repetition_penalty": 1.2, "min_tokens": 2, "bad_words": ["x"], "future": 1}
    found = formats.read(json.dumps(body | {"extra_body": more, "guided_choice": ["a", "b"]}))
    assert (found.kind, found.order) == ("vllm", "vllm")
    vllm = here(**own, min_p=0.1, repetition_penalty=1.2, min_new_tokens=2, bad_words=["x"], choices=["a", "b"])
    assert settings_of(found) == vllm
    assert found.unknown == (("future", 1),)


@pytest.mark.parametrize(
    "asked",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}},
        {"response_format": {"type": "json_object"}},
        {"structured_outputs": {"json": {"type": "object"}}},
        {"guided_json": '{"type": "object"}'},
    ],
)
def test_a_schema_in_every_form(asked):
    found = formats.read(json.dumps({"model": "m", "messages": []} | asked))
    assert settings_of(found) == here(json_schema='{"type": "object"}')


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ("regex", "regex", "[ab]+"),
        ("choice", "choices", ["yes", "no"]),
        ("grammar", "grammar", 'root ::= "a"'),
    ],
)
def test_a_constraint_of_vllm_is_ours_in_both_of_its_forms_and_is_written_in_the_present_one(field, name, value):
    idle = {"json_object": None, "disable_fallback": False}
    for asked in ({f"guided_{field}": value}, {"structured_outputs": {field: value} | idle}):
        found = formats.read(json.dumps({"model": "m", "prompt": "a", "guided_decoding_backend": "guidance"} | asked))
        assert (found.kind, found.unknown, found.refused) == ("vllm", (), ())
        assert settings_of(found) == here(**{name: value})
        copied = formats.write("vllm", found.settings, found.order)
        assert json.loads(copied.text) == {"structured_outputs": {field: value}}
        assert copied.left_out == ()


def test_temperature_0_is_greedy_and_what_sampling_alone_reads_has_no_effect():
    for text in (
        '{"model": "m", "messages": [], "temperature": 0, "top_p": 0.5}',
        '{"do_sample": false, "temperature": 0.5, "top_p": 0.5, "transformers_version": "5"}',
        "temperature: 0\ntop_p: 0.5\n",
        "llama-cli --temp 0 --top-p 0.5",
    ):
        found = formats.read(text)
        assert settings_of(found) == {"strategy": "greedy"}, text
        assert {name.strip("-").replace("-", "_") for name, _ in found.ignored} >= {"top_p"}


def test_a_preset_of_text_generation_webui():
    found = formats.read(
        "temperature: 0.9\ntop_p: 0.8\nrepetition_penalty: 1.2\nrepetition_penalty_range: 0\nepsilon_cutoff: 3\n"
        "guidance_scale: 1\npenalty_alpha: 0.6\nsampler_priority: |-\n  top_p\n  temperature\n"
    )
    assert settings_of(found) == {"temperature": 0.9, "top_p": 0.8, "repetition_penalty": 1.2, "epsilon_cutoff": 0.0003}
    assert found.order[-2:] == ("top_p", "temperature")
    assert found.order[:3] == ("repetition_penalty", "presence_penalty", "frequency_penalty")
    assert found.unknown == (("penalty_alpha", 0.6),)
    assert "epsilon_cutoff 3 is 3 ten-thousandths: 0.0003 here." in found.notes


def test_a_dynamic_temperature_is_a_middle_and_a_range():
    found = formats.read("temperature: 0.3\ndynamic_temperature: true\ndynatemp_low: 0.5\ndynatemp_high: 2\n")
    assert settings_of(found) == here(temperature=1.25, dynatemp_range=0.75)
    assert "temperature" in found.order


def test_a_preset_of_sillytavern():
    found = formats.read(
        json.dumps(
            {"temp": 0.8, "rep_pen": 1.1, "rep_pen_range": 300, "freq_pen": 0, "tfs": 1, "temperature_last": True}
            | {"sampler_priority": ["temperature", "top_k", "min_p"], "sampler_order": [6, 0, 1], "min_p": 0.1}
            | {"logit_bias": [{"text": "[15, 16]", "value": -2}, {"text": "so", "value": 1}], "skew": 0.5}
            | {"banned_tokens": '[7]\n"as an"\nword', "streaming": True, "genamt": 50}
        )
    )
    bias = {"15": -2.0, "16": -2.0, " so": 1.0, "7": False}
    own = here(temperature=0.8, repetition_penalty=1.1, repeat_last_n=300, min_p=0.1, max_new_tokens=50)
    assert settings_of(found) == own | here(logit_bias=bias, bad_words=["as an"])
    assert found.order[-4:] == ("top_k", "min_p", "temperature", "smoothing_factor")
    assert found.unknown == (("banned_tokens", "word"), ("skew", 0.5))
    assert any("sampler_order (KoboldCpp)" in note for note in found.notes)


WATERMARK = {"greenlist_ratio": 0.5, "bias": 1.5, "hashing_key": 7, "seeding_scheme": "lefthash", "context_width": 1}


def test_the_watermark_of_a_generation_config_is_ours_if_it_is_chosen_by_the_last_token():
    given = {"do_sample": False, "transformers_version": "5", "watermarking_config": WATERMARK}
    found = formats.read(json.dumps(given))
    assert settings_of(found) == here(strategy="greedy", watermark_bias=1.5, watermark_ratio=0.5, watermark_key=7)
    assert json.loads(formats.write("generation-config", found.settings, found.order).text) == {
        "do_sample": False,
        "watermarking_config": WATERMARK,
    }
    plain = formats.read(json.dumps(given | {"watermarking_config": {}}))
    assert plain.settings == {"strategy": "greedy", "watermark_bias": WatermarkingConfig().bias}
    for other in ({"seeding_scheme": "selfhash"}, {"context_width": 4}, {"ngram_len": 5}, 5):
        config = WATERMARK | other if isinstance(other, dict) else other
        assert formats.read(json.dumps(given | {"watermarking_config": config})).unknown == (
            ("watermarking_config", config),
        )


def test_a_generation_config():
    found = formats.read(
        '{"do_sample": true, "temperature": 0.6, "top_p": 0.9, "eos_token_id": [1, 2], "guidance_scale": 2}'
    )
    assert settings_of(found) == {"temperature": 0.6, "top_p": 0.9, "top_k": 50}
    assert (found.kind, found.order) == ("generation-config", "transformers")
    assert found.unknown == (("guidance_scale", 2),)
    beams = formats.read('{"num_beams": 4, "length_penalty": 0.5, "eos_token_id": 1}')
    assert settings_of(beams) == {"strategy": "beam", "num_beams": 4, "length_penalty": 0.5}


def test_a_value_outside_the_rules_is_refused_alone():
    found = formats.read('{"model": "m", "messages": [], "top_p": 1.5, "temperature": 0.5, "max_tokens": "many"}')
    assert settings_of_refused(found) == ({"temperature": 0.5}, 2)
    assert any(one.startswith("top_p is not taken: top_p is 1.5, which is out of range.") for one in found.refused)
    assert line("--top-k").refused == ("--top-k is not taken: it has no value. Give one after it.",)
    assert line("-l x").refused[0].startswith("-l is not taken: 'x' is not a token's id")


def settings_of_refused(pasted: Pasted) -> tuple[dict, int]:
    return pasted.settings, len(pasted.refused)


def test_a_request_inside_a_curl_command():
    found = formats.read("""curl http://a/v1 -H 'B: c' -d '{"model": "m", "messages": [], "temperature": 0.5}'""")
    assert (found.kind, found.settings) == ("openai", {"temperature": 0.5})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There is nothing to read. Paste a llama.cpp command line"),
        ("Hello, how are you?", "The text is none of the known forms. Paste a llama.cpp command line"),
        ("[1, 2]", "The text is none of the known forms."),
        ("a: 1", "The text is none of the known forms."),
        ('{"temperature": 1', "The JSON ends or breaks at line 1"),
        ('{"a": ' * 10_000, "nested too deeply"),
        ("{" + '"a": 1' + "0" * 5000 + "}", "too many digits"),
        ("temperature: &a 1\ntop_p: *a", "refers to its own parts"),
        ("top_k: !!python/object/apply:os.system ['x']", "none of the known forms"),
        ("llama-cli -p 'open", "Close each quotation mark"),
        ("curl http://a", "sends nothing"),
        ("x" * 100_001, "Give at most 100,000"),
        (7, "must be a text"),
    ],
)
def test_what_is_no_settings_is_refused_in_a_sentence(text, says):
    with pytest.raises(PlaygroundError, match=says):
        formats.read(text)


STRANGE = (None, True, "", "x", "1e999", -1, 10**400, [], [[1]], {}, {"a": [1]}, ["x"], [{}], "[" * 5000)


@pytest.mark.parametrize("kind", formats.READERS)
def test_any_value_of_any_name_is_taken_listed_or_refused(kind):
    module = sys.modules[formats.READERS[kind].__module__]
    names = {
        *formats.FORMATS[kind].signs,
        *module.NEUTRAL,
        *Settings().to_dict(),
        "stop",
        "samplers",
        "response_format",
    }
    names |= {"extra_body", "structured_outputs", "guided_json", "logit_bias", "dynatemp_low", "sequence_bias"}
    for name in names:
        for value in STRANGE:
            found = formats.READERS[kind]({name: value, "dynamic_temperature": True, "dynatemp": True})
            assert found.kind in formats.FORMATS


def test_long_texts_are_refused_soon():
    for text in ("a/" * 50_000, " " * 40_000 + "x", "--top-k " + " " * 90_000, "-" * 100_000):
        with contextlib.suppress(PlaygroundError):
            formats.read(text)


def test_a_form_that_does_not_exist_is_refused():
    with pytest.raises(PlaygroundError, match="format is 'ini'"):
        formats.write("ini", {}, "transformers")
    with pytest.raises(PlaygroundError, match="kind is 'ini'"):
        formats.read("{}", "ini")
