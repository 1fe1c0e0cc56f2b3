"""Where the server's own routes are, and the header that says which page asks. Knows nothing else."""

PREFIX = "/playground"
"""Of all routes beside Gradio's."""
VISIT_HEADER = "X-Playground-Visit"
"""Under this name the page's JavaScript says which of all open pages it is; see `assets/common/server.js`."""
