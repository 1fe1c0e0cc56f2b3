"""Tests that what a message brings for the controls stays whole while the next message arrives."""

from copy import deepcopy

import gradio as gr
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


async def test_a_conversation_that_the_page_has_not_read_yet_survives_the_next_message():
    view, conversation = gr.HTML(), gr.HTML()
    given = {"earlier": [{"role": "system", "content": "s"}], "fields": {}}

    async def messages():
        yield {"steps": [1]}
        yield {"steps": [2]}

    first, second = [news async for news in with_first(messages(), view, {conversation: deepcopy(given)})]
    sent = first[conversation]
    waiting = sent["value"]  # Gradio's client has handed it to the component, which has not read it
    assert turned(sent, diff(sent, second.get(conversation, gr.skip()))) == gr.skip()
    assert waiting == given
