"""Tests that the exported script prints the same greedy text and the distribution that the page shows."""

import asyncio
import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from playground.conversation import Conversation, Message, conversation
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.engine.engine import Engine
from playground.engine.fork import fork
from playground.engine.found import found
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.models.offering import Asked, offers
from playground.models.prompt_ids import PromptIds
from playground.models.word_ids import words_of
from playground.sharing.script import script
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Trace
from tests import adapters, fakes
from tests.gguf_files import build, write
from tests.many_text_parts import save
from tests.test_chat_template import CALL, CALLED, THINKING, TOOLS
from tests.test_gguf import rewritten
from tests.test_loading import write_gguf
from tests.test_quantization import pack_in_fp8

PENALISED = Settings(strategy="greedy", repetition_penalty=1.3, no_repeat_ngram_size=3, max_new_tokens=12)
SAMPLED = Settings(temperature=0.8, top_k=40, top_p=0.9, min_p=0.01, repetition_penalty=1.1, max_new_tokens=8, seed=5)
READ_AT_ONCE = 1e-5
"""The script reads the text before a step in one forward, and the playground reads it token by token. In float32 this
changes a probability by up to 5e-6 in 30 layers. In the tiny model's two layers no difference shows."""


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory, tiny_models, tokenizer) -> LanguageModel:
    """The tiny model, loaded from a folder. The script contains only the folder's name."""
    folder = tmp_path_factory.mktemp("models") / "tiny's"
    tiny_models["llama"].save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return load(str(folder), "cpu")


def make(model: LanguageModel, prompt: str | Conversation, settings: Settings) -> Trace:
    engine = Engine(model, TraceStore(50_000_000)).start()
    told = None if isinstance(prompt, str) else prompt
    text = prompt if isinstance(prompt, str) else model.tokenizer.conversation(prompt.turns(), prompt.template_options)
    ids = model.tokenizer.encode(text, templated=told is not None)
    _, trace = fakes.run(engine, Request(ids, settings, conversation=told))
    engine.close()
    return trace


def started(source: str, folder: str) -> str:
    """Returns what the script prints when it is started in `folder` by a new interpreter."""
    ran = subprocess.run(
        [sys.executable, "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"},
    )
    return ran.stdout


