"""Tests what a server offers: models below a folder, their names, variants in other precisions, and the list of all."""

import shutil

import pytest
import torch
from transformers import AutoModelForCausalLM

from playground.errors import PlaygroundError
from playground.models import __main__ as listing
from playground.models.below import models_below, parts_of_name, unlike_names
from playground.models.built_in import BUILT_IN, built_in_folders
from playground.models.offering import Asked, offers
from playground.models.preparing import prepared
from tests import adapters, fakes
from tests.gguf_files import build, write


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with three models, one of them a `.gguf` file and two of the same name, and two that cannot be used."""
    place = tmp_path_factory.mktemp("shelf")
    adapters.saved("llama", place / "a" / "tiny")
    adapters.saved("gpt2", place / "b" / "tiny")
    write(build("llama"), "llama", place / "packed.gguf")
    shutil.copytree(place / "a" / "tiny", place / "empty")
    (place / "empty" / "model.safetensors").unlink()
    (place / "text.gguf").write_text("not a model")
    (place / "notes").mkdir()
    return place


def test_every_model_below_a_folder_is_offered_and_the_others_are_told(shelf, capsys):
    made = offers(Asked(below=[str(shelf)], device="cpu"))
    assert [offer.name for offer in made] == ["a/tiny", "b/tiny", "packed.gguf"]
    assert [offer.load().name for offer in made] == ["a/tiny", "b/tiny", "packed.gguf"]
    told = capsys.readouterr().out.splitlines()
    left_out = [line for line in told if "is left out" in line]
    assert left_out[0].startswith(f"{shelf / 'empty'} is left out: empty has no .safetensors weights")
    assert left_out[1].startswith(f"{shelf / 'text.gguf'} is left out: text.gguf could not be read as a model")
    assert len(left_out) == 2


def test_a_model_that_is_named_and_found_is_offered_once_and_first(shelf):
    named = str(shelf / "b" / "tiny")
    assert [offer.name for offer in offers(Asked([named], [str(shelf)], device="cpu"))] == [
        "b/tiny",
        "a/tiny",
        "packed.gguf",
    ]


def test_the_built_in_models_come_last_and_in_their_own_precision(shelf):
    own = str(shelf / "a" / "tiny")
    made = offers(Asked([own], variants=["float16"], built_in=built_in_folders(), device="cpu", dtype="bfloat16"))
    assert [(one.name, one.dtype, one.is_built_in) for one in made[:2]] == [
        ("tiny", "bfloat16", False),
        ("tiny (float16)", "float16", False),
    ]
    assert ("french-english", "float32", True) in [(one.name, one.dtype, one.is_built_in) for one in made[2:]]
    assert all(one.is_built_in for one in made[2:])


def test_a_built_in_model_that_is_asked_for_is_offered_once(shelf):
    folder = BUILT_IN / "french-english"
    [made] = offers(Asked([str(folder)], built_in=[folder], device="cpu"))
    assert (made.name, made.is_built_in) == ("french-english", False)
    both = offers(Asked([str(shelf / "a" / "tiny")], [str(BUILT_IN)], built_in=[folder], device="cpu"))
    assert [one.is_built_in for one in both if one.name == "french-english"] == [False]


def test_a_built_in_model_that_cannot_be_used_does_not_end_the_start(shelf, capsys):
    own = str(shelf / "a" / "tiny")
    assert [one.name for one in offers(Asked([own], built_in=[shelf / "empty"], device="cpu"))] == ["tiny"]
    assert "empty, which comes with the playground, is left out: empty has no" in capsys.readouterr().out


def test_two_named_folders_of_one_name_are_told_apart(shelf):
    folders = [str(shelf / "a" / "tiny"), str(shelf / "b" / "tiny" / "..") + "/tiny"]
    assert [offer.name for offer in offers(Asked(folders, device="cpu"))] == ["a/tiny", "b/tiny"]
    assert [offer.name for offer in offers(Asked(folders[:1], device="cpu"))] == ["tiny"]


def test_a_folder_without_a_usable_model_is_a_sentence(shelf, tmp_path):
    with pytest.raises(PlaygroundError, match=r"^No model below .*empty can be used\. Name a folder with models"):
        offers(Asked(below=[str(shelf / "empty")], device="cpu"))
    with pytest.raises(PlaygroundError, match="no-such', and there is no such folder"):
        offers(Asked(below=[str(tmp_path / "no-such")], device="cpu"))


def test_a_model_that_is_too_large_is_left_out(shelf, monkeypatch, capsys):
    monkeypatch.setattr("playground.models.offering.free_bytes", lambda device: 100_000)
    small = shelf / "b" / "tiny"
    size = prepared(str(small), "cpu", None).wanted.weights
    with pytest.raises(PlaygroundError, match="^No model below"):
        offers(Asked(below=[str(small)], device="cpu"))
    assert size > 100_000
    assert "tiny takes 0.00 GiB, and cpu has 0.00 GiB free." in capsys.readouterr().out


def test_the_hubs_cache_gives_models_their_ids(tmp_path):
    for version in ("aaa", "bbb"):
        folder = tmp_path / "models--someone--small-1--instruct" / "snapshots" / version
        folder.mkdir(parents=True)
        (folder / "config.json").touch()
    (tmp_path / "models--someone--small-1--instruct" / "refs").mkdir()
    (tmp_path / "models--someone--small-1--instruct" / "refs" / "main").write_text("bbb")
    [path] = models_below(tmp_path)
    assert path.name == "bbb"
    assert parts_of_name(path) == ("someone/small-1/instruct",)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([("/", "m", "x"), ("/", "m", "y")], ["x", "y"]),
        ([("/", "m", "a", "x"), ("/", "m", "b", "x"), ("/", "n", "b", "x")], ["a/x", "m/b/x", "n/b/x"]),
        ([("org/x",), ("/", "org", "x"), ("/", "other", "x")], ["org/x", "/org/x", "other/x"]),
        ([("same",), ("same",)], ["same", "same"]),
    ],
)
def test_names_are_as_long_as_it_takes_to_tell_models_apart(paths, names):
    assert unlike_names(paths) == names


def test_a_variant_is_a_model_of_its_own(shelf, capsys):
    folder = str(shelf / "a" / "tiny")
    made = offers(Asked([folder], variants=["bfloat16", "float32", "float16"], device="cpu"))
    assert [(offer.name, offer.dtype) for offer in made] == [
        ("tiny", "float32"),
        ("tiny (bfloat16)", "bfloat16"),
        ("tiny (float16)", "float16"),
    ]
    assert "tiny is in float32 anyway, so that --variant float32 adds no model." in capsys.readouterr().out
    plain, half = made[0].load(), made[1].load()
    assert (half.name, half.dtype) == ("tiny (bfloat16)", "bfloat16")
    ids = torch.tensor([fakes.prompt(8)])
    with torch.inference_mode():
        expected = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)(ids).logits
        assert torch.equal(half.hf(ids).logits, expected)
        assert not torch.equal(half.hf(ids).logits.float(), plain.hf(ids).logits)
    assert made[1].weights * 2 == made[0].weights


def test_a_quantised_variant_is_a_model_of_its_own(shelf, capsys):
    folder = str(shelf / "a" / "tiny")
    packed, half = offers(Asked([folder], variants=["int8", "bfloat16"], device="cpu", quantize="int8"))
    assert "tiny is in int8 anyway, so that --variant int8 adds no model." in capsys.readouterr().out
    told = [(one.name, one.dtype) for one in (packed, half)]
    assert told == [("tiny", "int8"), ("tiny (bfloat16)", "bfloat16")]
    assert [one.load().changes.quantised for one in (packed, half)] == ["int8", ""]
    plain, packed = offers(Asked([folder], variants=["int8"], device="cpu"))
    assert [one.name for one in (plain, packed)] == ["tiny", "tiny (int8)"]
    assert [one.load().changes.quantised for one in (plain, packed)] == ["", "int8"]
    assert packed.weights < plain.weights


def test_variants_need_a_named_model(shelf):
    with pytest.raises(PlaygroundError, match="--variant bfloat16 is for models that --model names"):
        offers(Asked(below=[str(shelf)], variants=["bfloat16"], device="cpu"))


def test_the_list_says_what_fits_without_reading_weights(shelf, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("playground.models.loading.load_any", None)
    listing.main([str(shelf), "--device", "cpu"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "parameters", "family", "dtype", "needs", "fits"]
    built_in = [folder.name for folder in built_in_folders()]
    assert [line.split()[0] for line in lines[1 : len(built_in) + 1]] == built_in
    lines = lines[len(built_in) :]
    assert [line.split()[0] for line in lines[1:]] == ["a/tiny", "b/tiny", "empty", "packed.gguf", "text.gguf"]
    assert " 37,792 " in lines[1]
    assert [line.split()[2] for line in (lines[1], lines[2], lines[4])] == ["llama", "gpt2", "llama"]
    assert " no: empty has no .safetensors weights" in lines[3]
    assert all("GiB  yes: " in line and line.endswith(" GiB free on cpu") for line in (lines[1], lines[2], lines[4]))
    monkeypatch.setattr(listing, "free_bytes", lambda device: 2**20)
    listing.main([str(shelf / "a")])
    assert "GiB  no: 0.00 GiB free on " in capsys.readouterr().out
    with pytest.raises(SystemExit, match="there is no such folder"):
        listing.main([str(tmp_path / "none")])
