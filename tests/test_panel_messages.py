"""Tests that what a message brings for the controls stays whole while the next message arrives."""

from copy import deepcopy

import gradio as gr
import orjson
import pytest
from gradio.state_holder import SessionState
from gradio.utils import diff

from playground.web.panels.messages import with_first


def turned(value, edits):
    """Turns a value into the next one in place, as Gradio's client does with the edits that its server sends."""
    for action, path, new in edits:
        place = value
        for key in path[:-1]:
            place = place[key]
        match action, path:
            case "replace", []:
                value = new
            case "delete", [*_, key]:
                del place[key]
            case (("add" | "replace"), [*_, key]):
                place[key] = new
    return value


@pytest.mark.parametrize(
    "given", [{"earlier": [{"role": "system", "content": "s"}], "fields": {}}, {}, "By a link", 0.5, True]
)
async def test_a_value_that_the_page_has_not_read_yet_survives_the_next_message(given):
    with gr.Blocks() as page:
        view, control = gr.HTML(), gr.HTML()
        asked = gr.Button().click(lambda: None, None, [view, control])

    async def messages():
        yield {"steps": [1]}
        yield {"steps": [2]}

    block = page.fns[asked["id"]]
    state = SessionState(page)
    first, second = [
        await page.postprocess_data(block, [news[view], news.get(control, gr.skip())], state)
        async for news in with_first(messages(), view, {control: deepcopy(given)})
    ]
    sent = orjson.loads(orjson.dumps(first[1]))
    assert sent == given
    edits = orjson.loads(orjson.dumps(diff(first[1], second[1])))
    assert turned(sent, edits) == orjson.loads(orjson.dumps(second[1])), "the control stays as it is"
    assert sent == given
