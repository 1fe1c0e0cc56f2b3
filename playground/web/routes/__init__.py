"""What is answered beside Gradio: files, traces, attention, exports, and the state of the server."""
