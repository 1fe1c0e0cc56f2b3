"""Tests that all that writes or scores with chosen languages gives what transformers does with them.

The expected source is the one of the tokenizer's `src_lang`, and the expected texts are those of `generate` with
`forced_bos_token_id`. A Marian model reads its target as `>>fra<<` before the source.
"""

import asyncio
import math
from contextlib import aclosing
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from starlette.testclient import TestClient
from transformers import PreTrainedModel

from playground import command_line
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request, check_text
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.languages import Pair
from playground.models.loading import load
from playground.models.prompt_ids import PromptIds
from playground.prompts.columns import Columns, task_json
from playground.prompts.evaluation import Switches, plan
from playground.prompts.label_words import label_words
from playground.prompts.labels import Scorer, encode_labels
from playground.prompts.prompting import Example, Task
from playground.strategies.comparison import Grid, run
from playground.traces.store import TraceStore
from playground.web import api
from playground.web.panels import beams, compare_models, compare_settings, prompts
from playground.web.panels.events import Call
from tests import encoder_decoders, fakes, marian
from tests.test_languages import PAIRS, small
from tests.test_page import HERE

pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
TEXTS = ("a tin of", "on the mat")
GREEDY = {"strategy": "greedy", "max_new_tokens": 6}
TASK = Task("Tin", "", "", (), "on the mat", ("on", "tin"))


@dataclass
class Speaker:
    """A tiny model with languages, what is asked of it, and how transformers writes and reads with the same weights."""

    engine: Engine
    pair: Pair
    hf: PreTrainedModel
    start: list[int]
    forced: int | None

    def sources(self, text: str) -> list[int]:
        """Returns the ids of a text as transformers' tokenizer makes them."""
        own = self.own
        if self.forced is None:
            return own(f">>{self.pair.target}<< {text}").input_ids
        own.src_lang = self.pair.source
        return own(text).input_ids

    @property
    def own(self):
        return self.tokenizer()

    @property
    def beginning(self) -> list[int]:
        """What the decoder's text begins with."""
        return [*self.start, *([] if self.forced is None else [self.forced])]

    def written(self, text: str, **settings) -> list[list[int]]:
        """Returns what `generate` writes after the beginning, as many sequences as it is asked for."""
        given = {} if self.forced is None else {"forced_bos_token_id": self.forced}
        length = {"max_new_tokens": 6 if self.forced is None else 7}
        found = self.hf.generate(
            torch.tensor([self.sources(text)]), do_sample=False, **{"num_beams": 1} | given | settings | length
        )
        assert found[:, : len(self.beginning)].tolist() == [self.beginning] * len(found)
        return found[:, len(self.beginning) :].tolist()

    def rows(self, text: str, ids) -> torch.Tensor:
        """Returns the logits after the beginning and after each of `ids`, of one forward."""
        whole = encoder_decoders.forced(self.hf, self.sources(text), [*self.beginning, *ids])
        return whole[len(self.beginning) - 1 :].double()

    def probability(self, text: str, ids) -> float:
        softmax = self.rows(text, ids).softmax(-1)
        return math.prod(float(softmax[place, token]) for place, token in enumerate(ids))

    @property
    def chosen(self) -> dict[str, str]:
        """The languages as the page sends them."""
        return {side: code or "" for side, code in self.pair._asdict().items()}

    @property
    def settings(self) -> dict[str, str]:
        """The languages as a client of the API sends them."""
        return {f"{side}_language": code for side, code in self.pair._asdict().items() if code is not None}


@pytest.fixture(params=[*PAIRS, "marian"])
def speaker(request, tmp_path):
    kind = request.param
    if kind == "marian":
        marian.save(tmp_path / "romance")
        model, pair = load(str(tmp_path / "romance"), "cpu"), Pair(None, "fra")
        hf, forced, tokenizer = load(str(tmp_path / "romance"), "cpu").hf, None, marian.tokenizer
        own = lambda: tokenizer(tmp_path / "romance")  # noqa: E731
    else:
        shape, pair = ("mbart" if kind == "mbart50" else "m2m_100"), Pair(*PAIRS[kind])
        own = lambda: small(kind)  # noqa: E731
        make = lambda: encoder_decoders.tiny(shape, vocab_size=len(own()))  # noqa: E731
        model, hf, forced = LanguageModel(make(), own(), "speaker"), make(), own().convert_tokens_to_ids(pair.target)
    engine = Engine(model, TraceStore(50_000_000)).start()
    made = Speaker(engine, pair, hf, list(model.start_ids), forced)
    made.tokenizer = own
    yield made
    engine.close()


