"""Tests what is said of a device's memory, before a model is loaded and while it is, and what is fetched and set."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from transformers import LlamaForCausalLM

from playground import command_line
from playground.errors import PlaygroundError
from playground.models import device_memory, source
from playground.models.device_memory import free_bytes, free_in_groups, is_out_of_memory
from playground.models.device_settings import compute_in_full_float32, use_expandable_segments
from playground.models.fitting import bytes_for_texts
from playground.models.footprint import SPARE_BYTES
from playground.models.loading import load
from playground.models.weights import INDEX, ONE
from playground.places import IMPORTED_FROM
from tests.architectures import config_of
from tests.device_side import NO_ROOM
from tests.published import without_weights
from tests.test_loading import write_gguf

FULL = {
    "cuda": torch.OutOfMemoryError(NO_ROOM),
    "host": MemoryError(),
    "mps": RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB)"),
    "cpu": RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
}


def no_room(*_, **__):
    raise torch.OutOfMemoryError(NO_ROOM)


@pytest.mark.parametrize("error", FULL.values(), ids=FULL)
def test_memory_that_is_full_is_known_by_its_error(error):
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))


@pytest.mark.parametrize("error", FULL.values(), ids=FULL)
@pytest.mark.parametrize("place", ["from_pretrained", "to"])
def test_no_room_while_loading_is_a_sentence(folder, monkeypatch, place, error):
    def fail(*_, **__):
        raise error

    if place == "to":
        monkeypatch.setattr(LlamaForCausalLM, "to", only_on_cpu(fail))
    else:
        monkeypatch.setattr(LlamaForCausalLM, "from_pretrained", fail)
    with pytest.raises(
        PlaygroundError, match=r"tiny-llama does not fit: the memory was full while .* on cpu, which has"
    ):
        load(str(folder), "cpu")


def only_on_cpu(fail):
    """Returns `to`, which fails for the loaded model and works for the one without numbers."""
    to = LlamaForCausalLM.to
    return lambda model, *given: to(model, *given) if model.device.type == "meta" else fail()


@pytest.mark.parametrize("method", ["read", "prefill_together", "step"])
def test_no_room_for_the_first_check_is_a_sentence(llama, monkeypatch, method):
    monkeypatch.setattr(llama, method, no_room)
    monkeypatch.setattr("playground.models.loading.load_any", lambda *_: llama)
    with pytest.raises(
        PlaygroundError, match=r"tiny does not fit: .* Choose a smaller model, --dtype bfloat16 for half"
    ):
        command_line.start(command_line.arguments([]))


def test_no_room_for_what_a_text_takes_is_a_sentence(llama, monkeypatch):
    monkeypatch.setattr("playground.engine.memory_plan.footprint", no_room)
    monkeypatch.setattr("playground.models.loading.load_any", lambda *_: llama)
    with pytest.raises(PlaygroundError, match="tiny does not fit"):
        command_line.start(command_line.arguments([]))


def test_weights_alone_are_not_enough(folder, monkeypatch):
    """The device must also have room for what forwards take and for a few texts."""
    monkeypatch.setattr("playground.models.fitting.free_bytes", lambda device: 100 * 2**20)
    with pytest.raises(
        PlaygroundError, match=r"takes 0.00 GiB in float32 and at least 0.\d\d GiB more.* 0.10 GiB free"
    ):
        load(str(folder), "cpu")


def test_a_gguf_file_says_what_it_takes_unpacked(tmp_path, tokenizer, capsys, monkeypatch):
    write_gguf(tmp_path / "tiny.gguf", tokenizer)
    load(str(tmp_path / "tiny.gguf"), "cpu")
    told = r"tiny.gguf takes 0.00 GiB in float32 \(unpacked, from 0.00 GiB in its file\)"
    assert capsys.readouterr().out == told.replace("\\", "") + ".\n"
    monkeypatch.setattr("playground.models.fitting.free_bytes", lambda device: 0)
    with pytest.raises(PlaygroundError, match=told):
        load(str(tmp_path / "tiny.gguf"), "cpu")


def test_a_model_whose_forward_needs_numbers_counts_the_fixed_part():
    """DBRX looks up which experts were chosen, so that its forward cannot run on the meta device."""
    assert bytes_for_texts(without_weights(config_of("dbrx")), 4) == SPARE_BYTES
    assert bytes_for_texts(without_weights(config_of("llama")), 4) > SPARE_BYTES


@pytest.mark.parametrize(("free", "measures"), [(2**40, 0), (2**30, 1)])
def test_what_certainly_fits_is_not_measured_before_loading(folder, monkeypatch, free, measures):
    measured = []
    monkeypatch.setattr("playground.models.fitting.free_bytes", lambda device: free)
    monkeypatch.setattr("playground.models.fitting.bytes_for_texts", lambda *given: measured.append(given) or 0)
    load(str(folder), "cpu")
    assert len(measured) == measures


# what is free


def test_cuda_counts_what_the_allocator_holds_unused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (5000, 9000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 700)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 400)
    assert free_bytes(torch.device("cuda")) == 5300


@pytest.mark.parametrize(("limited", "expected"), [(None, 9000), (4000, 4000), (20_000, 9000)])
def test_the_host_has_what_its_system_and_its_control_group_leave(monkeypatch, limited, expected):
    free = psutil.virtual_memory()._replace(available=9000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(device_memory, "free_in_groups", lambda: limited)
    assert free_bytes(torch.device("cpu")) == free_bytes(torch.device("mps")) == expected


NEWER = ("memory.max", "memory.current", "inactive_file")
OLDER = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def group(path: Path, limit: str, used: int, names: tuple[str, str, str] = NEWER) -> None:
    """Makes a control group in which 100 bytes are cached files."""
    path.mkdir(parents=True, exist_ok=True)
    (path / names[0]).write_text(f"{limit}\n")
    (path / names[1]).write_text(f"{used}\n")
    (path / "memory.stat").write_text(f"anon 1\n{names[2]} 100\n")


def test_a_control_group_and_those_around_it_limit_the_memory(tmp_path):
    own = tmp_path / "own"
    own.write_text("0::/outer/inner\n")
    groups = tmp_path / "groups"
    group(groups / "outer" / "inner", "max", 2000)
    assert free_in_groups(groups, own) is None
    group(groups / "outer", "5000", 3000)
    assert free_in_groups(groups, own) == 5000 - 3000 + 100
    group(groups / "outer" / "inner", "2500", 2000)
    assert free_in_groups(groups, own) == 2500 - 2000 + 100
    group(groups / "outer" / "inner", "2500", 2700)
    assert free_in_groups(groups, own) == 0


def test_the_first_version_of_control_groups(tmp_path):
    own = tmp_path / "own"
    own.write_text("9:cpu:/elsewhere\n4:memory:/a\n")
    group(tmp_path / "groups" / "memory", "9000", 1000, OLDER)
    assert free_in_groups(tmp_path / "groups", own) == 9000 - 1000 + 100
    assert free_in_groups(tmp_path / "groups", tmp_path / "no such file") is None


# what is fetched


@pytest.fixture
def repository(tmp_path, monkeypatch) -> tuple[Path, list[list[str]]]:
    """A fetched folder, and the patterns of each fetch."""
    asked: list[list[str]] = []

    def fetch(model: str, allow_patterns: list[str], ignore_patterns: list[str] | None = None) -> str:
        asked.append(allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr(source, "snapshot_download", fetch)
    return tmp_path, asked


def test_only_the_files_that_the_index_names_are_fetched(repository):
    folder, asked = repository
    (folder / INDEX).write_text('{"weight_map": {"a": "model-2.safetensors", "b": "model-1.safetensors"}}')
    assert source.find("someone/model").folder == folder
    assert ONE in asked[0]
    assert not any(pattern.endswith("*.safetensors") for pattern in asked[0])
    assert asked[1:] == [["model-1.safetensors", "model-2.safetensors"]]


def test_a_single_file_of_weights_is_fetched_alone(repository):
    folder, asked = repository
    (folder / INDEX).write_text("{}")
    (folder / ONE).touch()
    source.find("someone/model")
    assert len(asked) == 1


def test_weights_that_are_there_twice_are_counted_once(tmp_path, folder, monkeypatch):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "consolidated.safetensors").write_bytes((folder / ONE).read_bytes())
    counted = []
    monkeypatch.setattr("playground.models.loading.check_fits", lambda wanted, *_: counted.append(wanted.file_bytes))
    load(str(folder), "cpu")
    load(str(tmp_path), "cpu")
    assert counted[0] == counted[1] > 0


# what is set


@pytest.mark.parametrize("name", ["PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF"])
def test_a_users_own_setting_of_the_allocator_stays(name):
    environment = {name: "max_split_size_mb:64"}
    use_expandable_segments(environment)
    assert environment == {name: "max_split_size_mb:64"}


def test_expandable_segments_are_set_before_torch_is_imported():
    program = "import os, sys; from playground import command_line; command_line.use_expandable_segments(); "
    program += "assert 'torch' not in sys.modules; import torch; "
    program += "print(os.environ['PYTORCH_ALLOC_CONF'], torch.ones(2).sum().item())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=IMPORTED_FROM
    )
    assert done.stdout == "expandable_segments:True 2.0\n"
    assert done.stderr == ""


def test_tf32_is_off():
    compute_in_full_float32()
    assert torch.backends.cuda.matmul.fp32_precision != "tf32"
    assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.conv.fp32_precision != "tf32"
