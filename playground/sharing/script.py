"""Writes a trace as a Python script that uses plain `transformers` and nothing of the playground.

The script prints the same text for greedy, and the candidates of one step with the probabilities that the page shows.
Both come from `model.generate`, and so from transformers' own processors. Where the stages run in another order, or
one of them is not in transformers, the script has an explicit list of processors.
Knows models, settings and traces. Does not know pages.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from playground.decoding.settings import Settings
from playground.models import default_model
from playground.models.language_model import LanguageModel
from playground.models.quantizing import scheme_named
from playground.models.split import is_split
from playground.models.spread import is_spread
from playground.models.word_ids import words_of
from playground.sharing.chain_script import chain, definitions, plain_kwargs
from playground.sharing.written import languages, source
from playground.traces.trace import Trace

DEFAULT_FOLDER = f'''
import os
import sys
from pathlib import Path

user_cache = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
source = Path(os.environ.get("XDG_CACHE_HOME") or user_cache) / "decoding-playground" / "{default_model.NAME}"
'''
"""Code that finds the playground's default model on the machine where the script runs."""


def script(model: LanguageModel, trace: Trace, index: int) -> str:
    """Returns a complete Python script.

    Args:
        model: the model that made the trace.
        trace: the trace whose prompt and settings the script uses.
        index: the step whose distribution is printed; the script takes the trace's tokens before it.

    Raises:
        PlaygroundError: no text gives the prompt's ids.
    """
    settings, of_step = _step_by_step(trace.newest_settings), _step_by_step(_settings_at(trace, index))
    surprises = [step.surprise for step in trace.steps]
    classes = definitions([settings, of_step], surprises, trace.source_ids)
    return f'''"""{_purpose(trace.newest_settings)} Made by the decoding playground."""
{_source(model)}{_adapter(model)}
{_imports(model)}{classes}

tokenizer = AutoTokenizer.from_pretrained({_tokenizer(model)})
{_digits(model)}{_config(model)}model = {_class(model)}.from_pretrained({_arguments(model, for_model=True)})
{_weights(model)}{_with_adapter(model)}model = model.eval(){_to_device(model)}

{_prompt(model, trace)}
{_on_device(model, trace)}

settings = {_literal(_kwargs(settings))}
{_stages("settings", model, settings)}

def generate(ids, **others):
    return model.generate(
        {_inputs(model)},
        pad_token_id={_padding(model)},
        tokenizer=tokenizer,
        return_dict_in_generate=True,
        **settings | others,
    )

{_whole_text(trace)}
# The distribution at step {index + 1}, after the tokens that were chosen before it.
chosen = torch.tensor([{list(trace.token_ids[:index])}], dtype=torch.long, device=model.device)
ids = torch.cat([prompt_ids, chosen], dim=1)
{_step(model, trace, index)}
probabilities = step.scores[0][0].double().softmax(-1)
top = probabilities.topk(min(20, int((probabilities > 0).sum())))
for probability, token_id in zip(top.values.tolist(), top.indices.tolist(), strict=True):
    print(f"{{probability:.8f}}  {{token_id:>7}}  {{tokenizer.decode([token_id])!r}}")
'''


def _purpose(settings: Settings) -> str:
    if settings.strategy == "greedy":
        return "Prints a greedy text and the candidates of one of its steps."
    if settings.strategy == "beam":
        return f"Prints a text that a search with {settings.num_beams} beams found and the candidates of one step."
    return "Prints a sampled text and the candidates of one step."


def _step_by_step(settings: Settings) -> Settings:
    """Returns the settings for one step: greedy instead of beam, because the script is given the search's tokens."""
    return replace(settings, strategy="greedy") if settings.strategy == "beam" else settings


def _source(model: LanguageModel) -> str:
    """Returns the lines that say where the model is, without the server's path: it is private and useless elsewhere."""
    files = _files(model)
    if files == default_model.NAME:
        return DEFAULT_FOLDER
    if files.endswith(".gguf"):
        hint = f"# The folder that holds {files} on your machine; '.' is the one you start this script in."
        return f"\n{hint}\nsource = '.'\n"
    is_folder = Path(model.hf.name_or_path or "").resolve().name == files
    hint = (
        "# The model's folder on your machine: give its path if you start this script elsewhere.\n" if is_folder else ""
    )
    return f"\n{hint}source = {files!r}\n"


