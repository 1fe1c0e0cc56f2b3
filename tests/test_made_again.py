"""Tests that in bfloat16 texts that were made one after another are the same when they are made again."""

import pytest
import torch

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.traces.store import TraceStore
from tests import fakes

pytestmark = pytest.mark.model

TEXTS, NEW_TOKENS = 20, 8
PROMPTS = ("Once upon a time", "Once upon a time there was a king", "At night the sky is full of", "At night the sky")
"""Some begin with others, so that a prompt is read from the middle on."""


async def test_20_texts_are_the_same_when_they_are_made_again(default_in_16_bits):
    """They are made again on the same engine, which has read their prompts, and on a new one with little memory."""
    assert torch.get_num_threads() == 1, "the number of threads decides in which order numbers are added"
    requests = [
        Request(
            default_in_16_bits.tokenizer.encode(PROMPTS[seed % len(PROMPTS)]),
            Settings(temperature=1.2, top_p=0.98, max_new_tokens=NEW_TOKENS, seed=seed),
        )
        for seed in range(TEXTS)
    ]

    async def written(engine: Engine) -> list[list[tuple[int, float]]]:
        traces = [(await fakes.trace(engine, request))[1] for request in requests]
        return [[(step.token_id, step.probability) for step in trace.steps] for trace in traces]

    engine = Engine(default_in_16_bits, TraceStore(2**30)).start()
    first, again = await written(engine), await written(engine)
    engine.close()
    engine = Engine(default_in_16_bits, TraceStore(0)).start()
    elsewhere = await written(engine)
    engine.close()
    assert len({tuple(token for token, _ in text) for text in first}) == TEXTS
    assert again == first
    assert elsewhere == first
