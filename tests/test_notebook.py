"""Tests that a text which is recorded in a notebook is that of the server and of `generate`, and changes nothing."""

import _thread
import copy
import gzip
import json
import re
import subprocess
import sys
import threading
from html import unescape

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer, LlamaModel

from playground import notebook
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.built_in import BUILT_IN
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import fakes
from tests.architectures import config_of, made
from tests.fakes import KINDS
from tests.test_architectures import MOST_USED

PROMPT = "the  on"
SAMPLED = {"do_sample": True, "temperature": 0.7, "top_k": 20, "top_p": 0.9, "repetition_penalty": 1.2, "seed": 5}


def generated(hf, tokenizer, prompt=PROMPT, **asked) -> list[int]:
    """Returns the tokens that `generate` writes."""
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    written = hf.generate(ids, pad_token_id=0, **asked)[0].tolist()
    return written if hf.config.is_encoder_decoder else written[ids.shape[1] :]


async def served(model: LanguageModel, settings: Settings, prompt=PROMPT):
    """Returns the trace that the server's engine records."""
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        return (await fakes.trace(engine, Request(model.encode_prompt(prompt).ids, settings)))[1]
    finally:
        engine.close()


def same(one, other) -> None:
    """Checks that two traces have the same numbers, to the last bit."""
    assert one.prompt_ids == other.prompt_ids
    assert one.token_ids == other.token_ids
    assert one.stop_reason == other.stop_reason
    for step, its in zip(one.steps, other.steps, strict=True):
        assert facts(step) == facts(its)
        assert torch.equal(step.logits, its.logits)
        assert torch.equal(step.attention, its.attention)


def facts(step) -> tuple:
    return step.index, step.token_id, step.draw, step.probability, step.kept, step.raw


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize("asked", [{}, SAMPLED], ids=["greedy", "sampled"])
async def test_the_numbers_are_those_of_the_server(tiny_models, tokenizer, kind, asked):
    found = notebook.trace(tiny_models[kind], tokenizer, PROMPT, max_new_tokens=24, **asked).trace
    model = LanguageModel(copy.deepcopy(tiny_models[kind]), tokenizer, found.model)
    same(found, await served(model, found.settings))


async def test_in_16_bits_the_numbers_are_those_of_the_server(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"]).to(torch.bfloat16)
    found = notebook.trace(hf, tokenizer, PROMPT, max_new_tokens=8, min_new_tokens=8)
    same(found.trace, await served(LanguageModel(hf, tokenizer, "tiny"), found.trace.settings))
    assert found.trace.steps[0].logits.dtype == torch.bfloat16
    assert json.loads(gzip.decompress(found.file()))["dtype"] == "bfloat16"


@pytest.mark.model
async def test_the_numbers_of_the_default_model_are_those_of_the_server(default_model):
    hf, tokenizer = default_model.hf, default_model.tokenizer.hf
    found = notebook.trace(hf, tokenizer, "The sky", max_new_tokens=8, **SAMPLED).trace
    same(found, await served(default_model, found.settings, "The sky"))
    greedy = notebook.trace(hf, tokenizer, "The sky", max_new_tokens=8)
    assert list(greedy.trace.token_ids) == generated(hf, tokenizer, "The sky", max_new_tokens=8)


@pytest.mark.filterwarnings("ignore:Using the model-agnostic default `max_length`")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "asked",
    [
        {"max_new_tokens": 24},
        {},
        {"max_new_tokens": 24, "repetition_penalty": 1.5, "no_repeat_ngram_size": 2, "min_new_tokens": 20},
        {"max_new_tokens": 24, "do_sample": True, "top_k": 1},
    ],
    ids=["greedy", "nothing said", "penalties", "only one to draw"],
)
def test_the_text_is_that_of_generate(tiny_models, tokenizer, kind, asked):
    found = notebook.trace(tiny_models[kind], tokenizer, PROMPT, **asked)
    assert list(found.trace.token_ids) == generated(tiny_models[kind], tokenizer, **asked)
    assert found.text == tokenizer.decode(found.trace.token_ids)