def _files(model: LanguageModel) -> str:
    """Returns what the model's files are called, or those of its base if it has an adapter."""
    return model.changes.files or model.name


def _arguments(model: LanguageModel, *, for_model: bool) -> str:
    arguments = ["source"]
    if _files(model).endswith(".gguf"):
        arguments.append(f"gguf_file={_files(model)!r}")
    if for_model:
        arguments.append(f"dtype=torch.{model.dtype}")
        arguments += ["config=config"] if _config(model) else []
        arguments += ['device_map="auto"'] if _is_on_several(model) else []
        scheme = scheme_named(model.changes.quantised)
        arguments += [f"quantization_config={scheme.code.format(dtype=f'torch.{model.dtype}')}"] if scheme else []
    return ", ".join(arguments)


def _adapter(model: LanguageModel) -> str:
    """Returns the lines that say where the model's adapter is, if it has one."""
    hint = "# The adapter's folder on your machine: give its path if you start this script elsewhere."
    return f"{hint}\nadapter = {model.changes.adapter!r}\n" if model.changes.adapter else ""


def _with_adapter(model: LanguageModel) -> str:
    return "model = PeftModel.from_pretrained(model, adapter)\n" if model.changes.adapter else ""


def _tokenizer(model: LanguageModel) -> str:
    """Returns what the tokenizer is read from. An adapter may come with one of its own."""
    is_own = model.changes.adapter and Path(model.tokenizer.hf.name_or_path).name == model.changes.adapter
    return "adapter" if is_own else _arguments(model, for_model=False)


def _class(model: LanguageModel) -> str:
    return "AutoModelForSeq2SeqLM" if model.takes_source else "AutoModelForCausalLM"


def _to_device(model: LanguageModel) -> str:
    return "" if _is_on_several(model) else f'.to("{model.device}")'


def _is_on_several(model: LanguageModel) -> bool:
    return is_spread(model.hf) or is_split(model.hf)


def _inputs(model: LanguageModel) -> str:
    """Returns what `generate` is given: the text so far, or what the encoder reads and the decoder's text so far."""
    if model.takes_source:
        return "source_ids,\n        attention_mask=torch.ones_like(source_ids),\n        decoder_input_ids=ids"
    return "ids,\n        attention_mask=torch.ones_like(ids)"


def _on_device(model: LanguageModel, trace: Trace) -> str:
    """Returns the lines that bring the prompt's ids to the model's device. A decoder's text begins with its own."""
    if not model.takes_source:
        return "prompt_ids = prompt_ids.to(model.device)"
    what = "start token" + ("" if trace.prompt_ids == model.start_ids else ", and the language that it writes")
    start = f"prompt_ids = torch.tensor([{list(trace.prompt_ids)}], device=model.device)  # the decoder's {what}"
    return f"source_ids = prompt_ids.to(model.device)  # what the encoder reads\n{start}"


def _digits(model: LanguageModel) -> str:
    if not model.changes.digit_by_digit:
        return ""
    return """# transformers leaves out that this file's tokenizer splits digits from each other.
tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
)
"""


def _config(model: LanguageModel) -> str:
    """Returns the lines that make the config, where the model is not loaded with the one of its files."""
    why = "  # in the file, and left out by transformers"
    lines = [f"config.{name} = {value!r}{why}" for name, value in model.changes.config.items()]
    if model.changes.unpacked == "on reading":
        lines.append("config.quantization_config['dequantize'] = True")
    read = f"config = AutoConfig.from_pretrained({_arguments(model, for_model=False)})"
    return "".join(f"{line}\n" for line in ([read, *lines] if lines else []))


def _weights(model: LanguageModel) -> str:
    """Returns the lines that give quantised weights the form that the playground computes with."""
    if model.changes.unpacked == "after reading":
        return f"model = model.dequantize(torch.{model.dtype}).to(torch.{model.dtype})\n"
    if not model.is_packed:
        return ""
    return f"""for parameter in model.parameters():
    if type(parameter) is torch.nn.Parameter and parameter.is_floating_point():
        parameter.data = parameter.data.to(torch.{model.dtype})
"""


