"""Measures the built-in translator: a traced translation against plain `generate`, and 16 translations together. And
how long a text waits while the encoder of a larger model reads a long source.

It measures in this process, without a page. The things that are compared run in turns, and a ratio is that of the
shortest times of all rounds: a translation takes some tens of milliseconds, so that other work on the machine would
decide about a mean. There are more sentences than the model keeps sources, so that the encoder runs for each.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from transformers import BartConfig, BartForConditionalGeneration

from bench.table import Row, at_least, at_most
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.reader import empty_cache, made
from playground.engine.request import Request
from playground.models.language_model import LanguageModel
from playground.models.loading import load
from playground.models.prompt_ids import PromptIds
from playground.traces.store import TraceStore

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

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
LONG_SOURCE = 1024
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


def long_sources(rounds: int) -> Iterator[Row]:
    """Reads long sources with a random model of bart-base's shape, beside a text that is written."""
    torch.manual_seed(0)
    hf = cast("CausalModel", BartForConditionalGeneration(BartConfig(encoder_layers=6, decoder_layers=6, d_model=768)))
    hf.generation_config.eos_token_id = None  # a text of random weights goes on
    engine = Engine(LanguageModel(hf.eval(), load(str(TRANSLATOR)).tokenizer.hf, "bart"), TraceStore(2**30)).start()
    try:
        asyncio.run(_beside(engine, number=0))  # the first run is slower than all others
        found = [asyncio.run(_beside(engine, number)) for number in range(1, rounds + 1)]
    finally:
        engine.close()
    whole, longest = min(one[0] for one in found), min(one[1] for one in found)
    note = f"{longest:.2f} s of {whole:.2f} s for {LONG_SOURCE:,} tokens in 6 layers"
    yield at_most(
        "Longest wait of a text beside a long source, against its whole reading", longest / whole, " ×", 0.4, note
    )


async def _beside(engine: Engine, number: int) -> tuple[float, float]:
    """Returns the seconds that a long source is read in one forward, and the longest wait between two steps of a text
    while another one is read in slices."""
    sources = [tuple((7 * place + 11 * number + own) % 1000 + 4 for place in range(LONG_SOURCE)) for own in (1, 2)]
    began = time.perf_counter()
    await engine.call(lambda model: model.reading(sources[0]).new_cache())
    whole = time.perf_counter() - began
    written = engine.trace(Request((2,), replace(GREEDY, max_new_tokens=400), source_ids=(5, 6, 7, 2)))
    reading: asyncio.Task[object] | None = None
    longest = last = 0.0
    async for _ in written:
        longest, last = max(longest, time.perf_counter() - last if reading else 0), time.perf_counter()
        reading = reading or asyncio.create_task(engine.work(partial(made, empty_cache), sources[1]))
        if reading.done():
            break
    assert reading is not None
    assert reading.done(), "the text ended before the source was read"
    written.close()
    engine.store.drop([written.trace_id])
    return whole, longest


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
