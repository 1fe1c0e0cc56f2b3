"""One beam search, step by step, recorded as a tree.

The loop is that of `GenerationMixin._beam_search`; every decision in it (which continuations are the best, which run
on, which count as finished, when to end) is made by transformers' own functions. The rows of logits stay on the model's
device: it finds the best continuations, and the rest happens on the host. Knows the model. Does not know who calls it.
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from transformers import DynamicCache

from playground.decoding.processors import batch_stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.engine.continuing import Continuing
from playground.engine.prompt_line import SLICE_TOKENS
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from playground.models.word_ids import words_of
from playground.on_host import float64_device
from playground.strategies.beam_tree import TOLD, BeamTree, Hypothesis, Node

IMPOSSIBLE = -1e8
"""A cumulative log-probability below this is transformers' mark for an empty place."""


class _Best(NamedTuple):
    """The best continuations of a step, best first, and the most probable tokens of each beam. All is on the host.

    Attributes:
        scores: (width,) float32, the sum of the log-probabilities of all tokens since the prompt.
        parents, token_ids: (width,), the beam that each one continues, and its token.
        log_probs: that of each token.
        told: for each beam the ids and the log-probabilities of its `TOLD` most probable tokens.
    """

    scores: torch.Tensor
    parents: torch.Tensor
    token_ids: torch.Tensor
    log_probs: list[float]
    told: list[list[tuple[float, float]]]