def ids_of(answer: dict) -> list[int]:
    return [step["token_id"] for step in answer["steps"]]


async def test_the_api_writes_what_generate_does(speaker):
    asked = GREEDY | speaker.settings
    found = await api.trace(speaker.engine, TEXTS[0], asked)
    assert [ids_of(found)] == speaker.written(TEXTS[0])
    assert found["prompt_ids"] == speaker.beginning
    softmax = speaker.rows(TEXTS[0], ids_of(found)).softmax(-1)
    own = [float(row[token]) for row, token in zip(softmax, ids_of(found), strict=False)]
    assert [step["raw_probability"] for step in found["steps"]] == pytest.approx(own, abs=1e-6)
    usual = await api.trace(speaker.engine, TEXTS[0], GREEDY)
    assert abs(usual["steps"][0]["raw_probability"] - own[0]) > 1e-5, "the languages change what the model writes"
    both = await api.compare_prompts(speaker.engine, list(TEXTS), asked)
    assert [ids_of(one) for one in both] == [*speaker.written(TEXTS[0]), *speaker.written(TEXTS[1])]
    wide = await api.beams(speaker.engine, TEXTS[0], {"num_beams": 3, "max_new_tokens": 6} | speaker.settings)
    expected = speaker.written(TEXTS[0], num_beams=3, num_return_sequences=3)
    assert [one["token_ids"] for one in wide["sequences"]] == expected


async def test_the_api_scores_labels_as_a_forward_does(speaker):
    found = await api.label_probabilities(speaker.engine.beside(Scorer), TEXTS[0], ["on", "tin"], speaker.pair)
    own = [speaker.probability(TEXTS[0], one["token_ids"]) for one in found["labels"]]
    assert [one["probability"] for one in found["labels"]] == pytest.approx(own, abs=1e-6)
    assert found["n_tokens"] == len(speaker.sources(TEXTS[0]))


async def test_labels_follow_the_language_that_the_model_forces(speaker):
    if speaker.forced is None:
        pytest.skip("Marian's models force no first token")
    speaker.engine.model.hf.generation_config.forced_bos_token_id = speaker.forced
    only_source = Pair(speaker.pair.source)
    found = await api.label_probabilities(speaker.engine.beside(Scorer), TEXTS[0], ["on", "tin"], only_source)
    own = [speaker.probability(TEXTS[0], one["token_ids"]) for one in found["labels"]]
    assert [one["probability"] for one in found["labels"]] == pytest.approx(own, abs=1e-6)


ROWS = (fakes.greedy(6), Settings(max_new_tokens=6), Settings(strategy="beam", num_beams=3, max_new_tokens=6))


async def test_every_text_of_a_grid_is_between_its_languages(speaker):
    grid = Grid(TEXTS, ROWS, (3, 4), languages=speaker.pair)
    found = {cell.place: cell async for cell in run(speaker.engine, grid)}
    assert len(found) == len(grid.cells()) == 8
    for place, cell in found.items():
        text, settings = TEXTS[place.prompt], grid.settings(place)
        if settings.strategy == "sample":
            prompt = PromptIds(tuple(speaker.beginning), tuple(speaker.sources(text)))
            _, alone = await fakes.trace(speaker.engine, Request(prompt.ids, settings, source_ids=prompt.source_ids))
            assert cell.token_ids == alone.token_ids
        else:
            assert [list(cell.token_ids)] == speaker.written(text, num_beams=settings.num_beams)
        rows = speaker.rows(text, cell.token_ids).log_softmax(-1)
        own = [float(row[token]) for row, token in zip(rows, cell.token_ids, strict=False)]
        assert cell.logprobs_nats == pytest.approx(own, abs=1e-5)


async def test_the_api_measures_a_grid_between_its_languages(speaker):
    engines, own = Engines.only(speaker.engine), speaker.settings
    found = await api.grid(engines, [TEXTS[0]], [GREEDY | own, {"max_new_tokens": 6} | own], [1])
    rows = speaker.rows(TEXTS[0], ids := speaker.written(TEXTS[0])[0]).log_softmax(-1)
    mean = sum(float(row[token]) for row, token in zip(rows, ids, strict=False)) / len(ids)
    assert found["rows"][0]["measures"]["logprob_nats"]["mean"] == pytest.approx(mean, abs=1e-5)
    with pytest.raises(PlaygroundError, match="The rows name several languages. Ask for a table of each translation"):
        await api.grid(engines, [TEXTS[0]], [GREEDY | own, {"max_new_tokens": 6}], [1])
    with pytest.raises(PlaygroundError, match="target_language is 'xx', which is no language of"):
        await api.grid(engines, [TEXTS[0]], [GREEDY | {"target_language": "xx"}], [1])


