"""Tests that a model's folder in which something is missing, broken or wrong is refused, and what the sentence says."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import pytest

from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.models.loading import load
from playground.web.panels import sidebar
from tests import fakes
from tests.many_text_parts import save

ODD = ["tokenization.OddTokenizer", None]
SHARD = "model-00003-of-00007.safetensors"


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory, tiny_models) -> Path:
    """The tiny Llama in seven files of weights, with their index."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_models["llama"].save_pretrained(folder, max_shard_size="20KB")
    fakes.byte_level_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def folder(tmp_path, whole_folder) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(whole_folder, tmp_path / "tiny"))


def state(folder: Path, file: str = "config.json", **values) -> None:
    """Writes values into a JSON file of the folder."""
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_weights_in_several_files_load(folder, tiny_models):
    model = load(str(folder), "cpu")
    expected, _ = fakes.full_forward(tiny_models["llama"], fakes.prompt(6))
    assert (fakes.next_logits(model, fakes.prompt(6)) - expected[-1]).abs().max() < 1e-4


def test_weights_that_are_there_twice_are_counted_and_read_once(folder, tiny_models):
    """Mistral's folders also hold the weights in the author's own format, which transformers does not read."""
    shutil.copy(folder / SHARD, folder / "consolidated.safetensors")
    assert load(str(folder), "cpu").facts()["parameters"] == tiny_models["llama"].num_parameters()


def cut(folder: Path, file: str, bytes_kept: int) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[:bytes_kept])


BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (
        lambda folder: (folder / SHARD).unlink(),
        rf"^tiny lacks 1 of the 7 files that model.safetensors.index.json names: {SHARD}. Fetch the model again",
    ),
    (lambda folder: cut(folder, SHARD, 0), rf"^tiny's {SHARD} is cut off: it ends in its header, after 0 bytes"),
    (lambda folder: cut(folder, SHARD, 50), rf"^tiny's {SHARD} is cut off: it ends in its header, after 50 bytes"),
    (lambda folder: cut(folder, SHARD, -1), rf"^tiny's {SHARD} is cut off: it has [\d,]+ bytes and its header names"),
    (lambda folder: (folder / SHARD).write_bytes(bytes(1000)), "does not begin as a safetensors file does"),
    (
        lambda folder: (folder / SHARD).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        rf"^tiny's {SHARD} is a pointer of Git LFS, without the weights. Run 'git lfs pull' in its folder",
    ),
    (lambda folder: (folder / "model.safetensors.index.json").write_text("{"), "index.json is not JSON"),
    (lambda folder: (folder / "model.safetensors.index.json").write_text("{}"), "index.json names no files of weights"),
    (lambda folder: (folder / "model.safetensors.index.json").unlink(), "^tiny has no .safetensors weights: neither"),
    (
        lambda folder: state(folder, num_hidden_layers=3),
        "^tiny's files of weights lack 9 of the model's tensors, such as model.layers.2.input_layernorm.weight",
    ),
    (
        lambda folder: state(folder, vocab_size=200),
        "^tiny's tensor lm_head.weight has the shape 300 × 32 in its file and 200 × 32 by its config.json",
    ),
    (
        lambda folder: state(folder, num_attention_heads=3),
        r"hidden size \(32\) is not a multiple of .* heads \(3\)",
    ),
    (lambda folder: state(folder, pad_token_id=300), "could not be read as a model: Padding_idx must be within"),
    (lambda folder: state(folder, num_hidden_layers="two"), "'num_hidden_layers' expected int, got str"),
    (lambda folder: (folder / "config.json").write_text("[]"), "^tiny's config.json is not a JSON object"),
    (lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe"), "^tiny's config.json is not JSON"),
    (lambda folder: (folder / "config.json").write_text("{}"), "Should have a `model_type` key in its config.json"),
    (
        lambda folder: state(folder, model_type="minicpm9", auto_map={"AutoConfig": "configuration.MiniCPM9Config"}),
        r"^tiny needs Python code of its author \(auto_map in its config.json\), and the playground runs no such code",
    ),
    (
        lambda folder: state(folder, "tokenizer_config.json", tokenizer_class="Odd", auto_map={"AutoTokenizer": ODD}),
        r"^tiny needs Python code of its author \(auto_map in its tokenizer_config.json\)",
    ),
    (
        lambda folder: [file.unlink() for file in folder.glob("tokenizer*")],
        "^tiny has no tokenizer: no vocabulary lies beside its weights. Copy the tokenizer's files",
    ),
    (lambda folder: (folder / "tokenizer.json").write_text("{"), r"^tiny's tokenizer cannot be read \(Expecting"),
]


