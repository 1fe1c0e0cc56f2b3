"""Takes Plotly's JavaScript, with which the page draws, from the Python package, so that nothing comes from a CDN.

Knows where the script is. Does not know figures, data or the page.
"""

from plotly.offline import get_plotlyjs


def plotly_script() -> bytes:
    """Returns the whole library, minified: a script that sets `window.Plotly`. It has 4.8 MB, or 1.5 MB compressed."""
    return get_plotlyjs().encode()