async def last(news) -> dict:
    """Returns the last message of an event."""
    async with aclosing(news), asyncio.timeout(fakes.PATIENCE_SECONDS):
        return [message async for message in news][-1]


async def test_the_page_fills_a_grid_and_opens_a_text_of_it(speaker):
    asked = {"prompts": list(TEXTS), "rows": [{"strategy": "greedy"}], "seeds": 1, "first_seed": 0, "new_tokens": 6}
    asked |= {"chat": False, "languages": speaker.chosen}
    session = compare_settings.Session()
    told = await last(compare_settings._grid(speaker.engine, session, asked))
    found = {cell["prompt"]: cell["token_ids"] for cell in told["cells"]}
    assert [found[0]] == speaker.written(TEXTS[0])
    assert [found[1]] == speaker.written(TEXTS[1])
    assert told["languages"] == speaker.chosen
    one = {"ticket": 1, "prompt": TEXTS[1], "chat": False, "settings": GREEDY, "seed": 0, "token_ids": found[1]}
    opened = await last(compare_settings._open(speaker.engine, session, one | {"languages": told["languages"]}))
    trace = speaker.engine.store.get(opened["trace_id"])
    assert list(trace.token_ids) == found[1]
    assert (list(trace.prompt_ids), list(trace.source_ids)) == (speaker.beginning, speaker.sources(TEXTS[1]))
    with pytest.raises(PlaygroundError, match="target_language is 'xx', which is no language of"):
        await last(
            compare_settings._grid(speaker.engine, session, asked | {"languages": {"source": "", "target": "xx"}})
        )


class Sidebar(SimpleNamespace):
    """The sidebar, as far as a run reads it."""

    def settings(self, values):
        return fakes.greedy(6)


SIDEBAR = Sidebar(prompt="prompt", chat="chat", conversation="conversation", languages="languages", controls={})


def written(speaker: Speaker, **asked) -> Call:
    """Returns an event with the first text and the languages in the sidebar."""
    return Call("visitor", asked, {"prompt": TEXTS[0], "chat": False, "languages": speaker.chosen})


async def test_beams_and_compared_models_read_the_languages_of_the_sidebar(speaker):
    call = written(speaker, num_beams=3, max_new_tokens=6)
    told = await last(beams._search(speaker.engine, SIDEBAR, beams.Session(), call))
    best = [one["token_ids"] for one in told["hypotheses"] if one["returned"]]
    assert best == speaker.written(TEXTS[0], num_beams=3, num_return_sequences=3)
    call = written(speaker, run=1, models=[speaker.engine.model.name])
    engines = Engines.only(speaker.engine)
    told = await last(compare_models._run(engines, SIDEBAR, compare_models.Session(), call, 1))
    trace = speaker.engine.store.get(told["columns"]["0"][-1]["trace_id"])
    assert [list(trace.token_ids)] == speaker.written(TEXTS[0])


async def test_the_columns_of_compared_prompts_are_read_and_written_in_the_languages(speaker):
    columns = Columns(speaker.engine.model, speaker.engine.limits, speaker.pair)
    shown = columns.show({"task": task_json(TASK), "form": "plain", "columns": [{"shots": 0}, {"free": TEXTS[0]}]})
    for column in shown["columns"]:
        assert column["ids"] == speaker.sources(column["text"])
        assert sum(part["tokens"] for part in column["parts"]) == len(column["ids"])
        assert columns.count(column["text"], False) == len(column["ids"])
    asked = [{"text": text, "templated": False} for text in TEXTS]
    call = Call("visitor", {"run": 1, "stop": "", "prompts": asked, "languages": speaker.chosen}, {})
    told = await last(prompts._run(speaker.engine, SIDEBAR, prompts.Session(), call, 1))
    for number, text in enumerate(TEXTS):
        trace = speaker.engine.store.get(told["columns"][str(number)]["trace_id"])
        assert [list(trace.token_ids)] == speaker.written(text)


