"""Plotly's JavaScript as the Python package carries it, for the page to draw with: nothing comes from a CDN.

Knows where the script is. Does not know figures, data or the page.
"""

from plotly.offline import get_plotlyjs


def plotly_script() -> bytes:
    """The whole library, minified: a script that sets `window.Plotly`. 4.8 MB, 1.5 MB packed."""
    return get_plotlyjs().encode()