def _imports(model: LanguageModel) -> str:
    config = "AutoConfig, " if _config(model) else ""
    tokenizers = "from tokenizers import pre_tokenizers\n" if model.changes.digit_by_digit else ""
    peft = "from peft import PeftModel\n" if model.changes.adapter else ""
    transformers = f"from transformers import {config}{_class(model)}, AutoTokenizer"
    scheme = scheme_named(model.changes.quantised)
    return f"import torch\n{peft}{tokenizers}{scheme.imports if scheme else ''}{transformers}"


def _prompt(model: LanguageModel, trace: Trace) -> str:
    prompt = source(model, trace)
    if not isinstance(prompt, str):
        lines = "".join(f"    {turn!r},\n" for turn in prompt.turns())
        options = f", **{dict(prompt.template_options)!r}" if prompt.template_options else ""
        return f"""messages = [
{lines}]
text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True{options})
prompt_ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids"""
    if not prompt:
        return f"prompt_ids = torch.tensor([{list(trace.prompt_ids)}])  # an empty prompt: the start token"
    language = ""
    if trace.source_ids:
        codes = languages(model, trace)
        prompt = model.languages.typed(prompt, codes["target"])
        language = f"tokenizer.src_lang = {codes['source']!r}\n" if codes["source"] else ""
    return f'{language}prompt_ids = tokenizer({prompt!r}, return_tensors="pt").input_ids'


def _literal(values: dict[str, Any]) -> str:
    lines = "".join(f"    {name!r}: {value!r},\n" for name, value in values.items())
    return f"{{\n{lines}}}"


def _padding(model: LanguageModel) -> int:
    return min(model.eos_token_ids, default=0)


def _whole_text(trace: Trace) -> str:
    settings, prompt_length = trace.newest_settings, "prompt_ids.shape[1]"
    given = trace.given_ids
    left = 0 if settings.strategy == "beam" else max(settings.max_new_tokens, len(trace.steps)) - len(given)
    seed, begin, output = "", "", "generate(prompt_ids).sequences"
    if settings.strategy == "sample":
        seed = (
            "# The playground uses its own random numbers, so this script may draw another text from the same "
            f"distributions.\ntorch.manual_seed({settings.seed})\n"
        )
    if given:
        why = (
            "The text that the search found is given."
            if settings.strategy == "beam"
            else ("Up to a token that was chosen by hand or under other settings, the text is given.")
        )
        begin = (
            f"# {why}\ngiven = torch.tensor([{list(given)}], "
            "device=model.device)\nbeginning = torch.cat([prompt_ids, given], dim=1)\n"
        )
        output = f"generate(beginning, max_new_tokens={left}).sequences" if left > 0 else "beginning"
    return f"""
{seed}{begin}output = {output}
print(tokenizer.decode(output[0, {prompt_length} :]))
print()
"""


def _settings_at(trace: Trace, index: int) -> Settings:
    return trace.settings_at(index) if trace.steps else trace.settings


def _kwargs(settings: Settings) -> dict[str, Any]:
    return settings.generate_kwargs() if settings.is_generates else plain_kwargs(settings)


def _stages(name: str, model: LanguageModel, settings: Settings) -> str:
    """Returns the lines that add to the arguments called `name` the stages which `generate` cannot make from them."""
    if settings.is_generates:
        return ""
    order = f"of {settings.order}" if isinstance(settings.order, str) else "of their own"
    return f"# The stages run in an order {order}.\n{name}['logits_processor'] = {chain(settings, words_of(model))}\n"


def _step(model: LanguageModel, trace: Trace, index: int) -> str:
    settings = _step_by_step(_settings_at(trace, index))
    if settings.chooses_as(_step_by_step(trace.newest_settings)):
        return "step = generate(ids, max_new_tokens=1, output_scores=True)"
    no_list = {} if trace.newest_settings.is_generates else {"logits_processor": None}
    own = _literal(_kwargs(settings) | {"max_new_tokens": 1} | no_list)
    why = "  # the step was chosen under other settings"
    return f"own = {own}{why}\n{_stages('own', model, settings)}step = generate(ids, output_scores=True, **own)"
