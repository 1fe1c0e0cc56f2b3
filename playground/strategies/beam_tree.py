"""The records of a beam search: the tree of its continuations, and the sequences that it has finished.

Knows settings. Does not know the model or pages.
"""

from dataclasses import dataclass

from playground.decoding.settings import Settings

TOLD = 20
"""The number of tokens that are kept of the distribution of every beam that was continued."""


@dataclass(frozen=True)
class Node:
    """One continuation that was among the best of its step.

    Attributes:
        parent: the index of the node that this one continues; None for the root, which is the prompt.
        depth: the number of tokens after the prompt.
        token_id: the node's token; None for the root.
        log_prob: the log-probability of the token, in nats, after the penalties.
        cumulative: the sum of the log-probabilities of all tokens since the prompt.
        fate: "kept" if it runs on as a beam, "finished" if it ended a hypothesis, "dropped" if neither.
    """

    parent: int | None
    depth: int
    token_id: int | None
    log_prob: float
    cumulative: float
    fate: str


@dataclass(frozen=True)
class Hypothesis:
    """A finished sequence. The best one has the highest `score`, its log-probability / length ** length_penalty."""

    node: int
    token_ids: tuple[int, ...]
    score: float
    returned: bool


@dataclass(frozen=True)
class BeamTree:
    """The state of a search after some of its steps.

    Attributes:
        nodes: all nodes, parents before children; node 0 is the prompt.
        next_tokens: the `TOLD` best (token id, log-probability) pairs, after the penalties, of every continued node.
        hypotheses: the finished sequences: first those that `generate` returns (`returned`), then the others, each
            group with the best first.
        done: whether the search has ended.
        source_ids: what the encoder reads; empty for a decoder-only model. `prompt_ids` is then the beginning of the
            decoder's text.
    """

    prompt_ids: tuple[int, ...]
    settings: Settings
    nodes: tuple[Node, ...]
    next_tokens: dict[int, tuple[tuple[int, float], ...]]
    hypotheses: tuple[Hypothesis, ...]
    done: bool
    source_ids: tuple[int, ...] = ()

    def token_ids(self, node: int) -> tuple[int, ...]:
        """Returns the token ids of the completion that ends in this node."""
        ids: list[int] = []
        last = self.nodes[node]
        while last.parent is not None and last.token_id is not None:
            ids.append(last.token_id)
            last = self.nodes[last.parent]
        return tuple(reversed(ids))