async def test_label_words_and_an_evaluation_follow_the_languages(speaker):
    scorer = speaker.engine.beside(Scorer)
    asked = {"labels": ["on", "tin"], "spellings": ["bare"], "languages": speaker.chosen}
    asked |= {"prompts": [{"text": TEXTS[0], "templated": False, "content_free": TEXTS[1]}]}
    [answer] = await label_words(scorer, asked)
    labels = answer["bare"]["labels"]
    own = [speaker.probability(TEXTS[0], one["token_ids"]) for one in labels]
    assert [one["probability"] for one in labels] == pytest.approx(own, abs=1e-6)
    bias = [speaker.probability(TEXTS[1], one["token_ids"]) for one in labels]
    ratios = [one / other for one, other in zip(own, bias, strict=True)]
    assert answer["bare"]["calibrated"] == pytest.approx([one / sum(ratios) for one in ratios], abs=1e-5)

    items = [Example("a mat", "on"), Example("the tin", "tin")]
    evaluation = plan(TASK, items, [0], Switches(), spelling="bare")
    columns = Columns(speaker.engine.model, speaker.engine.limits, speaker.pair)
    async with aclosing(evaluation.run(scorer, columns)) as pauses:
        async for _ in pauses:
            pass
    label_ids = encode_labels(speaker.engine.model, ["on", "tin"])
    for place, item in enumerate(items):
        text = columns.prompt(TASK, item.input, 0, "plain", 1).text
        own = [speaker.probability(text, ids) for ids in label_ids]
        assert evaluation.answers[0][place] == pytest.approx(own, abs=1e-6)


def test_completions_of_openais_api_are_between_the_languages(speaker):
    app = command_line.build_app(Engines.only(speaker.engine), command_line.arguments([]))
    asked = {"prompt": TEXTS[0], "max_tokens": 6, "temperature": 0, "logprobs": 0} | speaker.settings
    [ids] = speaker.written(TEXTS[0])
    with TestClient(app, base_url=HERE) as client:
        answer = client.post("/v1/completions", json=asked).json()
        by_ids = client.post("/v1/completions", json=asked | {"prompt": speaker.own(TEXTS[0]).input_ids}).json()
        refused = client.post("/v1/completions", json=asked | {"target_language": "xx"}).json()["error"]
    kept = [token for token in ids if token not in speaker.engine.model.eos_token_ids]
    assert answer["choices"][0]["text"] == speaker.engine.model.tokenizer.decode(kept) == by_ids["choices"][0]["text"]
    rows = speaker.rows(TEXTS[0], ids).log_softmax(-1)
    own = [float(rows[place, token]) for place, token in enumerate(ids) if token in kept]
    assert answer["choices"][0]["logprobs"]["token_logprobs"] == pytest.approx(own, abs=1e-5)
    assert answer["usage"]["prompt_tokens"] == len(speaker.sources(TEXTS[0]))
    assert (refused["param"], "which is no language of" in refused["message"]) == ("target_language", True)


def test_a_text_that_an_encoder_reads_in_a_language_is_not_scored(speaker):
    model, limits = speaker.engine.model, speaker.engine.limits
    read = model.encode_prompt(TEXTS[0], languages=speaker.pair)
    with pytest.raises(PlaygroundError, match="reads this text, and predicts none of its tokens"):
        check_text(TEXTS[0], read.ids, model, limits, read.source_ids)
    check_text(TEXTS[0], (*read.ids, 9, 10), model, limits, read.source_ids)


async def test_a_model_without_languages_leaves_the_choice_of_the_page(engine):
    assert engine.model.languages.chosen({"source": "fra", "target": "eng"}) == Pair()
    with pytest.raises(PlaygroundError, match="has no tokens for languages. Leave target_language out"):
        await api.trace(engine, "a", GREEDY | {"target_language": "fra"})


def test_a_model_without_languages_refuses_those_of_a_client(engine):
    asked = {"prompt": "a", "max_tokens": 1, "source_language": "fra"}
    app = command_line.build_app(Engines.only(engine), command_line.arguments([]))
    with TestClient(app, base_url=HERE) as client:
        error = client.post("/v1/completions", json=asked).json()["error"]
    assert (error["param"], "has no tokens for languages" in error["message"]) == ("source_language", True)


def test_a_model_with_languages_of_the_target_only_leaves_that_of_the_source(tmp_path):
    marian.save(tmp_path / "romance")
    languages = load(str(tmp_path / "romance"), "cpu").languages
    assert languages.chosen({"source": "deu", "target": "fra"}) == Pair(None, "fra")
