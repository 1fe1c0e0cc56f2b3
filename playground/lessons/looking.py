"""Looks at one step of a written text as the page does, and gives the value of each measure there.

The numbers are those of the page's bars: the recorded logits go through the processors of the settings in view, and a
softmax in float64. Knows texts, settings and measures. Does not know lessons' files.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from playground.decoding.measures import NGRAM, most_probable, probabilities, raw_measures, repeats
from playground.decoding.measures import rank as rank_of
from playground.decoding.processors import stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.errors import PlaygroundError
from playground.lessons.trees import Call, Tree, Value, evaluate
from playground.lessons.views.view import Measured
from playground.lessons.written_text import last_of, text_of
from playground.models.loaded_model import LoadedModel
from playground.models.word_ids import words_of
from playground.on_host import on_host
from playground.traces.trace import Step, Trace
from playground.values import shown


@dataclass(frozen=True, eq=False)
class Look:
    """A step of a text under settings that may be others than those it was written with.

    Attributes:
        model: the model that wrote it.
        trace: the text, whose steps hold their logits; None for a view without a text.
        step: the step in view, from 1.
        settings: those in view.
        own: the measures that the view has of its own.
    """

    model: LoadedModel
    trace: Trace | None
    step: int
    settings: Settings
    own: Measured = field(default_factory=dict)

    def value(self, tree: Tree, before: "Look | None" = None) -> Value:
        """Returns the value of a tree; `before` is what `before()` looks at.

        Raises:
            PlaygroundError: a measure has no value here, such as one of a text that is not a single token.
        """

        def call(found: Call) -> Value:
            if found.name == "before":
                assert before is not None, "the reader allows it in a reveal only"
                return before.value(found.of[0])
            given = [evaluate(one, call) for one in found.of]
            return self.own[found.name](*given) if found.name in self.own else _MEASURES[found.name](self, *given)

        return evaluate(tree, call)

    def check(self) -> None:
        """Refuses a step that the text does not have.

        Raises:
            PlaygroundError: names the step and the text's number of tokens.
        """
        _ = self._step

    @cached_property
    def _step(self) -> Step:
        steps = self._trace.steps
        if self.step > len(steps):
            raise PlaygroundError(f"step is {self.step}, and the text has {len(steps)} tokens.")
        return steps[self.step - 1]

    @cached_property
    def _raw(self) -> torch.Tensor:
        """(vocab,) float32, the model's own logits."""
        return torch.from_numpy(self._step.row)

    @cached_property
    def _final(self) -> torch.Tensor:
        """(vocab,) float32 after all stages. Processors that the model itself brings are not drawn by the page."""
        trace, index = self._trace, self._step.index
        surprises = [earlier.surprise for earlier in trace.steps[:index]]
        ids = trace.ids_before(index)
        moment = Moment(ids, len(trace.prompt_ids), trace.source_ids, trace.settings.seed, surprises)
        return stages(self._raw, moment, self.settings.processing(), (), words_of(self.model))[-1].logits

    @property
    def _left(self) -> torch.Tensor:
        """The same, of which some token is left."""
        if not self.kept():
            raise PlaygroundError("No token is left after all stages.")
        return self._final

    @cached_property
    def _probabilities(self) -> torch.Tensor:
        """(vocab,) float64 after all stages."""
        return self._left.double().softmax(-1)

    def probability(self, token: str) -> float:
        """Returns a token's share after all stages."""
        return float(self._probabilities[self._id_of(token)])

    def raw_probability(self, token: str) -> float:
        """Returns a token's share of the model's own distribution."""
        return float(probabilities(self._raw.numpy())[self._id_of(token)])

    def rank(self, token: str) -> int:
        """Returns a token's place among the model's own logits, from 1."""
        return rank_of(self._raw.numpy(), self._id_of(token))

    def logit(self, token: str) -> float:
        """Returns the model's own logit of a token."""
        return float(self._raw[self._id_of(token)])

    def kept(self) -> int:
        """Returns how many tokens all stages leave."""
        return int((self._final > -torch.inf).sum())

    def entropy(self) -> float:
        """Returns the entropy in bits after all stages (Shannon 1948)."""
        some = self._probabilities[self._probabilities > 0]
        return max(0.0, float(-(some * some.log2()).sum()))

    def raw_entropy(self) -> float:
        """Returns the entropy in bits of the model's own distribution."""
        return raw_measures(self._raw.numpy(), self._step.token_id).entropy_bits

    def most_likely(self) -> str:
        """Returns the most probable token after all stages, of equal ones the one with the higher id."""
        return text_of(self.model, most_probable(self._left.numpy(), 1))

    def chosen(self) -> str:
        """Returns the token that is written at this step."""
        return text_of(self.model, [self._step.token_id])

    def surprise(self) -> float:
        """Returns -log2 of the written token's share of the model's own distribution."""
        nats = raw_measures(self._raw.numpy(), self._step.token_id).logprob_nats
        return -nats / math.log(2)

    def text(self) -> str:
        """Returns the completion, without the token that ends it."""
        ids = self._trace.token_ids
        return text_of(self.model, ids[:-1] if self._trace.stop_reason == "end_token" else ids)

    def tokens(self) -> int:
        """Returns the completion's number of tokens, with the one that ends it."""
        return len(self._trace.steps)

    def repeated(self) -> int:
        """Returns how many tokens of the completion the page marks as repeated."""
        trace = self._trace
        ids, prompt = (*trace.prompt_ids, *trace.token_ids), len(trace.prompt_ids)
        ends = [end for end in range(prompt, len(ids)) if repeats(ids[: end + 1])]
        return len({place for end in ends for place in range(end - NGRAM + 1, end + 1) if place >= prompt})

    def cross_attention(self, token: str) -> float:
        """Returns the weight that this step gives to a token of the source: the mean of the last layer's heads."""
        if not self._trace.source_ids:
            raise PlaygroundError(f"{self.model.name} has no encoder, so that its text looks at no source.")
        if self._step.source_attention is None:
            raise PlaygroundError(f"{self.model.name} does not return its attention weights.")
        weights = on_host(self._step.source_attention[-1]).float().numpy().mean(axis=0)
        texts = words_of(self.model).texts
        return float(weights[last_of([texts[token_id] for token_id in self._trace.source_ids], token)])

    def setting(self, name: str) -> Value:
        """Returns the value of a setting in view."""
        return self.settings.to_dict()[name]

    def pieces(self, text: str) -> int:
        """Returns how many tokens the tokenizer makes of a text, without special tokens."""
        return len(self.model.tokenizer.hf(text, add_special_tokens=False, verbose=False).input_ids)

    @property
    def _trace(self) -> Trace:
        assert self.trace is not None, "the reader allows measures of a text in Decode only"
        return self.trace

    def _id_of(self, token: str) -> int:
        """Returns the id of the token with this text; of several, the first one, as the page does."""
        texts = words_of(self.model).texts
        if token and token in texts:  # the text of an id without a token is empty
            return texts.index(token)
        if f" {token}" in texts:
            raise PlaygroundError(f"{shown(token)} is not a token of {self.model.name}, but {shown(' ' + token)} is.")
        written = [texts[token_id] for token_id in words_of(self.model).ids_of(token)] if token else []
        as_written = f" It is written as {', '.join(map(shown, written))}." if written else ""
        raise PlaygroundError(f"{shown(token)} is not a token of {self.model.name}.{as_written}")


_MEASURES: Mapping[str, Any] = {
    measure.__name__: measure
    for measure in (
        Look.probability,
        Look.raw_probability,
        Look.rank,
        Look.logit,
        Look.kept,
        Look.entropy,
        Look.raw_entropy,
        Look.most_likely,
        Look.chosen,
        Look.surprise,
        Look.text,
        Look.tokens,
        Look.repeated,
        Look.cross_attention,
        Look.setting,
        Look.pieces,
    )
}
