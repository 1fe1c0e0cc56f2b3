"""Compares models that two processes have together with the same models in one. `test_split` starts it with torchrun.

What differs, and what is refused, is written to a file: of all that can be asked ("compared"), or of logits and
attention alone ("observed").
"""

import asyncio
import base64
import json
import os
import re
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient
from transformers import AutoModelForCausalLM

from playground.attention.views import open_text
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.memory_plan import measured
from playground.engine.request import Request
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.models.preparing import prepared
from playground.models.ranks import leave, together
from playground.models.split import split
from playground.prompts.labels import Query, Scorer
from playground.strategies.beams import searched
from playground.strategies.best_first import whole_tree
from playground.traces.store import TraceStore
from playground.traces.trace import Trace
from playground.web.routes.beside_gradio import add_routes
from tests import fakes
from tests.test_inside_bfloat16 import ANSWERS, LINES, POSTS, TEXT
from tests.test_inside_on_a_device import ATTENTION

LENGTHS = (6, 21, 1, 11)
"""Four prompts of unequal length, which share forwards."""
ARRAY = re.compile(r'(?<=")[A-Za-z0-9+/]{32,}={0,2}(?=")')
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def client_of(engine: Engine) -> TestClient:
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    return TestClient(app)


def written(engine: Engine, settings: Settings) -> list[Trace]:
    """Returns the texts of several prompts that share forwards; the shorter ones leave while the others go on."""

    async def together():
        requests = [Request(fakes.prompt(length), settings) for length in LENGTHS]
        requests.append(Request(fakes.prompt(7), fakes.greedy(3)))
        return [trace for _, trace in await asyncio.gather(*(fakes.trace(engine, one) for one in requests))]

    return asyncio.run(together())


def numbers_of(answer: str) -> list[float]:
    """Returns the numbers of an answer, those of its arrays of float32 too."""
    arrays = [base64.b64decode(found) for found in ARRAY.findall(answer)]
    plain = NUMBER.findall(ARRAY.sub("", answer))
    return [*map(float, plain), *(float(one) for array in arrays for one in np.frombuffer(array, "<f4"))]


def apart(one: Any, other: Any) -> float:
    """Returns the largest difference of two nested sequences of numbers, in proportion to those above 1."""
    one, other = (torch.as_tensor(given, dtype=torch.float64) for given in (one, other))
    if one.shape != other.shape:
        return float("inf")
    return float(((one - other).abs() / other.abs().clamp(min=1)).nan_to_num(0).max())


def compared(engine: Engine, whole: Engine) -> dict[str, Any]:
    """Returns by name how far apart the numbers of both engines are, and "refused" with the sentence for a view."""
    found: dict[str, Any] = {}
    for name, settings in (("drawn", Settings(max_new_tokens=9, seed=5, top_p=0.9)), ("greedy", fakes.greedy(9))):
        ours, theirs = written(engine, settings), written(whole, settings)
        found[f"{name} tokens"] = float([one.token_ids for one in ours] != [one.token_ids for one in theirs])
        texts = zip(ours, theirs, strict=True)
        steps = [pair for one, other in texts for pair in zip(one.steps, other.steps, strict=True)]
        found[f"{name} logits"] = max(apart(one.logits, other.logits) for one, other in steps)
        found[f"{name} weights"] = max(apart(one.weights, other.weights) for one, other in steps)
    queries = [Query(fakes.prompt(9, seed=seed), ((7,), (8, 9), (8, 10, 11))) for seed in range(3)]
    found["labels"] = apart(*(asyncio.run(Scorer(one).log_probabilities(queries)) for one in (engine, whole)))
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=6)
    beams = [asyncio.run(searched(one, fakes.prompt(8), settings)).hypotheses for one in (engine, whole)]
    found["beams"] = float([one.token_ids for one in beams[0]] != [one.token_ids for one in beams[1]])
    trees = [asyncio.run(last_tree(one)) for one in (engine, whole)]
    found["tree"] = float([ids for ids, _ in trees[0]] != [ids for ids, _ in trees[1]])
    return found | answered(engine, whole)


async def last_tree(engine: Engine) -> Any:
    return [tree async for tree in whole_tree(engine, fakes.prompt(6), 2)][-1].sequences


def answered(engine: Engine, whole: Engine) -> dict[str, Any]:
    """Asks every question about a text, and returns the same for each."""
    found: dict[str, Any] = {}
    trace_ids = [asyncio.run(open_text(one, TEXT)) for one in (engine, whole)]
    clients = [client_of(one) for one in (engine, whole)]
    requests = [("GET", path, None) for path in ANSWERS + LINES + ATTENTION]
    for method, path, body in requests + [("POST", path, body) for path, body in POSTS.items()]:
        ours, theirs = (
            client.request(method, f"/playground{path.format(trace_id=trace_id)}", json=body)
            for client, trace_id in zip(clients, trace_ids, strict=True)
        )
        if ours.status_code != 200:
            found[path] = f"refused: {ours.text}"
        elif "json" not in theirs.headers["content-type"]:
            found[path] = 0.0 if len(ours.content) == len(theirs.content) else "another length"
        elif any(sentence in ours.text for sentence in ('"error"', '"reason":"')):
            found[path] = f"refused: {ours.text}"
        else:
            same = NUMBER.sub("", ARRAY.sub("", ours.text)) == NUMBER.sub("", ARRAY.sub("", theirs.text))
            found[path] = apart(*(numbers_of(one.text) for one in (ours, theirs))) if same else ours.text
    return found


def observed(model: LanguageModel, whole: LanguageModel) -> dict[str, Any]:
    """Returns how far apart a step of both models, and a read of a whole text, are."""
    ids, found = fakes.prompt(20), []
    for one in (model, whole):
        cache = one.new_cache()
        one.prefill(ids[:-1], cache)
        seen = one.step(ids[-1:], [len(ids) - 1], None, cache)
        found.append((seen.logits, [] if seen.attention is None else seen.attention, one.read(ids, one.new_cache())))
    return {name: apart(*pair) for name, *pair in zip(("step", "attention", "read"), *found, strict=True)}


def lead(folder: str, what: str) -> dict[str, Any]:
    """Returns what is found about the model of a folder."""
    model = load(folder)
    hf = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    whole = LanguageModel(hf, fakes.byte_level_tokenizer(), model.name)
    if what == "observed":
        return observed(model, whole)
    wanted = prepared(folder, None, None).wanted
    held = sum(getattr(one, "_local_tensor", one).nbytes for one in model.hf.parameters())
    sizes = {
        "token bytes": [measured(one).footprint.token for one in (model, whole)],
        "facts": model.facts(),
        "parameters": [wanted.parameters, hf.num_parameters()],
        "weights": [wanted.weights, held],
    }
    with (
        closing(Engine(model, TraceStore(200_000_000)).start()) as engine,
        closing(Engine(whole, TraceStore(200_000_000)).start()) as other,
    ):
        return sizes | compared(engine, other)


def main() -> None:
    report, what, *folders = sys.argv[1:]
    found = {}
    for place, folder in enumerate(folders):
        if os.environ["RANK"] != "0":
            split(load(folder).hf).mirror.follow()
            continue
        if place:
            together().send(None)  # the others have followed the model before
        found[Path(folder).name] = lead(folder, what)
    leave()
    if found:
        Path(report).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