@pytest.mark.long
@pytest.mark.parametrize("kind", MOST_USED)
def test_the_text_of_every_much_used_architecture_is_that_of_generate(tokenizer, kind):
    hf = made(config_of(kind)).eval()
    found = notebook.trace(hf, tokenizer, PROMPT, max_new_tokens=8)
    assert list(found.trace.token_ids) == generated(hf, tokenizer, max_new_tokens=8)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
def test_the_base_of_an_adapter_is_recorded_with_the_adapter(tiny_models, tokenizer):
    torch.manual_seed(0)
    asked = {"max_new_tokens": 8, "min_new_tokens": 8}
    plain = generated(tiny_models["llama"], tokenizer, **asked)
    config = LoraConfig(target_modules=["q_proj", "v_proj"], init_lora_weights=False, lora_alpha=100)
    adapted = get_peft_model(copy.deepcopy(tiny_models["llama"]), config).eval()
    with pytest.raises(PlaygroundError, match=r"model is a PeftModel. Give a model of transformers, .* get_base_model"):
        notebook.trace(adapted, tokenizer, PROMPT)
    found = notebook.trace(adapted.get_base_model(), tokenizer, PROMPT, **asked)
    assert list(found.trace.token_ids) == generated(adapted.get_base_model(), tokenizer, **asked) != plain


def test_what_is_not_said_is_as_the_models_generation_config_has_it(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"])
    hf.generation_config.update(do_sample=True, temperature=0.5, max_new_tokens=3, encoder_repetition_penalty=1.1)
    hf.generation_config.suppress_tokens = [10, 11]
    told = notebook.trace(hf, tokenizer, PROMPT, top_p=0.8)
    settings = told.trace.settings
    assert (settings.strategy, settings.temperature, settings.top_p, settings.top_k) == ("sample", 0.5, 0.8, 50)
    assert len(told.trace.steps) == settings.max_new_tokens == 3
    assert told.notes == ("encoder_repetition_penalty", "suppress_tokens")
    asked = {"do_sample": False, "max_new_tokens": 24, "encoder_repetition_penalty": 3.0}
    assert list(notebook.trace(hf, tokenizer, PROMPT, **asked).trace.token_ids) == generated(hf, tokenizer, **asked)


def test_nothing_about_the_model_changes(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"]).requires_grad_(True).train()
    hf.model.layers[1].eval()
    hf.lm_head.weight.requires_grad_(False)
    hf.register_forward_hook(lambda *_: None)
    threads, chance, grad = torch.get_num_threads(), torch.get_rng_state(), torch.is_grad_enabled()
    before, modules, buffers = state_of(hf), list(hf.modules()), [id(one) for one in hf.buffers()]
    numbers = {name: one.detach().clone() for name, one in hf.named_parameters()}
    kept = copy.deepcopy(tokenizer).backend_tokenizer.to_str()
    notebook.trace(hf, tokenizer, PROMPT, max_new_tokens=4)
    assert state_of(hf) == before
    assert list(hf.modules()) == modules
    assert [id(one) for one in hf.buffers()] == buffers
    assert all(torch.equal(one, numbers[name]) for name, one in hf.named_parameters())
    assert tokenizer.backend_tokenizer.to_str() == kept
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), chance)
    assert torch.is_grad_enabled() == grad
    with torch.enable_grad():
        hf(torch.tensor([[5, 6, 7]]), labels=torch.tensor([[5, 6, 7]])).loss.backward()
    assert hf.model.embed_tokens.weight.grad is not None


def state_of(hf) -> tuple:
    """Returns all that a run of another program could have changed in a model."""
    hooks = [(len(one._forward_hooks), len(one._forward_pre_hooks)) for one in hf.modules()]
    return (
        hf.config._attn_implementation,
        hf.config.to_dict(),
        hf.generation_config.to_dict(),
        [one.training for one in hf.modules()],
        [(name, id(one), one.requires_grad, one.dtype, one.device) for name, one in hf.named_parameters()],
        hooks,
    )


