"""Measures the built-in translator: a traced translation against plain `generate`, and 16 translations together.

It measures in this process, without a page. The things that are compared run in turns, and a ratio is that of the
shortest times of all rounds: a translation takes some tens of milliseconds, so that other work on the machine would
decide about a mean. There are more sentences than the model keeps sources, so that the encoder runs for each.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch

from bench.table import Row, at_least, at_most
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.models.prompt_ids import PromptIds
from playground.traces.store import TraceStore

TRANSLATOR = Path(__file__).parents[1] / "assets" / "built_in" / "french-english"
SENTENCES = (
    "J'aime l'apprentissage automatique.",
    "Le professeur donne le livre à l'étudiant.",
    "Le chat noir dort dans la maison blanche.",
    "La capitale de la France est Paris.",
    "Paul aime son chien.",
    "Marie ne mange pas les pommes rouges.",
    "Nous allons acheter une grande voiture bleue.",
    "Comment allez-vous ?",
    "La vieille femme a vu le petit oiseau dans le jardin.",
    "Les enfants jouent avec le chien.",
    "Elle écrit une longue lettre à son père.",
    "Ils ont trouvé trois livres.",
    "Tu lis le journal.",
    "Le médecin regarde la jeune fille.",
    "Nous aimons la musique.",
    "Merci",
)
GREEDY = Settings(strategy="greedy", max_new_tokens=40)
TIMES = 4
"""The turns of a round, which are short."""


def translations(rounds: int) -> Iterator[Row]:
    """Compares texts of the engine, which records every step, with `generate`, and 16 at once with one at a time."""
    model = load(str(TRANSLATOR))
    model.hf.generation_config.max_length = None  # `generate` would warn of it beside `max_new_tokens`
    engine = Engine(model, TraceStore(2**30)).start()
    try:
        prompts = [engine.model.encode_prompt(text) for text in SENTENCES]
        asyncio.run(_together(engine, prompts))  # the first run is slower than all others
        plain, alone, together = [], [], []
        for _ in range(TIMES * rounds):
            plain.append(asyncio.run(engine.call(partial(_plain, prompts=prompts))))
            alone.append(asyncio.run(_alone(engine, prompts)))
            together.append(asyncio.run(_together(engine, prompts)))
    finally:
        engine.close()
    each = f"{min(alone) / len(prompts) * 1000:.0f} ms each, {min(plain) / len(prompts) * 1000:.0f} ms by generate"
    yield at_most("Traced translation against plain generate, Greedy", min(alone) / min(plain), " ×", 1.1, each)
    note = f"{min(together) * 1000:.0f} ms for all"
    yield at_least("16 translations together against one after another", min(alone) / min(together), " ×", 5, note)


def _plain(model: LanguageModel, prompts: list[PromptIds]) -> float:
    """Returns the seconds of `generate` for all prompts, one after another, with transformers' default attention."""
    model.hf.set_attn_implementation("sdpa")
    began = time.perf_counter()
    for prompt in prompts:
        ids = torch.tensor([prompt.source_ids], device=model.hf.device)
        model.hf.generate(ids, attention_mask=torch.ones_like(ids), **GREEDY.generate_kwargs())
    return time.perf_counter() - began


async def _alone(engine: Engine, prompts: list[PromptIds]) -> float:
    began = time.perf_counter()
    for prompt in prompts:
        await _traced(engine, prompt)
    return time.perf_counter() - began


async def _together(engine: Engine, prompts: list[PromptIds]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_traced(engine, prompt) for prompt in prompts))
    return time.perf_counter() - began


async def _traced(engine: Engine, prompt: PromptIds) -> None:
    running = engine.trace(Request(prompt.ids, GREEDY, source_ids=prompt.source_ids))
    async for _ in running:
        pass
    engine.store.drop([running.trace_id])
