"""Tests `--device auto`: which models are shared out over the cards, with how much room, and what cannot be."""

from pathlib import Path

import pytest
import torch

from playground.errors import PlaygroundError
from playground.models import fitting, loading, preparing
from playground.models.fitting import HOST_SHARE, Wanted, bytes_for_texts, fits_on_one, part_on_first, room_on
from playground.models.language_model import LanguageModel
from playground.models.offer import offer
from playground.models.offering import Asked, offers
from playground.models.preparing import prepared
from playground.models.spread import bytes_on
from tests import adapters, encoder_decoders, encoders
from tests.published import CONFIGS, PARAMETERS, without_weights
from tests.test_loading import write_gguf

CARDS = (torch.device("cuda", 0), torch.device("cuda", 1))
LLAMA = "Llama-3.1-8B"


@pytest.fixture
def free(monkeypatch) -> dict[str, int]:
    """The bytes that are free on each of two pretended cards and on the host, which a test may change."""
    free = {"cuda": 24 * 2**30, "cuda:0": 24 * 2**30, "cuda:1": 24 * 2**30, "cpu": 64 * 2**30}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for module in (fitting, preparing):
        monkeypatch.setattr(module, "free_bytes", lambda device: free[str(device)])
    return free


def wanted(name: str = LLAMA) -> Wanted:
    parameters = PARAMETERS[name]
    return Wanted(name, "bfloat16", 2, parameters, 2 * parameters, packed_bytes=None, is_gguf=False)


def test_a_model_that_leaves_half_of_a_card_free_stays_on_it(free, folder):
    assert prepared(str(folder), "auto", None).cards == ()
    assert not fits_on_one(wanted(), CARDS[0])  # 15 of 24 GiB
    free["cuda:0"] = 1000
    assert prepared(str(folder), "auto", None).cards == CARDS
    assert prepared(str(folder), "cuda", None).cards == ()


def test_texts_keep_room_on_every_card_and_the_host_takes_the_rest(free):
    outline = without_weights(CONFIGS[LLAMA])
    beside = bytes_for_texts(outline, 2)
    free["cuda:1"] = beside - 1
    expected = {0: free["cuda:0"] - beside, 1: 0, "cpu": int(HOST_SHARE * free["cpu"])}
    assert room_on(wanted(), outline, CARDS) == expected
    free["cuda:0"], free["cpu"] = beside, 2**30
    with pytest.raises(
        PlaygroundError, match=r"takes 14.96 GiB in bfloat16. All cards together \(there are 2\) have 0.00"
    ):
        room_on(wanted(), outline, CARDS)


def test_an_offer_counts_what_its_first_card_keeps(free, folder):
    assert part_on_first(wanted(), CARDS) == wanted().weights // 2
    free["cuda:0"] = 2**30
    assert part_on_first(wanted(), CARDS) == int(HOST_SHARE * 2**30)
    free["cuda:0"] = 1000
    assert offer(str(folder), "auto").weights == int(HOST_SHARE * 1000)


def test_the_weights_go_where_transformers_finds_room(folder, monkeypatch, capsys):
    """The CPU is the only device here, which `device_map="auto"` fills as it fills cards."""
    found, room = prepared(str(folder), "cpu", None)._replace(cards=CARDS), {"cpu": 10**9}
    monkeypatch.setattr(loading, "prepared", lambda *_: found)
    monkeypatch.setattr(loading, "room_on", lambda *_: room)
    model = loading.load_any(str(folder), "auto")
    assert isinstance(model, LanguageModel)
    assert set(bytes_on(model.hf)) == {"cpu"}
    assert "shared out" not in capsys.readouterr().out
    room["cpu"] = sum(one.nbytes for one in model.hf.parameters()) // 2
    with pytest.raises(PlaygroundError, match=r"The memory has no room for 0.00 GiB of tiny-llama, because a layer"):
        loading.load_any(str(folder), "auto")


def test_how_a_model_is_shared_out_is_told(monkeypatch, capsys, tiny_models):
    places = {"cuda:0": 3 * 2**30, "cuda:1": 2 * 2**30}
    monkeypatch.setattr(loading, "bytes_on", lambda hf: places)
    loading.tell_places(tiny_models["llama"], "big")
    assert capsys.readouterr().out == "big is shared out: 3.00 GiB on cuda:0, 2.00 GiB on cuda:1.\n"
    places["cpu"] = 2**30
    loading.tell_places(tiny_models["llama"], "big")
    assert "1.00 GiB on cpu. Each forward brings what the CPU keeps to a card" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["encoder", "encoder-decoder", "gguf"])
def test_a_model_that_cannot_be_shared_out_runs_on_one_card_or_is_refused(free, tmp_path, tokenizer, kind):
    given = str(tmp_path)
    match kind:
        case "encoder":
            given = encoders.folder(tmp_path, "bert")
        case "encoder-decoder":
            encoder_decoders.tiny("t5").save_pretrained(tmp_path)
            tokenizer.save_pretrained(tmp_path)
        case "gguf":
            given = str(tmp_path / "tiny.gguf")
            write_gguf(Path(given), tokenizer)
    free["cuda:0"] = int(1.5 * prepared(given, "auto", None).wanted.weights)
    assert prepared(given, "auto", None).cards == ()
    free["cuda:0"] = 1000
    with pytest.raises(PlaygroundError, match="--device auto shares out a decoder-only model in safetensors files"):
        prepared(given, "auto", None)


def test_a_base_with_an_adapter_stays_on_one_device(free, folder, tmp_path, monkeypatch, tokenizer):
    read = []
    monkeypatch.setattr(loading, "load", lambda *given: read.append(given[1]) or tokenizer)
    free["cuda:0"] = 1000
    base, tuned = offers(Asked([str(folder)], adapters=[str(adapters.adapter(tmp_path / "tuned"))], device="auto"))
    assert base.weights == prepared(str(folder), "cpu", None).wanted.weights < tuned.weights
    base.shared.take()
    assert read == [None]


def test_without_cards_auto_is_the_usual_device(folder):
    assert prepared(str(folder), "auto", None).device == prepared(str(folder), None, None).device
    with pytest.raises(PlaygroundError, match="Choose cpu, cuda, cuda:1, mps or auto"):
        prepared(str(folder), "all", None)
