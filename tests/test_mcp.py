"""Tests the tools that `--mcp` offers to assistants, with the client of the package `mcp`."""

import base64
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from playground import command_line, options, visitor
from playground.engine.engines import Engines
from playground.web import api
from tests.browser.serving import build, serving

PATH = "gradio_api/mcp/"
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"class:secret").decode()}


@pytest.fixture
def url(engine) -> Iterator[str]:
    with serving(build(engine, "--mcp", "--auth", "class:secret")) as url:
        yield url


@asynccontextmanager
async def session(url: str):
    async with (
        httpx.AsyncClient(headers=LOGIN) as http,
        streamable_http_client(f"{url}/{PATH}", http_client=http) as (receive, send, _),
        ClientSession(receive, send) as client,
    ):
        await client.initialize()
        yield client


async def test_the_documented_endpoints_are_tools_with_descriptions_and_no_others(url):
    async with session(url) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    with open("docs/api.md") as documents:
        documented = set(re.findall(r"`/([a-z_]+)[`(]", documents.read()))
    assert {"trace", "models", "attention", "lens", "beams"} <= set(tools) <= documented | {"models"}
    for tool in tools.values():
        assert re.fullmatch(r"[A-Z].*\.", tool.description)
        assert all(given["description"] for given in tool.inputSchema["properties"].values())
    assert tools["attention"].inputSchema["required"] == ["text", "layer", "head"]


async def test_a_tool_answers_what_the_api_answers(url, engine):
    settings = {"strategy": "greedy", "max_new_tokens": 3}
    async with session(url) as client:
        [listed] = (await client.call_tool("models", {})).content
        [traced] = (await client.call_tool("trace", {"prompt": "the tin", "settings": settings})).content
        refused = await client.call_tool("trace", {"prompt": "the tin", "settings": {"strategy": "best"}})
    assert "'model': 'tiny'" in listed.text
    assert repr((await api.trace(engine, "the tin", settings))["text"]) in traced.text
    assert refused.isError
    assert json.loads(refused.content[0].text) == "strategy is 'best'. Choose one of greedy, sample, beam."


async def test_a_tool_is_called_in_this_process_for_the_client_that_asks(url, engine, monkeypatch):
    asked, plain = [], api.models

    def noted(engines: Engines) -> list:
        asked.append(visitor.current.get())
        return plain(engines)

    monkeypatch.setattr(api, "models", noted)
    monkeypatch.setattr("gradio.mcp.Client", None)  # by itself, Gradio would ask over HTTP with this client
    async with session(url) as client:
        assert not (await client.call_tool("models", {})).isError
    assert asked == ["127.0.0.1"]


def test_tools_need_the_login(url):
    assert httpx.post(f"{url}/{PATH}", json={}).status_code == 401


def test_there_are_none_without_the_option(engine):
    with ThreadPoolExecutor(1), serving(build(engine)) as url:
        assert httpx.get(f"{url}/{PATH}", follow_redirects=True).status_code == 404


def test_a_missing_package_is_said(monkeypatch, capsys):
    monkeypatch.setattr(options, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        command_line.arguments(["--mcp"])
    assert "pip install 'gradio[mcp]'" in capsys.readouterr().err