def run_here(source: str, folder: str) -> str:
    """Does the same in this interpreter, which saves the four seconds to import torch and transformers."""
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(source, "script.py", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def read(printed: str) -> tuple[str, dict[int, float]]:
    """Returns the printed text and each candidate's probability."""
    candidates = re.compile(r"^(\d\.\d{8}) +(\d+)  '.*'$|^(\d\.\d{8}) +(\d+)  \".*\"$", re.MULTILINE)
    found = list(candidates.finditer(printed))
    numbers = [[part for part in match.groups() if part] for match in found]
    return printed[: found[0].start()], {int(token_id): float(probability) for probability, token_id in numbers}


def check(
    model: LanguageModel, trace: Trace, index: int, tolerance: float = 1e-6, run: Callable[[str, str], str] = run_here
) -> None:
    source, path = script(model, trace, index), Path(model.hf.name_or_path)
    assert str(path.parent) not in source, "no path of the server"
    text, candidates = read(run(source, str(path.parent)))
    if trace.settings.strategy != "sample":
        assert text == model.tokenizer.decode(trace.token_ids) + "\n\n"
    moment = Moment(trace.ids_before(index), len(trace.prompt_ids), trace.source_ids)
    extras = model.extra_processors(PromptIds(trace.prompt_ids), trace.settings.max_new_tokens)
    settings, words = trace.settings_at(index), words_of(model)
    last = stages(trace.steps[index].logits, moment, settings, extras, words)[-1].logits
    expected = last.double().softmax(-1)
    assert len(candidates) == min(20, int((expected > 0).sum()))
    assert sorted(candidates.values()) == pytest.approx(
        sorted(expected.topk(len(candidates)).values.tolist()), abs=tolerance
    )
    for token_id, probability in candidates.items():
        assert probability == pytest.approx(float(expected[token_id]), abs=tolerance)


@pytest.mark.parametrize("settings", [PENALISED, pytest.param(SAMPLED, marks=pytest.mark.long)])
def test_it_prints_what_a_tiny_model_did(tiny_model, settings):
    check(tiny_model, make(tiny_model, 'the \'in\'\n""" \\ é', settings), 3, run=started)


@pytest.mark.parametrize("order", ["llama.cpp", ("top_p", "temperature", "repetition_penalty")])
def test_another_order_is_an_explicit_list_of_processors(tiny_model, order):
    settings = replace(SAMPLED, temperature=1.7, top_p=0.8, repetition_penalty=1.3, order=order)
    trace = make(tiny_model, "the tin in", settings)
    assert "logits_processor" in script(tiny_model, trace, 2)
    check(tiny_model, trace, 2)


OF_THE_TEXT = {
    "logit_bias": {"the": 2, "77": -3, " in": False},
    "bad_words": ["tin", "e"],
    "min_new_tokens": 5,
    "exponential_decay_length_penalty": [1, 1.5],
    "encoder_repetition_penalty": 1.5,
    "repetition_penalty": 1.3,
    "repeat_last_n": 3,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.25,
    "dry_multiplier": 0.8,
    "dry_allowed_length": 1,
}


def test_stages_that_read_the_text_are_written_out(tiny_model):
    """The step is the third, and the script gives `generate` the two tokens before it as a part of its prompt."""
    trace = make(tiny_model, "the tin in the tin", Settings(max_new_tokens=6, seed=3, **OF_THE_TEXT))
    check(tiny_model, trace, 2)


def test_a_fork_goes_on_from_what_was_chosen(tiny_model):
    engine = Engine(tiny_model, TraceStore(50_000_000)).start()

    async def make_fork() -> Trace:
        prompt_ids = tiny_model.tokenizer.encode("the in")
        parent = engine.trace(Request(prompt_ids, replace(PENALISED, repetition_penalty=1.0)))
        await fakes.collect(parent)
        child = fork(engine, Origin(parent.trace_id, 4), [77], PENALISED)
        await fakes.collect(child)
        return engine.store.get(child.trace_id)

    trace = asyncio.run(make_fork())
    engine.close()
    check(tiny_model, trace, 2)
    check(tiny_model, trace, 7)


def test_what_a_search_found_is_given(tiny_model):
    engine = Engine(tiny_model, TraceStore(50_000_000)).start()
    search = Settings(strategy="beam", num_beams=4, no_repeat_ngram_size=1, max_new_tokens=9)

    async def make_found() -> Trace:
        run = found(engine, tiny_model.tokenizer.encode("the in"), search, (77, 80, 91))
        await fakes.collect(run)
        return engine.store.get(run.trace_id)

    trace = asyncio.run(make_found())
    engine.close()
    assert "a search with 4 beams found" in script(tiny_model, trace, 0)
    check(tiny_model, trace, 2)


def test_an_empty_prompt_and_stop_strings_go_through(tiny_model):
    check(tiny_model, make(tiny_model, "", replace(PENALISED, stop_strings=("never",))), 0)


@pytest.mark.model
@pytest.mark.parametrize("settings", [SAMPLED, pytest.param(PENALISED, marks=pytest.mark.long)])
def test_it_prints_what_the_default_model_did(default_model, settings):
    check(default_model, make(default_model, "At night the sky is full of", settings), 4, READ_AT_ONCE, started)


@pytest.mark.parametrize(
    ("template", "told", "part"),
    [
        (
            THINKING,
            Conversation((Message("system", "'in'"), Message("user", "on")), {"enable_thinking": False, "tools": [{}]}),
            "'enable_thinking': False",
        ),
        (TOOLS, conversation(CALLED, {}, 1000), f"'tool_calls': {[CALL]}"),
    ],
)
def test_the_switches_and_the_calls_of_a_conversation_go_through(tmp_path, tiny_models, template, told, part):
    tokenizer = fakes.byte_level_tokenizer()
    tokenizer.chat_template = template
    tiny_models["llama"].save_pretrained(tmp_path / "tiny")
    tokenizer.save_pretrained(tmp_path / "tiny")
    model = load(str(tmp_path / "tiny"), "cpu")
    trace = make(model, told, PENALISED)
    assert part in script(model, trace, 0)
    check(model, trace, 3)


@pytest.mark.long
@pytest.mark.model
def test_a_conversation_goes_through_the_chat_template(default_model):
    told = Conversation((Message("system", "Be brief."), Message("user", 'Say "hello".')))
    trace = make(default_model, told, replace(PENALISED, max_new_tokens=6))
    assert "apply_chat_template" in script(default_model, trace, 0)
    check(default_model, trace, 2, READ_AT_ONCE)


@pytest.mark.model
def test_the_default_model_is_named_without_a_path_of_this_machine(default_model):
    source = script(default_model, Trace("x", default_model.tokenizer.encode("a"), Settings()), 0)
    assert os.path.expanduser("~") not in source
    assert default_model.hf.name_or_path not in source


def test_an_adapter_and_a_variant_are_loaded_from_the_files_of_their_base(tmp_path):
    base, tuned = adapters.saved("llama", tmp_path / "tiny"), adapters.adapter(tmp_path / "tuned")
    made = offers(Asked([str(base)], variants=["bfloat16"], adapters=[str(tuned)], device="cpu"))
    _, both, half = (offer.load() for offer in made)
    check(both, make(both, "on a", PENALISED), 3, run=started)
    source = script(half, make(half, "on a", PENALISED), 0)
    assert "source = 'tiny'\n" in source
    assert "from_pretrained(source, dtype=torch.bfloat16)" in source


def test_a_local_folder_is_named_and_explained(tiny_model):
    source = script(tiny_model, Trace("x", tiny_model.tokenizer.encode("a"), Settings()), 0)
    assert 'source = "tiny\'s"' in source
    assert "# The model's folder on your machine" in source


@pytest.mark.long
def test_a_gguf_file_is_named_without_its_folder(tmp_path, tokenizer):
    write_gguf(tmp_path / "tiny.gguf", tokenizer)
    model = load(str(tmp_path / "tiny.gguf"), "cpu")
    trace = make(model, "the", replace(PENALISED, max_new_tokens=2))
    source = script(model, trace, 0)
    assert str(tmp_path) not in source
    assert "# The folder that holds tiny.gguf on your machine" in source
    text, _ = read(run_here(source, str(tmp_path)))
    assert text == model.tokenizer.decode(trace.token_ids) + "\n\n"


def test_ids_that_no_text_gives_are_a_sentence(tiny_model):
    pieces = [token_id for letter in " the" for token_id in tiny_model.tokenizer.encode(letter)]
    with pytest.raises(PlaygroundError, match="No text gives"):
        script(tiny_model, Trace("tiny", tuple(pieces), Settings()), 0)


def test_hostile_prompts_are_data(tiny_model):
    prompt = "'''\"\"\"\nimport os; os.abort() #{settings!r}\\"
    check(tiny_model, make(tiny_model, prompt, replace(PENALISED, max_new_tokens=2)), 1)


@pytest.mark.parametrize("family", ["phi3 with longrope", "gemma3", "gpt2"])
def test_what_transformers_leaves_in_a_gguf_file_is_set_again(tmp_path, family):
    plain, path = tmp_path / "plain.gguf", tmp_path / "tiny.gguf"
    write(build(family), family, plain)
    rewritten(plain, path, {"tokenizer.ggml.pre": "smollm"})
    model = load(str(path), "cpu")
    trace = make(model, "the 12 in", PENALISED)
    source = script(model, trace, 2)
    assert "left out by transformers" in source
    assert "pre_tokenizers.Digits" in source
    check(model, trace, 2, run=lambda text, _folder: run_here(text, str(tmp_path)))


def test_quantised_weights_are_unpacked_again(tmp_path, tiny_models):
    save(tiny_models["llama"], tmp_path / "tiny")
    pack_in_fp8(tmp_path / "tiny")
    model = load(str(tmp_path / "tiny"), "cpu")
    trace = make(model, "the 12 in", PENALISED)
    assert "config.quantization_config['dequantize'] = True" in script(model, trace, 2)
    check(model, trace, 2)
