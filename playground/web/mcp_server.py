"""Makes Gradio's MCP server call the endpoints of the API in this process.

By itself, it sends each call of a tool over HTTP to the address that the first client named in its `Host` header. Such
a call would leave the machine if a client named another one, would need a login of its own, and would come from the
server's address, so that the clients could not be told apart.
"""

import copy

import gradio as gr
from gradio.block_function import BlockFunction

from playground.errors import PlaygroundError


def call_in_process(page: gr.Blocks) -> None:
    """Changes the MCP server of a mounted page.

    Raises:
        PlaygroundError: Gradio could not make it.
    """
    server = page.mcp_server_obj
    if server is None:
        raise PlaygroundError(f"--mcp cannot be used: {page.mcp_error}. Start the server without it.")
    found = server.get_block_fn_from_endpoint_name

    def unqueued(endpoint_name: str) -> BlockFunction | None:
        function = copy.copy(found(endpoint_name))
        if function is not None:
            function.queue = False  # a function without a queue is called in place
        return function

    server.get_block_fn_from_endpoint_name = unqueued
