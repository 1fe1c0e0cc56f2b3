"""Tests a visit below a path of a reverse proxy, which strips the path or keeps it."""

import re

import httpx
import pytest

from tests import fakes
from tests.browser.serving import build, serving
from tests.plain_visitor import visiting
from tests.reverse_proxy import reverse_proxy


@pytest.mark.parametrize("strips", [True, False], ids=["prefix removed", "prefix kept"])
async def test_a_visit_through_a_reverse_proxy(engine, strips):
    engine.model.eos_token_ids = frozenset()
    with (
        serving(build(engine, "--root-path", "/play")) as upstream,
        serving(reverse_proxy(upstream, "/play", strips)) as proxy,
    ):
        async with httpx.AsyncClient(timeout=fakes.PATIENCE_SECONDS, follow_redirects=False) as client:
            page = await client.get(f"{proxy}/play/")
            assert page.status_code == 200
            assert f"{proxy}/play" in page.text, "Gradio's scripts are asked for below the path"
            style = await client.get(f"{proxy}/play/playground/assets/page.css")
            assert style.headers["content-type"].startswith("text/css")
            for ours in ("playground/files/", "assets/gradio-"):
                hashed = re.search(f'href="({ours}[^"]+)"', page.text)[1]
                assert "immutable" in (await client.get(f"{proxy}/play/{hashed}")).headers["cache-control"]
            async with visiting(client, f"{proxy}/play") as visitor:
                told = [one async for one in visitor.click("Generate", prompt="the tin", max_new_tokens=4)]
                assert told[-1]["msg"] == "process_completed"
                trace_id = told[-1]["output"]["data"][0]["trace_id"]
                row = await client.get(f"{proxy}/play/playground/traces/{trace_id}/logits/2")
                assert len(row.content) == 4 * engine.model.vocabulary_size