def test_the_hooks_of_the_model_are_at_work(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"])
    plain = generated(hf, tokenizer, max_new_tokens=8)
    hf.model.layers[0].register_forward_hook(lambda _module, _args, output: output + 2 * torch.ones_like(output))
    steered = generated(hf, tokenizer, max_new_tokens=8)
    assert steered != plain
    assert list(notebook.trace(hf, tokenizer, PROMPT, max_new_tokens=8).trace.token_ids) == steered


async def test_it_works_where_an_event_loop_runs_already(tiny_models, tokenizer):
    found = notebook.trace(tiny_models["gpt2"], tokenizer, PROMPT, max_new_tokens=3)
    assert len(found.trace.steps) == 3


def test_a_text_and_its_ids_are_the_same_prompt(tiny_models, tokenizer):
    hf, read = tiny_models["llama"], tokenizer(PROMPT)
    forms = [PROMPT, read, read.input_ids, tokenizer(PROMPT, return_tensors="pt"), torch.tensor(read.input_ids)]
    found = [notebook.trace(hf, tokenizer, form, max_new_tokens=2).trace for form in forms]
    assert {one.prompt_ids for one in found} == {tuple(read.input_ids)}


def test_messages_go_through_the_chat_template(tiny_models, tokenizer):
    chatting = copy.deepcopy(tokenizer)
    chatting.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<a>"
    messages = [{"role": "user", "content": "the on"}]
    found = notebook.trace(tiny_models["llama"], chatting, messages, max_new_tokens=2).trace
    assert chatting.decode(found.prompt_ids) == "<user>the on<a>"
    assert found.conversation.turns() == messages
    with pytest.raises(PlaygroundError, match="has no chat template"):
        notebook.trace(tiny_models["llama"], tokenizer, messages)


def test_an_encoder_decoder_reads_the_prompt_with_its_encoder():
    folder = BUILT_IN / "french-english"
    hf, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    found = notebook.trace(hf, tokenizer, "le chat dort .", max_new_tokens=12)
    written = generated(hf, tokenizer, "le chat dort .", max_new_tokens=12, num_beams=1)
    assert [*found.trace.prompt_ids, *found.trace.token_ids] == written
    assert found.trace.steps[0].source_attention is not None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"num_beams": 4}, "num_beams is 4, which belongs to beam search."),
        ({"max_length": 9}, "max_length is not supported here. Supported are do_sample, max_new_tokens, stop_strings,"),
        ({"do_sample": "yes"}, "do_sample must be True or False, but is 'yes'."),
        ({"top_p": 3}, "top_p is 3, which is out of range. Give top_p a value from 0 to 1"),
        ({"prompt": ""}, "prompt is \\[\\]"),
        ({"prompt": [[1, 2], [3, 4]]}, "prompt has 2 rows of ids. Give one text"),
        ({"prompt": [1, 10**6]}, "1000000 is no token of LlamaForCausalLM"),
        ({"prompt": 7}, "prompt is 7. Give a text, a list of messages, or ids"),
    ],
)
def test_what_cannot_be_is_a_sentence(tiny_models, tokenizer, asked, sentence):
    prompt = asked.pop("prompt", PROMPT) or []
    with pytest.raises(PlaygroundError, match=sentence):
        notebook.trace(tiny_models["llama"], tokenizer, prompt, **asked)


def test_what_changes_nothing_in_one_text_may_be_said(tiny_models, tokenizer):
    found = notebook.trace(tiny_models["llama"], tokenizer, PROMPT, max_new_tokens=2, pad_token_id=0, num_beams=1)
    assert len(found.trace.steps) == 2


