"""Serves an empty Gradio page with as many tabs as the playground has, to see what any page of Gradio costs.

It prints its address, and runs in a process of its own, as the playground does.
"""

import os
import socket
import sys

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import uvicorn
from fastapi import FastAPI

TABS = 5


def main() -> None:
    """Serves until it is ended."""
    with gr.Blocks(title="Empty", analytics_enabled=False) as page, gr.Tabs():
        for number in range(TABS):
            gr.Tab(f"Tab {number}")
    app = gr.mount_gradio_app(FastAPI(), page, path="/", run_history=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
