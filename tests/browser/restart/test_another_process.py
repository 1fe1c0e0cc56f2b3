"""Tests that a page whose process has died finds its texts, with their rows, in another process of the fleet."""

import re

import pytest

from tests.browser.restart.restarting import Replicated
from tests.browser.restart.words import assert_every_step_can_be_looked_at, restart, written
from tests.fakes import PacedModel

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tiny_models, tokenizer):
    server = Replicated(PacedModel(tiny_models["llama"], tokenizer))
    server.start()
    yield server
    server.close()


def test_the_next_process_answers_with_the_rows_that_were_recorded(page, server):
    rows: list[tuple[str, bool]] = []
    page.on("response", lambda answer: rows.append((text_of(answer), "x-recomputed" in answer.headers)))
    text = written(page, "Two and two", 8)
    written_before = set(server._engines.others.texts.places)
    restart(page, server)
    rows.clear()
    assert_every_step_can_be_looked_at(page, text)
    seen = [(trace_id, recomputed) for trace_id, recomputed in rows if trace_id]
    assert seen
    assert all(trace_id in written_before and not recomputed for trace_id, recomputed in seen)
    written(page, "The end", 3)


def text_of(answer) -> str:
    """Returns the id of the text of which an answer holds a row, or ""."""
    found = re.search(r"/traces/([^/]+)/logits/", answer.url)
    return found[1] if found and answer.ok else ""
