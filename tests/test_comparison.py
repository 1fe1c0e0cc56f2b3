"""Tests that a grid writes every requested text, the same in any order, and leaves nothing behind."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from statistics import mean

import pytest
import torch

from playground.decoding.settings import MAX_SEED, Settings
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.strategies import comparison
from playground.strategies.comparison import Cell, Grid, Place, run, seeds_from
from playground.traces.store import TraceStore
from tests import fakes

SHORT = Settings(max_new_tokens=8)
ROWS = (
    fakes.greedy(8),
    SHORT,
    replace(SHORT, temperature=0.5, top_k=20),
    Settings(strategy="beam", num_beams=3, max_new_tokens=8),
)


async def cells(engine: Engine, grid: Grid) -> dict[Place, Cell]:
    async with asyncio.timeout(fakes.PATIENCE_SECONDS), aclosing(run(engine, grid)) as found:
        return {cell.place: cell async for cell in found}


async def idle(engine: Engine) -> None:
    """Waits until no row runs or waits."""
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        while engine.busy:
            await asyncio.sleep(0)


async def test_every_cell_is_the_text_of_its_prompt_settings_and_seed(engine):
    """Greedy and beam search run once, sampling runs with every seed, and the measures are those of a plain forward."""
    grid = Grid(("the tin", "on a"), ROWS, (3, 4, 5))
    found = await cells(engine, grid)
    assert len(found) == len(grid.cells()) == 2 * (1 + 3 + 3 + 1)
    for place, cell in found.items():
        ids = engine.model.tokenizer.encode(grid.prompts[place.prompt])
        settings = grid.settings(place)
        if settings.strategy != "beam":
            _, alone = await fakes.trace(engine, Request(ids, settings))
            assert (cell.token_ids, cell.stop_reason) == (alone.token_ids, alone.stop_reason)
        logits, _ = fakes.full_forward(engine.model.hf, ids + cell.token_ids)
        logprobs = logits[len(ids) - 1 : -1].double().log_softmax(-1)
        chosen = logprobs.gather(-1, torch.tensor(cell.token_ids)[:, None])[:, 0]
        assert cell.logprobs_nats == pytest.approx(chosen.tolist(), abs=1e-5)
        entropies = -(logprobs.exp() * logprobs).sum(-1) / torch.tensor(2.0).log()
        assert cell.entropies_bits == pytest.approx(entropies.tolist(), abs=1e-5)
        sums = logprobs.exp().sort(-1, descending=True).values.cumsum(-1)
        assert list(cell.nucleus_sizes) == ((sums < 0.9).sum(-1) + 1).tolist()
    ids, best = engine.model.tokenizer.encode("on a"), found[Place(1, 3, 3)].token_ids
    generated = fakes.generate(engine.model.hf, ids, ROWS[3]).sequences[0, len(ids) :]
    assert list(best) == generated[: len(best)].tolist()


async def test_the_chat_template_goes_around_every_prompt(engine, monkeypatch):
    template = "<s>{% for turn in messages %}{{ turn.content }}{% endfor %}</s> the"
    monkeypatch.setattr(engine.model.tokenizer.hf, "chat_template", template)
    prompts = ("the\n\ntin", "on a")
    found = await cells(engine, Grid(prompts, (fakes.greedy(6),), (0,), chat=True))
    for place, cell in found.items():
        ids = engine.model.tokenizer.encode(f"<s>{prompts[place.prompt]}</s> the", templated=True)
        _, alone = await fakes.trace(engine, Request(ids, fakes.greedy(6)))
        assert cell.token_ids == alone.token_ids


async def test_without_a_template_every_cell_says_so(engine):
    [cell] = (await cells(engine, Grid(("the tin",), (fakes.greedy(6),), (0,), chat=True))).values()
    assert "tiny has no chat template" in cell.error


async def test_the_order_of_rows_and_seeds_changes_nothing(engine):
    one = await cells(engine, Grid(("the tin", "on a"), ROWS[:3], (1, 2, 3)))
    other = await cells(engine, Grid(("on a", "the tin"), ROWS[2::-1], (3, 1, 2)))
    for place, cell in other.items():
        if place.row == 2 and place.seed == 3:  # greedy has the first of the requested seeds
            place = replace(place, seed=1)
        twin = one[Place(1 - place.prompt, 2 - place.row, place.seed)]
        assert cell.token_ids == twin.token_ids
        assert mean(cell.logprobs_nats) == pytest.approx(mean(twin.logprobs_nats), abs=1e-5)
        assert mean(cell.entropies_bits) == pytest.approx(mean(twin.entropies_bits), abs=1e-5)


async def test_alone_it_holds_every_row_and_leaves_nothing_in_the_store(llama):
    engine = Engine(llama, TraceStore(50_000_000), Limits(rows=6)).start()
    await cells(engine, Grid(("the tin",), (SHORT,), tuple(range(10))))
    engine.close()
    assert max(llama.batch_sizes) == 6
    assert engine.store.nbytes == 0


async def test_a_prompt_over_the_window_says_so_and_the_rest_is_written(engine):
    found = await cells(engine, Grid(("the tin", "long " * 40, "half \ud83d"), (fakes.greedy(4), SHORT), (1,)))
    assert [bool(found[Place(0, row, 1)].token_ids) for row in (0, 1)] == [True, True]
    for row in (0, 1):
        assert "window of 96" in found[Place(1, row, 1)].error
        assert "surrogate" in found[Place(2, row, 1)].error


async def test_a_stop_in_the_middle_frees_every_row(engine, llama):
    llama.eos_token_ids = frozenset()
    async with aclosing(
        run(engine, Grid(("the tin",), (replace(SHORT, max_new_tokens=60),), tuple(range(16))))
    ) as found:
        first = await anext(found)
    assert len(first.token_ids) == 60
    llama.forwards.clear()
    await fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(4)))
    assert llama.batch_sizes[-3:] == [1, 1, 1]
    await idle(engine)


async def test_a_fault_of_ours_ends_the_grid_and_is_not_hidden(engine, monkeypatch):
    monkeypatch.setattr(comparison, "_facts", lambda row, token_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await cells(engine, Grid(("the tin",), (SHORT,), (1, 2)))
    await idle(engine)


@pytest.mark.parametrize(
    ("prompts", "rows", "seeds", "sentence"),
    [
        ((), (SHORT,), (1,), "has no prompt"),
        (("a",), (), (1,), "has no row of settings"),
        (("a",), (SHORT,), (), "has no seed"),
        (("a",) * 5, (SHORT,), (1,), "takes at most 4 × 8 × 16. Leave out 1 of the 5 prompts"),
        (("a",), (SHORT,), tuple(range(10_000)), "1 × 1 × 10,000 texts.*at most 4 × 8 × 16"),
        (("a",), tuple(Settings(top_k=k) for k in range(9)), (1,), "Leave out 1 of the 9 rows"),
        (("a",), (SHORT, fakes.greedy(8), replace(SHORT, seed=9)), (1,), "Rows 1 and 3 have the same"),
        (("a",), (SHORT,), (4, 4.0), "seed occurs twice"),
        (("a",), (SHORT,), (-1,), "seed is -1"),
        (("a",), (SHORT,), ([1],), "seed must be a whole number"),
    ],
)
def test_what_cannot_be_compared_is_refused(prompts, rows, seeds, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        Grid(prompts, rows, seeds)


def test_seeds_begin_again_after_the_highest():
    assert seeds_from(MAX_SEED - 1, 3) == (MAX_SEED - 1, MAX_SEED, 0)
