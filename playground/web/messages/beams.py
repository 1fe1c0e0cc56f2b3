"""Builds the JSON messages that describe a search to the Beams tab, with sentences that say what was found.

Knows beam trees, paths and whole trees. Does not know the tokens' texts, which the page has.
"""

import math
from collections.abc import Sequence
from typing import Any

from playground.strategies.beam_tree import BeamTree
from playground.strategies.beams import Path
from playground.strategies.best_first import BUDGET, WholeTree


def beam_message(tree: BeamTree, paths: Sequence[Path], state: str) -> dict[str, Any]:
    """Builds the message that describes a search as far as it has come.

    `state` is "running" until the paths are there, then "done" or "stopped". The message says what may follow each
    node only when the tree is complete or the search was stopped.
    """
    columns = ("parent", "depth", "token_id", "log_prob", "cumulative", "fate")
    ended = tree.done or state != "running"
    return {
        "kind": "tree",
        "state": state,
        "prompt_ids": list(tree.prompt_ids),
        "source_ids": list(tree.source_ids),
        "settings": tree.settings.to_dict(),
        "nodes": {name: [getattr(node, name) for node in tree.nodes] for name in columns},
        "next": {str(node): [list(pair) for pair in pairs] for node, pairs in tree.next_tokens.items()}
        if ended
        else {},
        "hypotheses": [
            {"node": one.node, "score": one.score, "returned": one.returned, "token_ids": list(one.token_ids)}
            for one in tree.hypotheses
        ],
        "paths": [
            {
                "name": path.name,
                "settings": path.settings.to_dict(),
                "token_ids": list(path.token_ids),
                "log_probs": list(path.log_probs),
                "score": path.score,
            }
            for path in paths
        ],
        "advice": _advice(tree, paths),
    }


def whole_message(found: WholeTree, greedy: Path, state: str) -> dict[str, Any]:
    """Builds the message with the most probable sequences of a few tokens, and greedy's sequence beside them.

    `state` is "running", "done" or "stopped".
    """
    greedy_log_prob = sum(greedy.log_probs)
    return {
        "kind": "whole",
        "state": state,
        "horizon": found.horizon,
        "expanded": found.expanded,
        "sequences": [
            {"token_ids": list(ids), "probability": math.exp(log_prob), "proven": proven}
            for (ids, log_prob), proven in zip(found.sequences, found.proven, strict=True)
        ],
        "greedy": {"token_ids": list(greedy.token_ids), "probability": math.exp(greedy_log_prob)},
        "advice": [] if state == "running" else [_whole_advice(found, greedy, greedy_log_prob)],
        "budget": BUDGET,
    }


def _whole_advice(found: WholeTree, greedy: Path, greedy_log_prob: float) -> str:
    length = f"{found.horizon} token{'' if found.horizon == 1 else 's'}"
    looked = f"{found.expanded:,} beginning{' was' if found.expanded == 1 else 's were'} searched"
    if not found.sequences and not found.done:
        return f"The search was stopped before any sequence of {length} was complete; {looked}."
    if not found.sequences:
        return (
            f"Too many sequences are about equally probable: {looked}, and none of {length} was complete. "
            "Ask for fewer tokens."
        )
    (best_ids, best), is_proven = found.sequences[0], found.proven[0]
    if greedy.token_ids != best_ids and best > greedy_log_prob:
        times = math.exp(best - greedy_log_prob)
        what = "the most" if is_proven else "a more"
        said = f"Greedy misses {what} probable sequence of {length}, {times:.2f} times as probable"
    elif is_proven:
        said = f"Greedy finds the most probable sequence of {length}"
    else:
        said = f"Nothing more probable than greedy's sequence of {length} was found"
    ended = "the budget ended" if found.done else "the search was stopped"
    proof = "nothing else can be more probable" if is_proven else f"{ended} before this was certain"
    return f"{said}; {looked}, and {proof}."


def _advice(tree: BeamTree, paths: Sequence[Path]) -> list[str]:
    returned = [one for one in tree.hypotheses if one.returned]
    greedy = next((path for path in paths if path.name == "greedy"), None)
    if not returned or greedy is None:
        return []
    best = returned[0]
    if best.token_ids == greedy.token_ids:
        beams = tree.settings.num_beams
        return [f"With {beams} beam{'' if beams == 1 else 's'} the winner is greedy's own text."]
    gap = best.score - greedy.score
    more = "better" if gap >= 0 else "worse"
    shared = _shared(best.token_ids, greedy.token_ids)
    where = "at the first token" if shared == 0 else f"after {shared} token{'' if shared == 1 else 's'}"
    return [f"The winner's score is {abs(gap):,.3f} {more} than that of greedy's text. They differ {where}."]


def _shared(ids: Sequence[int], others: Sequence[int]) -> int:
    """Returns how many tokens two texts have in common from their beginning."""
    pairs = list(zip(ids, others, strict=False))
    return next((place for place, (one, other) in enumerate(pairs) if one != other), len(pairs))