@pytest.mark.parametrize(("spoil", "sentence"), BROKEN)
def test_a_broken_folder_is_a_sentence(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(PlaygroundError, match=sentence):
        load(str(folder), "cpu")


def test_a_tokenizer_that_transformers_makes_up_is_not_used(tmp_path, tiny_models):
    """For Qwen 2 it makes a tokenizer of one token where there are no files."""
    tiny_models["qwen2"].save_pretrained(tmp_path)
    with pytest.raises(PlaygroundError, match="has no tokenizer: no vocabulary lies beside its weights"):
        load(str(tmp_path), "cpu")


def test_a_model_that_transformers_knows_needs_no_code_of_its_author(folder):
    state(folder, auto_map={"AutoConfig": "configuration.Odd", "AutoModelForCausalLM": "modeling.Odd"})
    assert load(str(folder), "cpu").facts()["layers"] == 2


@pytest.mark.parametrize("rows", [266, 267])
def test_a_tokenizer_has_to_fit_the_embedding(tmp_path, rows):
    """The tests' tokenizer has the ids 0 to 265, and an added token with the id 266."""
    model = fakes.tiny("llama")
    model.resize_token_embeddings(rows)
    loaded = load(save(model, tmp_path), "cpu")
    assert loaded.vocabulary_size == rows
    assert loaded.tokenizer.encode("the") == loaded.tokenizer.encode_continuation("the")
    if rows == 267:
        assert loaded.tokenizer.encode("the éü")[-1] == 266
        return
    for encode in (loaded.tokenizer.encode, loaded.tokenizer.encode_continuation):
        with pytest.raises(PlaygroundError, match=r"has the token 'éü' \(id 266\), .* no embedding: .* 0 to 265"):
            encode("the éü")


def test_a_tokenizer_of_another_model_is_refused(tmp_path):
    model = fakes.tiny("llama")
    model.resize_token_embeddings(200)
    with pytest.raises(PlaygroundError, match="tokenizer has ids up to 265, and the model has embeddings for 0 to 199"):
        load(save(model, tmp_path), "cpu")


@pytest.mark.parametrize(
    ("template", "no_chat"),
    [
        (
            "{% for message in messages %}{{ message.content }}",
            r"^tiny's chat template does not compile: line 1: Unexpected end of template.$",
        ),
        ("{{ messages[0].content }\n", r"^tiny's chat template does not compile: line 1: unexpected '}'\.$"),
    ],
)
def test_a_model_whose_chat_template_does_not_compile_loads_without_it(folder, template, no_chat):
    (folder / "chat_template.jinja").write_text(template)
    tokenizer = load(str(folder), "cpu").tokenizer
    assert not tokenizer.has_chat_template
    assert re.search(no_chat, tokenizer.no_chat)
    with pytest.raises(PlaygroundError, match=r"does not compile: .*\. Switch the chat template off."):
        tokenizer.chat_prompt("the")


def test_a_chat_template_that_compiles_is_used(folder):
    (folder / "chat_template.jinja").write_text("{% for message in messages %}[{{ message.content }}]{% endfor %}")
    tokenizer = load(str(folder), "cpu").tokenizer
    assert tokenizer.no_chat is None
    assert tokenizer.chat_prompt("the") == "[the]"


def test_a_model_without_a_chat_template_says_so(folder):
    assert load(str(folder), "cpu").tokenizer.no_chat == "tiny has no chat template."


def test_the_box_for_the_chat_template_says_why_it_is_off(folder):
    def box() -> gr.Checkbox:
        with gr.Blocks():
            return sidebar.build(["tiny"], Limits(), load(str(folder), "cpu"), "the", {}).chat

    off = box()
    assert (off.interactive, off.info) == (False, "tiny has no chat template.")
    (folder / "chat_template.jinja").write_text("{% for message in messages %}[{{ message.content }}]{% endfor %}")
    on = box()
    assert (on.interactive, on.info) == (True, None)
