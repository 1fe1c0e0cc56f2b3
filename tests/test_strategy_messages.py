"""Tests messages to Compare settings and Beams: JSON that any browser reads, and sentences that fit the numbers."""

import json
from contextlib import aclosing

import pytest

from playground.decoding.settings import Settings
from playground.strategies.beams import Path, path, search
from playground.strategies.best_first import WholeTree, whole_tree
from playground.strategies.comparison import Grid, run
from playground.strategies.summary import Table
from playground.web.messages.beams import beam_message, whole_message
from playground.web.messages.grid import grid_message, opening_message
from tests import fakes


def is_plain(message) -> bool:
    return json.loads(json.dumps(message, allow_nan=False)) == message


async def test_a_grids_messages(engine):
    grid = Grid(("the tin", "x" * 500), (fakes.greedy(5), Settings(max_new_tokens=5)), (1, 2))
    async with aclosing(run(engine, grid)) as found:
        cells = [cell async for cell in found]
    table = Table(grid)
    for cell in cells:
        table.add(cell)
    message = grid_message(grid, table, cells[:1], "running")
    assert is_plain(message)
    assert (message["total"], message["done"], len(message["cells"])) == (6, 6, 1)
    last = grid_message(grid, table, cells, "done")
    told = {(cell["prompt"], cell["row"], cell["seed"]): cell for cell in last["cells"]}
    assert told[0, 1, 2]["error"] is None
    assert len(told[0, 1, 2]["surprisals_bits"]) == len(told[0, 1, 2]["token_ids"]) > 0
    assert "window" in told[1, 0, 1]["error"]


def test_the_opening_message_is_plain():
    opening = opening_message("At night")
    assert is_plain(opening)
    assert opening["experiment"]["paper"][0]["name"] == "Greedy"


async def test_a_searchs_messages(engine):
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=6)
    trees = [tree async for tree in search(engine, fakes.prompt(5), settings)]
    running = beam_message(trees[0], [], "running")
    greedy = await path(engine, fakes.prompt(5), fakes.greedy(6), "greedy")
    done = beam_message(trees[-1], [greedy], "done")
    assert is_plain(running)
    assert is_plain(done)
    assert (running["next"], running["advice"]) == ({}, [])
    assert len(done["nodes"]["parent"]) == len(trees[-1].nodes)
    assert set(done["next"]) == {str(node) for node in trees[-1].next_tokens}
    best = next(one for one in trees[-1].hypotheses if one.returned)
    [sentence] = done["advice"]
    assert (f"{abs(best.score - greedy.score):.3f} better" in sentence) == (best.score > greedy.score)


async def test_a_winner_that_is_greedys_own_text_is_called_so(engine):
    settings = Settings(strategy="beam", num_beams=2, max_new_tokens=4)
    tree = [tree async for tree in search(engine, fakes.prompt(5), settings)][-1]
    best = tree.hypotheses[0]
    same = Path("greedy", fakes.greedy(), best.token_ids, (-1.0,) * len(best.token_ids), best.score)
    assert beam_message(tree, [same], "done")["advice"] == ["With 2 beams the winner is greedy's own text."]


async def test_a_whole_trees_message(engine):
    *_, found = [tree async for tree in whole_tree(engine, fakes.prompt(5), 2)]
    greedy = await path(engine, fakes.prompt(5), fakes.greedy(2), "greedy")
    message = whole_message(found, greedy, "done")
    assert is_plain(message)
    assert message["sequences"][0]["probability"] >= message["greedy"]["probability"] - 1e-6


@pytest.mark.parametrize(
    ("sequences", "proven", "sentence"),
    [
        ((((7, 8), -1.0),), True, "Greedy misses the most probable sequence of 2 tokens, 2.72 times as probable; 9"),
        ((((7, 8), -1.0),), False, "Greedy misses a more probable sequence of 2 tokens, 2.72 times as probable; 9"),
        ((((7, 9), -2.0),), True, "Greedy finds the most probable sequence of 2 tokens; 9 beginnings were searched"),
        ((((7, 9), -2.0),), False, "Nothing more probable than greedy's sequence of 2 tokens was found; 9"),
        ((((7, 8), -2.5),), False, "and the budget ended before this was certain."),
        ((), None, "9 beginnings were searched, and none of 2 tokens was complete. Ask for fewer tokens."),
    ],
)
def test_what_a_whole_tree_proves_is_said_and_no_more(sequences, proven, sentence):
    """The sentence compares with greedy's (7, 9), whose log-probability is -2."""
    greedy = Path("greedy", fakes.greedy(2), (7, 9), (-1.0, -1.0), -1.0)
    message = whole_message(WholeTree(2, sequences, (proven,) * len(sequences), 9, done=True), greedy, "done")
    assert sentence in message["advice"][0]
