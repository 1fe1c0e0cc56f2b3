"""Tests that a Marian model for several languages is told the target by name, as its tokenizer reads `>>fra<<`."""

import pytest
import torch
from transformers import MarianMTModel, MarianTokenizer

from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.languages import Pair
from playground.models.loading import load
from playground.sharing.script import script
from playground.sharing.written import Written, written
from playground.traces.store import TraceStore
from playground.web.messages.models import _of_writer
from playground.web.translation import translate
from tests import fakes, marian
from tests.test_script import run_here

pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
TEXT = "the tin of fish"
GREEDY = {"strategy": "greedy", "max_new_tokens": 6}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("marian") / "opus-mt-en-ROMANCE"
    marian.save(made)
    return made


@pytest.fixture(scope="module")
def own(folder) -> MarianTokenizer:
    return marian.tokenizer(folder)


@pytest.fixture
def engine(folder):
    running = Engine(load(str(folder), "cpu"), TraceStore(50_000_000)).start()
    yield running
    running.close()


@pytest.mark.parametrize("code", marian.TARGETS)
async def test_a_translation_into_a_language_is_what_generate_writes(engine, folder, own, code):
    assert isinstance(engine.model.tokenizer.hf, MarianTokenizer)
    found = await translate(engine, TEXT, GREEDY | {"target_language": code})
    ids = own(f">>{code}<< {TEXT}").input_ids
    assert ids[0] == own.convert_tokens_to_ids(f">>{code}<<") != own.unk_token_id
    assert found["source_ids"] == ids
    hf = MarianMTModel.from_pretrained(folder, dtype=torch.float32)
    expected = hf.generate(torch.tensor([ids]), do_sample=False, num_beams=1, max_new_tokens=6)[0].tolist()
    assert found["prompt_ids"] + [step["token_id"] for step in found["steps"]] == expected


async def test_a_language_in_the_text_gives_way_to_the_chosen_one(engine, own):
    asked = GREEDY | {"target_language": "fra"}
    found = await translate(engine, f">>ron<< {TEXT}", asked)
    assert found["source_ids"] == own(f">>fra<< {TEXT}").input_ids
    usual = await translate(engine, TEXT, GREEDY)
    assert usual["source_ids"] == own(TEXT).input_ids


async def test_a_language_that_it_does_not_have_or_does_not_read_is_a_sentence(engine):
    with pytest.raises(PlaygroundError, match="target_language is 'deu', which is no language of opus-mt-en-ROMANCE"):
        await translate(engine, TEXT, GREEDY | {"target_language": "deu"})
    with pytest.raises(PlaygroundError, match="none for those that it reads. Leave source_language out"):
        await translate(engine, TEXT, GREEDY | {"source_language": "fra"})


def test_the_page_is_told_that_only_the_target_is_chosen(engine):
    told = _of_writer(engine.model)
    assert (told["languages"], told["only_target"]) == (list(marian.TARGETS), True)


@pytest.mark.parametrize("code", ["", "pt_BR"])
async def test_a_link_and_a_script_have_the_language_of_the_text(engine, folder, code):
    model = engine.model
    start, read = model.encode_prompt(TEXT, languages=Pair(target=code or None))
    _, trace = await fakes.trace(engine, Request(start, fakes.greedy(4), source_ids=read))
    assert written(model, trace) == Written(TEXT, False, languages={"source": "", "target": code})
    code_of = script(model, trace, 0)
    assert (f"'>>{code}<< {TEXT}'" if code else f"'{TEXT}'") in code_of
    told = [line.split() for line in run_here(code_of, str(folder.parent)).splitlines() if line.startswith("0.")]
    assert int(told[0][1]) == trace.token_ids[0]
