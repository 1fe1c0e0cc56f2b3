"""Tests that a model which several processes have together writes, shows and explains the same as in one process."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from playground import command_line
from playground.engine.device_faults import Relief, is_lost
from playground.errors import PlaygroundError
from playground.models.ranks import BY_TORCHRUN, RankError, started_together
from playground.models.split import WHOLE, is_split, parameters_of_one, plan_for
from tests import fakes, published
from tests.architectures import config_of, made

KINDS = ("llama", "gemma3", "qwen2")
"""Those of the tiny models whose family transformers can split. Qwen2 has biases, and Gemma 3 sliding windows."""
NOT_BUILT = {"gemma3n", "musicgen", "musicgen_melody", "gemma4_unified_assistant"}
"""They need a package that is not here, or more than a text to write one."""
CLOSE = 2e-4
"""Processes add up what each of them computed in another order than one process does."""
REFUSED = {
    "/traces/{trace_id}/inside/contributions/6?token_id=9&against=11",
    "/traces/{trace_id}/inside/word/6",
    "/traces/{trace_id}/inside/word/6/neurons/9",
    "/traces/{trace_id}/inside/word/6/pushed/1/3",
    "/traces/{trace_id}/inside/attribution/6?token_id=9&method=gradient_x_input",
    "/traces/{trace_id}/inside/attribution/6?token_id=9&method=integrated_gradients&steps=4",
    "/traces/{trace_id}/attention/without/1/0?position=6",
    "/inside/patching",
}
"""What looks into a block. Of a word, the neurons alone are refused."""


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, dict]:
    """What two processes say about each of the models."""
    return found_in_two("compared", {kind: fakes.tiny(kind) for kind in KINDS}, tmp_path_factory.mktemp("split"))


def found_in_two(what: str, models: dict[str, PreTrainedModel], place: Path) -> dict[str, dict]:
    folders = [str(place / kind) for kind in models]
    for folder, hf in zip(folders, models.values(), strict=True):
        hf.save_pretrained(folder)
        fakes.byte_level_tokenizer().save_pretrained(folder)
    told = on_ranks(2, "-m", "tests.split_worker", str(place / "found.json"), what, *folders)
    assert told.returncode == 0, told.stderr[-4000:]
    return json.loads((place / "found.json").read_text())


def on_ranks(count: int, *command: str) -> subprocess.CompletedProcess:
    """Runs a program with as many processes, and waits until all have ended."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run([*torchrun, *command], capture_output=True, text=True, timeout=300, env=environment)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_and_all_answers_about_them_are_the_same(kind, found, subtests):
    told = dict(found[kind])
    half, whole = told.pop("token bytes")
    assert 2 * half == whole
    assert told.pop("facts")["device"] == "2 × cpu"
    for said, counted in (told.pop("parameters"), told.pop("weights")):
        assert said == counted
    refused = {path: answer for path, answer in told.items() if str(answer).startswith("refused: ")}
    assert set(refused) == REFUSED
    assert all("is split over several processes, and this view looks into its blocks" in it for it in refused.values())
    for name in told.keys() - refused.keys():
        with subtests.test(name):
            assert told[name] <= CLOSE


def outline(kind: str):
    with torch.device("meta"):
        return type(fakes.tiny(kind))(fakes.tiny(kind).config)


def test_blocks_are_split_and_everything_else_is_whole():
    plan = plan_for(outline("llama"), 2, "tiny").tp_plan
    assert {plan[path] for path in plan if ".*." not in path} == {WHOLE}
    assert plan["model.layers.*.mlp.down_proj"] == "rowwise"
    hf = fakes.tiny("llama")
    within = sum(one.numel() for path, one in hf.named_parameters() if "_proj" in path)
    assert parameters_of_one(outline("llama"), 2) == hf.num_parameters() - within // 2
    assert not is_split(hf)


@pytest.mark.parametrize(
    ("kind", "count", "sentence"),
    [
        ("gpt2", 2, r"tiny \(gpt2\) cannot be split over processes: transformers has no plan for it that splits"),
        (
            "llama",
            3,
            "tiny has 2 heads of keys and 64 neurons in each block, which cannot be shared out to 3 process",
        ),
    ],
)
def test_a_model_that_cannot_be_split_is_refused(kind, count, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        plan_for(outline(kind), count, "tiny")


def test_most_published_families_can_be_split():
    for name, config in published.CONFIGS.items():
        assert plan_for(published.without_weights(config), 2, name).tp_size == 2


@pytest.mark.long
def test_every_family_that_is_not_refused_is_the_same(tmp_path, subtests):
    models = {}
    for kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        if kind not in NOT_BUILT:
            hf = made(config_of(kind))
            with contextlib.suppress(PlaygroundError):
                models[kind] = hf if plan_for(hf, 2, kind) else None
    assert len(models) > 35
    for kind, told in found_in_two("observed", models, tmp_path).items():
        with subtests.test(kind):
            assert max(told.values()) <= CLOSE


def test_a_process_that_torchrun_did_not_start_is_alone(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv(BY_TORCHRUN, raising=False)
    assert started_together() == 1
    assert not command_line.is_led(command_line.arguments([]))


def test_processes_that_have_one_model_take_no_further_ones(monkeypatch):
    monkeypatch.setenv(BY_TORCHRUN, "a run")
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, is_led in (("0", False), ("1", True)):
        monkeypatch.setenv("RANK", rank)
        options = command_line.arguments([])
        assert command_line.is_led(options) == is_led
        assert options.no_built_in
    for given, name in (["--cluster", "local"], "--cluster"), (["--model", "a", "--model", "b"], "all but one --model"):
        with pytest.raises(PlaygroundError, match=f"have one model together. Leave out {name}"):
            command_line.is_led(command_line.arguments(given))


def test_an_error_in_one_process_ends_the_server():
    error = RankError("One of the processes has failed.")
    assert is_lost(error)
    told = Relief("cuda", lambda: None).explained(error)
    assert isinstance(told, PlaygroundError)
    assert str(told) == "One of the processes has failed."


def test_what_torchrun_cannot_start_is_a_sentence(tmp_path):
    fakes.tiny("llama").save_pretrained(tmp_path)
    fakes.byte_level_tokenizer().save_pretrained(tmp_path)
    app = str(Path(command_line.__file__).parents[1] / "app.py")
    told = on_ranks(3, app, "--model", str(tmp_path), "--port", "0")
    assert told.returncode != 0
    assert "has 2 heads of keys and 64 neurons in each block" in told.stderr
    assert "line" not in told.stderr.split("cannot be shared out")[0].splitlines()[-1]