class BeamSearch:
    """The state of one search. It is made and runs on the engine's thread. The batch size is 1, for one prompt.

    `cache` is that of an empty text, which the search fills with the prompt. `rows` are the beams, from `read` on.
    """

    rows: Continuing

    def __init__(self, model: LanguageModel, prompt: PromptIds, settings: Settings, cache: DynamicCache) -> None:
        beams, length = settings.num_beams, len(prompt.ids)
        self.model, self.settings, self.prompt_length = model, settings, length
        self.prompt_ids, self.source_ids = prompt
        # Without early stopping, a single beam would go on after its end token and would no longer be greedy.
        self.early_stopping = settings.early_stopping or beams == 1
        self.extras = model.extra_processors(prompt, settings.max_new_tokens)
        self.max_length = min(length + settings.max_new_tokens, model.window)
        self.width = max(2, 1 + len(model.eos_token_ids)) * beams
        self.cache = cache
        self.cur_len = length
        self.running = torch.zeros((1, beams, self.max_length), dtype=torch.long)
        self.running[:, :, :length] = torch.tensor(prompt.ids)
        self.finished = self.running.clone()
        self.running_scores = torch.full((1, beams), -1e9, dtype=torch.float32)
        self.running_scores[:, 0] = 0
        self.finished_scores = torch.full((1, beams), -1e9, dtype=torch.float32)
        self.is_finished = torch.zeros((1, beams), dtype=torch.bool)
        self.can_improve = torch.ones((1, 1), dtype=torch.bool)
        # transformers calls these beam indices; here they hold the node at every position.
        self.running_nodes = torch.full((1, beams, self.max_length - length), -1, dtype=torch.int32)
        self.finished_nodes = self.running_nodes.clone()
        self.done = False
        self.nodes = [Node(None, 0, None, 0.0, 0.0, "kept")]
        self.next_tokens: dict[int, tuple[tuple[int, float], ...]] = {}
        self.ended: dict[int, float] = {}  # node -> score of every hypothesis that was ever finished

    def read(self) -> bool:
        """Reads a slice of a long prompt once for all beams. Returns whether only the first step's part is left.

        A short prompt is left to the first step as a whole, as in `generate`. Scores then agree with those of
        `generate` to the last bit, and not only to 1e-5.
        """
        start = self.cache.get_seq_length()
        end = self.prompt_length - self.model.first_step_tokens(start, self.prompt_length, SLICE_TOKENS)
        if start == end or (start == 0 and self.settings.num_beams * self.prompt_length <= SLICE_TOKENS):
            self.rows = Continuing(self.model, self.cache, self.settings.num_beams)
            return True
        self.model.prefill(self.prompt_ids[start : min(end, start + SLICE_TOKENS)], self.cache)
        return False

    @torch.inference_mode()
    def step(self) -> None:
        """Adds one token to every beam."""
        hf, beams = self.model.hf, self.settings.num_beams
        found, owners = self._best(), self._owners()
        self._tell_next(found.told, owners)
        offset = self.cur_len - self.prompt_length
        sequences, nodes = self.running[:, found.parents], self.running_nodes[:, found.parents]
        sequences[0, :, self.cur_len] = found.token_ids
        hits = self._hits(sequences)
        nodes[0, :, offset] = torch.tensor(self._add(found, owners, hits[0]), dtype=torch.int32)
        self.running, self.running_scores, self.running_nodes = hf._get_running_beams_for_next_iteration(
            topk_log_probs=found.scores[None],
            topk_running_sequences=sequences,
            topk_running_beam_indices=nodes,
            next_token_hits_stopping_criteria=hits,
            num_beams=beams,
        )
        self.finished, self.finished_scores, self.finished_nodes, self.is_finished = hf._update_finished_beams(
            sequences=self.finished,
            topk_running_sequences=sequences,
            beam_scores=self.finished_scores,
            topk_log_probs=found.scores[None],
            beam_indices=self.finished_nodes,
            topk_running_beam_indices=nodes,
            is_early_stop_heuristic_unsatisfied=self.can_improve,
            is_sent_finished=self.is_finished,
            next_token_hits_stopping_criteria=hits,
            top_num_beam_mask=torch.arange(self.width) < beams,
            num_beams=beams,
            cur_len=self.cur_len,
            decoder_prompt_len=self.prompt_length,
            length_penalty=self.settings.length_penalty,
            early_stopping=self.early_stopping,
        )
        self._mark_kept(offset)
        parent_of = {node: place for place, node in enumerate(owners)}
        came_from = [parent_of.get(self._parent(node), 0) for node in self.running_nodes[0, :, offset].tolist()]
        self.rows.reorder(came_from)
        self.cur_len += 1
        self.can_improve = hf._check_early_stop_heuristic(
            is_early_stop_heuristic_unsatisfied=self.can_improve,
            running_beam_scores=self.running_scores,
            beam_scores=self.finished_scores,
            is_sent_finished=self.is_finished,
            cur_len=self.cur_len,
            max_length=self.max_length,
            decoder_prompt_len=self.prompt_length,
            early_stopping=self.early_stopping,
            length_penalty=self.settings.length_penalty,
        )
        self.done = not hf._beam_search_has_unfinished_sequences(
            self.can_improve, self.is_finished, hits, self.early_stopping
        )

    def tree(self) -> BeamTree:
        """Returns what has been found so far."""
        lengths = (self.finished_nodes[0] >= 0).sum(-1).tolist()
        last = [int(row[length - 1]) for row, length in zip(self.finished_nodes[0], lengths, strict=True) if length]
        nodes, told = tuple(self.nodes), dict(self.next_tokens)
        tree = BeamTree(self.prompt_ids, self.settings, nodes, told, (), self.done, self.source_ids)
        found = [
            Hypothesis(node, tree.token_ids(node), score, node in last)
            for node, score in sorted(self.ended.items(), key=lambda item: -item[1])
        ]
        return replace(tree, hypotheses=tuple(sorted(found, key=lambda hypothesis: not hypothesis.returned)))

    def _best(self) -> _Best:
        """Finds the best continuations where the logits are, and brings these to the host in one transfer.

        Raises:
            PlaygroundError: the settings leave no token.
        """
        beams = self.settings.num_beams
        log_probs, is_left = self._log_probs()
        cumulative = log_probs + self.running_scores[0].to(log_probs.device)[:, None]
        # transformers writes token and beam behind the sequences. These are empty here, because they are on the host.
        empty = torch.zeros((1, beams, 1), dtype=torch.long, device=log_probs.device)
        best, token_ids, parents = self.model.hf._get_top_k_continuations(
            accumulated_log_probs=cumulative.reshape(1, -1),
            running_sequences=empty,
            running_beam_indices=empty,
            cur_len=0,
            decoder_prompt_len=0,
            do_sample=False,
            beams_to_keep=self.width,
            num_beams=beams,
            batch_size=1,
        )
        own = log_probs[parents[0, :, 0], token_ids[0, :, 0]]
        told = log_probs.topk(min(TOLD, log_probs.shape[-1]))
        found = [best, parents, token_ids, own, told.indices, told.values, is_left]
        numbers = torch.cat([one.double().flatten() for one in found]).cpu().split([one.numel() for one in found])
        scores, beam, ids, own, told_ids, told_values, is_left = numbers
        if not is_left:
            raise PlaygroundError("These settings remove every token. Lower no_repeat_ngram_size or switch it off.")
        pairs = torch.stack([told_ids.view(beams, -1), told_values.view(beams, -1)], dim=-1).tolist()
        return _Best(scores.float(), beam.long(), ids.long(), own.tolist(), pairs)

    def _log_probs(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns (beams, vocab) log-probabilities of the next token after the penalties, and whether a token is left.

        Both are on the device of the logits.
        """
        ids = self.running[0, :, : self.cur_len].tolist()
        logits = self.rows.extend([row[self.rows.length :] for row in ids])
        logits = logits.to(float64_device(logits.device)).float()
        is_search = self.settings.num_beams > 1
        if is_search:  # the penalties are applied to logits in greedy, to log-probabilities in a search
            logits = logits.log_softmax(-1)
        moments = [Moment(row, self.prompt_length, self.source_ids) for row in ids]
        settings, words = self.settings.processing(), words_of(self.model)
        *_, last = batch_stages(logits, moments, settings, self.extras, words)
        scores = last.scores
        return scores if is_search else scores.log_softmax(-1), (scores != -torch.inf).any()

    def _owners(self) -> list[int]:
        """Returns the node at the end of every running beam, or -1 for an empty place."""
        offset = self.cur_len - self.prompt_length
        ends = self.running_nodes[0, :, offset - 1].tolist() if offset else [0] * self.settings.num_beams
        scores = self.running_scores[0].tolist()
        return [node if score > IMPOSSIBLE else -1 for node, score in zip(ends, scores, strict=True)]

    def _parent(self, node: int) -> int:
        parent = self.nodes[node].parent if node >= 0 else None
        return -1 if parent is None else parent

    def _tell_next(self, told: list[list[tuple[float, float]]], owners: list[int]) -> None:
        for node, pairs in zip(owners, told, strict=True):
            if node >= 0:
                possible = ((int(token_id), value) for token_id, value in pairs if value > IMPOSSIBLE)
                self.next_tokens[node] = tuple(possible)

    def _hits(self, sequences: torch.Tensor) -> torch.Tensor:
        """Returns (1, width) booleans: whether a continuation ends by length, an end token or a stop string."""
        last = sequences[:, :, self.cur_len]
        hits = torch.full_like(last, self.cur_len + 1 >= self.max_length, dtype=torch.bool)
        if self.model.eos_token_ids:
            hits |= torch.isin(last, torch.tensor(sorted(self.model.eos_token_ids)))
        if self.settings.stop_strings:
            texts = map(self.model.tokenizer.decode, sequences[0, :, self.prompt_length : self.cur_len + 1].tolist())
            ends = [any(stop in text for stop in self.settings.stop_strings) for text in texts]
            hits |= torch.tensor([ends])
        return hits

    def _add(self, found: _Best, owners: list[int], hits: torch.Tensor) -> list[int]:
        """Records the best continuations of a step, best first. Returns their nodes, or -1 for an impossible one."""
        beams, depth = self.settings.num_beams, self.cur_len + 1 - self.prompt_length
        is_full = bool(self.is_finished.all()) and self.early_stopping
        counts = not is_full and bool(self.can_improve.all())
        added, cumulative = [], found.scores.tolist()
        for place, (parent, token_id, hit) in enumerate(
            zip(found.parents.tolist(), found.token_ids.tolist(), hits.tolist(), strict=True)
        ):
            if owners[parent] < 0 or cumulative[place] < IMPOSSIBLE:
                added.append(-1)
                continue
            ends = hit and place < beams and counts
            node = len(self.nodes)
            fate = "finished" if ends else "dropped"
            self.nodes.append(Node(owners[parent], depth, token_id, found.log_probs[place], cumulative[place], fate))
            if ends:
                self.ended[node] = cumulative[place] / depth**self.settings.length_penalty
            added.append(node)
        return added

    def _mark_kept(self, offset: int) -> None:
        """Marks the nodes that run on as kept; `_add` has marked them as dropped.

        A running beam with a score of about -1e9 is a sequence that has ended, so it is not marked.
        """
        for node, score in zip(self.running_nodes[0, :, offset].tolist(), self.running_scores[0].tolist(), strict=True):
            if node >= 0 and score > IMPOSSIBLE:
                self.nodes[node] = replace(self.nodes[node], fate="kept")
