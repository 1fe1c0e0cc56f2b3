"""Tests that stages give llama.cpp's kept tokens and probabilities on the same rows: alone, in chains, in both orders.

Where its definition differs from ours, `test_engine_differences.py` shows how.
"""

import numpy as np
import pytest
import torch

from playground.decoding.orders import ORDERS
from tests.llama_cpp import Rows

ROWS, VOCABULARY = 200, 1200
"""Above 1,024 tokens llama.cpp's top-p sorts only as many as it needs."""
RANGES = {
    "repetition_penalty": (1.0, 2.0),
    "temperature": (0.4, 2.0),
    "top_k": (1, VOCABULARY),
    "top_p": (0.05, 0.99),
    "min_p": (0.001, 0.6),
    "typical_p": (0.1, 0.99),
}
"""Of the random values of every stage that llama.cpp has."""
TEMPERATURE_FIRST = tuple(sorted(RANGES, key=ORDERS["transformers"].index))
"""transformers' order of these."""
PROMPTS = (
    "The capital of France is",
    "def fibonacci(n):\n",
    "Once upon a time, there was a little",
    "1, 2, 3, 4, 5, 6,",
    "The cat sat on the mat. The cat sat on the mat. The cat",
)


def random_row(rng: np.random.Generator) -> np.ndarray:
    """Returns (vocab,) float32, from nearly flat to a row of few probable tokens."""
    return (rng.normal(size=VOCABULARY) * rng.uniform(0.5, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def random_rows(tmp_path_factory) -> Rows:
    rng = np.random.default_rng(11)
    tokens = [f"t{number:04d}" for number in range(VOCABULARY)]
    rows = {token_id: random_row(rng) for token_id in range(ROWS)}
    return Rows(tmp_path_factory.mktemp("rows") / "rows.gguf", rows, tokens, ["t 0"])


def random_text(rng: np.random.Generator, last: int) -> list[int]:
    """Returns up to 60 tokens, some of them several times, that end with `last`."""
    return [*rng.integers(0, rng.choice([3, VOCABULARY]), rng.integers(0, 60)).tolist(), last]


def random_value(name: str, rng: np.random.Generator) -> float:
    low, high = RANGES[name]
    return int(np.exp(rng.uniform(0, np.log(high)))) if name == "top_k" else float(rng.uniform(low, high))


def test_the_file_gives_the_rows_that_it_was_written_from(random_rows):
    for token_id in range(0, ROWS, 20):
        expected = torch.log_softmax(random_rows.rows[token_id].double(), -1).numpy()
        found = random_rows.llama_cpp.raw([3, 7, token_id])
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", RANGES)
def test_a_stage_alone_keeps_the_tokens_that_llama_cpp_keeps(random_rows, name):
    rng = np.random.default_rng(list(name.encode()))
    for last in range(ROWS):
        random_rows.compare(random_text(rng, last), {name: random_value(name, rng)})


@pytest.mark.parametrize("order", ["llama.cpp", TEMPERATURE_FIRST, None], ids=["llama.cpp", "temperature first", "any"])
def test_chains_keep_the_tokens_that_llama_cpp_keeps(random_rows, order):
    rng = np.random.default_rng(5)
    for last in range(ROWS):
        values = {name: random_value(name, rng) for name in RANGES if rng.random() < 0.6}
        random_rows.compare(random_text(rng, last), values, order or tuple(map(str, rng.permutation([*RANGES]))))


def test_llama_cpps_default_chain_is_its_default(random_rows):
    defaults = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
    for last in range(0, ROWS, 10):
        theirs = random_rows.llama_cpp.after_defaults([last])
        assert theirs == pytest.approx(random_rows.ours([last], defaults), abs=1e-6)


@pytest.fixture(scope="module")
def prompts(default_model, tmp_path_factory) -> tuple[Rows, list[list[int]]]:
    """The default model's logits after five prompts, and the prompts as ids."""
    tokenizer = default_model.tokenizer
    texts = [tokenizer.encode(prompt) for prompt in PROMPTS]
    with torch.inference_mode():
        rows = {ids[-1]: default_model.hf(torch.tensor([ids])).logits[0, -1].numpy() for ids in texts}
    assert len(rows) == len(PROMPTS)
    tokens = tokenizer.hf.convert_ids_to_tokens(list(range(default_model.hf.config.vocab_size)))
    return Rows(tmp_path_factory.mktemp("prompts") / "prompts.gguf", rows, tokens, ["Ġ t"]), texts


@pytest.mark.model
@pytest.mark.parametrize("name", RANGES)
def test_a_stage_on_the_default_models_prompts_keeps_the_tokens_that_llama_cpp_keeps(prompts, name):
    rows, texts = prompts
    rng = np.random.default_rng(3)
    for ids in texts:
        rows.compare(ids, {name: random_value(name, rng)})


@pytest.mark.model
@pytest.mark.parametrize("order", ["llama.cpp", TEMPERATURE_FIRST], ids=["llama.cpp", "temperature first"])
def test_chains_on_the_default_models_prompts_keep_the_tokens_that_llama_cpp_keeps(prompts, order):
    rows, texts = prompts
    rng = np.random.default_rng(7)
    for ids in texts:
        rows.compare(ids, {name: random_value(name, rng) for name in RANGES}, order)
        rows.compare(ids, {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}, order)
