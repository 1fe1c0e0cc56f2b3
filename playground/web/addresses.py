"""Names the prefix of the server's own routes, and the header that says which page asks. Knows nothing else."""

PREFIX = "/playground"
"""The prefix of the routes that the page uses beside Gradio's."""
CLASS = f"{PREFIX}/class"
"""The prefix of the routes of the class."""
VISIT_HEADER = "X-Playground-Visit"
"""In this header the page's JavaScript says which of all open pages it is; see `assets/common/server.js`."""
