"""Answers what is asked beside Gradio: files, traces, attention, exports, and the state of the server."""
