"""Records a text of a transformers model that is loaded in a notebook or a script, and shows it without a server.

    from playground import notebook

    notebook.trace(model, tokenizer, "The sky is", do_sample=True, temperature=0.8, max_new_tokens=40)

The engine is that of the playground, and the page is the one that it exports. The model that is given stays as it is.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import torch

from playground.conversation import conversation
from playground.decoding.generate_kwargs import settings_of
from playground.decoding.settings import Settings
from playground.decoding.stages import PARAMETERS
from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.request import Limits, Request, checked_ids
from playground.errors import PlaygroundError
from playground.models.in_memory import standing, taken_over
from playground.models.language_model import LanguageModel
from playground.models.word_ids import words_of
from playground.on_host import on_host
from playground.sharing.page import page
from playground.sharing.recorded import words_recorded
from playground.traces.file import KINDS, Kind, Writer
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace
from playground.values import choice, shown

HEIGHT = "clamp(560px, 100vh - 150px, 840px)"
"""The height of the page in a notebook. In 840 pixels the text and the bars of a step are in view together. In a lower
window, of which Jupyter's own bars take 150 pixels, all of the frame is in view. The page scrolls inside its frame, so
that the sliders stay beside the bars."""
BORDER = "border: 1px solid #8888; border-radius: 4px"
STYLE = f"display: block; box-sizing: border-box; width: 100%; height: {HEIGHT}; {BORDER}"
NOT_SHOWN = (
    "The steps of this text are a page with scripts, which is shown only in a trusted notebook. "
    "Run the cell again, or choose “Trust Notebook” in the commands of Jupyter."
)
"""What stands in the frame. A reader sees it where the frame is taken out, as Jupyter does in an untrusted notebook."""
WAIT_SECONDS = 0.1
"""How often the calling thread looks for an interrupt. On Windows, none comes while it waits."""

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False, repr=False)
class Recorded:
    """A recorded text. A notebook shows it as the page that `save` writes.

    Attributes:
        trace: the text with every step; the tensors of the steps are on the host.
        text: what the model has written, special tokens included.
        words: a readable text for every id of the vocabulary.
        notes: the names of processors that the model's generation_config brings. The page cannot apply them itself.
        answers: which tokens the words of settings are, as `playground.sharing.recorded` writes it for the page.
    """

    trace: Trace
    text: str
    words: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    answers: Mapping[str, bytes] = field(default_factory=dict)

    def file(self, kind: Kind = "light") -> bytes:
        """Returns the trace as a `.json.gz` file, which the playground's page opens too.

        Args:
            kind: "full" has attention and every logit; "light" has the 1,000 most probable tokens of each step.

        Raises:
            PlaygroundError: `kind` is neither, or the file would be too large for a page to open again.
        """
        steps = self.trace.steps
        writer = Writer(self.trace, steps[0], self.words, self.notes, choice("kind", kind, KINDS))
        return b"".join([writer.begin(), *map(writer.step, steps), writer.end()])

    def page(self, kind: Kind = "light") -> str:
        """Returns the page: one HTML file that needs no server and sends no request. `kind` is that of `file`."""
        return page(self.file(kind), recorded=self.answers)

    def save(self, path: str | Path, kind: Kind = "light") -> Path:
        """Writes the page to a file, and returns its path. `kind` is that of `file`."""
        written = Path(path)
        written.write_bytes(self.page(kind).encode())
        return written

    def _repr_html_(self) -> str:
        title = escape(f"The steps of a text by {self.trace.model}")
        return f'<iframe srcdoc="{escape(self.page())}" title="{title}" style="{STYLE}">{NOT_SHOWN}</iframe>'

    def __repr__(self) -> str:
        return f"<Recorded by {self.trace.model}, {len(self.trace.steps)} steps: {shown(self.text)}>"


def trace(model: object, tokenizer: object, prompt: object, **generate_kwargs: Any) -> Recorded:
    """Writes a text with a model that is loaded already, and returns it with every step.

    Greedy text is that of `model.generate(**generate_kwargs)`. A sampled text has the distribution of `generate` at
    each step, and random numbers of its own, which depend on `seed` alone. What is not given is as in `generate`: from
    the model's generation_config, else transformers' own defaults.

    Args:
        model: a model of transformers that writes texts, with or without an encoder. It is not changed.
        tokenizer: its tokenizer.
        prompt: a text; or a list of chat messages, `{"role": …, "content": …}`; or ids of tokens, as a list, as a
            tensor of one row, or as the tokenizer returns them. An encoder–decoder's encoder reads it.
        generate_kwargs: `do_sample`, `max_new_tokens`, `stop_strings`, every setting of `docs/settings.md` by its name,
            and `seed` (0 unless said).

    Raises:
        PlaygroundError: the model cannot be recorded, or an argument is not supported or is outside its rule.
    """
    own = taken_over(model, tokenizer)
    settings = settings_of(generate_kwargs, standing(own))
    for name in PARAMETERS.keys() & generate_kwargs.keys():  # in `settings` now, and not to be added once more
        setattr(own.hf.generation_config, name, None)
    request = _request(own, prompt, settings)
    with _same_threads():
        recorded = _on_own_loop(_written(own, request))
    answers = words_recorded(recorded.model, [settings], words_of(own))
    return Recorded(recorded, own.tokenizer.decode(recorded.token_ids), own.vocabulary, own.extra_names, answers)


async def _written(model: LanguageModel, request: Request) -> Trace:
    """Returns the finished trace, with all tensors on the host."""
    texts_may_share(model)  # refuses a model that is not exact
    limits = Limits(rows=1, prompt_tokens=model.window, new_tokens=request.settings.max_new_tokens)
    engine = Engine(model, TraceStore(0), limits, cache_bytes=0).start()
    try:
        run = engine.trace(request)
        steps = [_held(item) async for item in run if isinstance(item, Step)]
        return replace(engine.store.get(run.trace_id), steps=tuple(steps))
    finally:
        engine.close()


def _request(model: LanguageModel, prompt: object, settings: Settings) -> Request:
    if isinstance(prompt, str):
        read, said = model.encode_prompt(prompt), None
    elif isinstance(prompt, list | tuple) and prompt and all(isinstance(one, Mapping) for one in prompt):
        said = conversation(prompt, {}, model.window * 100)
        read = model.encode_prompt(model.tokenizer.conversation(said.turns()), templated=True)
    else:
        read, said = model.prompt_of(checked_ids(_row(prompt), model)), None
    return Request(read.ids, settings, keeps_cache=False, conversation=said, source_ids=read.source_ids)


def _row(prompt: object) -> list[Any]:
    """Returns ids that a caller gave in one of the forms that the tokenizer returns.

    Raises:
        PlaygroundError: they are several rows, none, or something else.
    """
    ids = prompt["input_ids"] if isinstance(prompt, Mapping) and "input_ids" in prompt else prompt
    listed = ids.tolist() if isinstance(ids, torch.Tensor) else list(ids) if isinstance(ids, list | tuple) else None
    if listed and all(isinstance(row, list) for row in listed):
        if len(listed) > 1:
            raise PlaygroundError(f"prompt has {len(listed)} rows of ids. Give one text; call trace for each of them.")
        [listed] = listed
    if not listed:
        raise PlaygroundError(
            f"prompt is {shown(prompt)}. Give a text, a list of messages, or ids of tokens, at least one."
        )
    return listed


def _held(step: Step) -> Step:
    """Returns a step whose tensors are on the host."""
    moved = {name: getattr(step, name) for name in ("logits", "attention", "source_attention")}
    return replace(step, **{name: one if one is None else on_host(one) for name, one in moved.items()})


@contextmanager
def _same_threads() -> Iterator[None]:
    """Gives torch the number of threads again that it had before the block."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _on_own_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """Returns what `work` returns. In a notebook the calling thread runs a loop already, so it gets another thread.

    An interrupt of the notebook cancels the work and waits until it has ended.
    """
    loop, ended = asyncio.new_event_loop(), threading.Event()
    task = loop.create_task(work)

    def run() -> None:
        try:
            loop.run_until_complete(asyncio.wait([task]))
        finally:
            ended.set()

    threading.Thread(target=run, name="notebook").start()
    try:
        while not ended.wait(WAIT_SECONDS):
            pass
    except BaseException:
        loop.call_soon_threadsafe(task.cancel)
        ended.wait()
        raise
    finally:
        loop.close()
    return task.result()