def test_other_models_are_refused(tiny_models, tokenizer):
    hf = copy.deepcopy(tiny_models["llama"])
    with pytest.raises(PlaygroundError, match=r"model is a Linear. Give a model of transformers"):
        notebook.trace(torch.nn.Linear(1, 1), tokenizer, PROMPT)
    with pytest.raises(PlaygroundError, match=r"tokenizer is a str. Give the model's tokenizer"):
        notebook.trace(hf, "gpt2", PROMPT)
    with pytest.raises(PlaygroundError, match=r"\(LlamaModel\) does not continue a text token by token"):
        notebook.trace(LlamaModel(hf.config), tokenizer, PROMPT)
    with pytest.raises(PlaygroundError, match=r"weights are on meta, and they have to be on one device"):
        notebook.trace(copy.deepcopy(hf).to("meta"), tokenizer, PROMPT)
    hf.model.forward = hf.model.forward
    with pytest.raises(PlaygroundError, match=r"The forward of LlamaForCausalLM, module model, was replaced"):
        notebook.trace(hf, tokenizer, PROMPT)
    hf.is_quantized = True
    with pytest.raises(PlaygroundError, match=r"weights are quantised, and only plain weights can be shared"):
        notebook.trace(hf, tokenizer, PROMPT)


def test_an_encoder_only_model_is_refused():
    folder = BUILT_IN / "fill-the-blank"
    with pytest.raises(PlaygroundError, match=r"fill-the-blank is encoder-only: it reads a whole text at once"):
        notebook.trace(AutoModelForMaskedLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder), "a cat")


def test_an_interrupt_ends_the_text(tiny_models, tokenizer, monkeypatch):
    hf, steps, closing, close = copy.deepcopy(tiny_models["llama"]), [], threading.Event(), Engine.close

    def count(*_):
        steps.append(threading.current_thread().name)
        if steps.count("engine") == 5:
            _thread.interrupt_main()
            assert closing.wait(fakes.PATIENCE_SECONDS)

    hf.register_forward_hook(count)
    monkeypatch.setattr(Engine, "close", lambda engine: (closing.set(), close(engine)))
    with pytest.raises(KeyboardInterrupt):
        notebook.trace(hf, tokenizer, PROMPT, max_new_tokens=80, min_new_tokens=80)
    assert steps.count("engine") == 5
    assert not [one for one in threading.enumerate() if one.name == "engine"]


def test_neither_gradio_nor_fastapi_is_imported():
    program = "import sys, playground.notebook; print({'gradio', 'fastapi', 'starlette', 'plotly'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"


def test_a_notebook_shows_the_page_that_is_saved(tiny_models, tokenizer, tmp_path):
    recorded = notebook.trace(tiny_models["gpt2"], tokenizer, PROMPT, max_new_tokens=4, min_new_tokens=4)
    saved = recorded.save(tmp_path / "page.html")
    [shown] = re.findall(
        r'^<iframe srcdoc="([^"]*)" title="The steps of a text by GPT2LMHeadModel" ', recorded._repr_html_()
    )
    assert unescape(shown).encode() == saved.read_bytes() == recorded.save(tmp_path / "again.html").read_bytes()
    assert re.search(
        r">The steps of this text are a page .* Run the cell again, [^<]*</iframe>$", recorded._repr_html_()
    )
    assert repr(recorded) == f"<Recorded by GPT2LMHeadModel, 4 steps: {recorded.text!r}>"


def test_the_whole_file_has_the_attention(tiny_models, tokenizer):
    recorded = notebook.trace(tiny_models["gpt2"], tokenizer, PROMPT, max_new_tokens=2, min_new_tokens=2)
    steps = json.loads(gzip.decompress(recorded.file("full")))["steps"]
    assert [step["attention"]["shape"] for step in steps] == [[2, 4, 5], [2, 4, 6]]
    assert "attention" not in json.loads(gzip.decompress(recorded.file()))["steps"][0]


def test_another_kind_of_page_is_refused_with_a_sentence(tiny_models, tokenizer, tmp_path):
    recorded = notebook.trace(tiny_models["gpt2"], tokenizer, PROMPT, max_new_tokens=2)
    with pytest.raises(PlaygroundError, match=r"kind is 'whole'. Choose one of full, light\."):
        recorded.save(tmp_path / "page.html", "whole")
    assert not (tmp_path / "page.html").exists()
