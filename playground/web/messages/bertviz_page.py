"""Builds BertViz's head view of one layer as a page that loads nothing: its scripts and its data are in the page.

Knows BertViz's `head_view.js` and the two libraries it is written for; the packages that hold them are not imported.
Does not know the model. Show the page in `<iframe sandbox="allow-scripts">`: `POLICY` holds the page to that, and
forbids every connection.
"""

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from playground.errors import PlaygroundError

LAST = 64
"""The number of tokens shown by default. BertViz draws a line for every head, query and key."""
MOST = 128
DECIMALS = 4

POLICY = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"

D3 = ("mpld3", "mpld3/js/d3.v5.min.js")
JQUERY = ("XStatic-jQuery", "xstatic/pkg/jquery/data/jquery.min.js")
HEAD_VIEW = ("bertviz", "bertviz/head_view.js")
"""Each of the three is a package, and a file in it."""
REQUIREMENTS = "bertviz==1.4.1 mpld3==0.5.12 XStatic-jQuery==3.7.1.1"
"""The packages of `requirements-javascript.txt`. `pip install` of the playground leaves them out: only their files are
used, and their dependencies would be installed as well."""

STAND_IN = """
// head_view.js asks require.js for d3 and jQuery by their addresses on a CDN. Both are in this page already.
window.require = { config() {} };
window.requirejs = (names, run) => run(window.jQuery, window.d3);
"""

STYLE = """
:root { color-scheme: light; background: #fff; color: #222; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 8px; }
p { margin: 0 0 8px; }
"""

HELP = "Point at a token. Each colour is a head: click it to show or hide it, double-click to see it alone."


class Kind(NamedTuple):
    """One kind of attention that the page can show.

    `weights` is (head, query, key) of one layer. `left` and `right` are the readable texts of its queries and keys.
    They may be any text, because none is taken for markup.
    """

    name: str | None
    weights: np.ndarray
    left: Sequence[str]
    right: Sequence[str]


def bertviz_page(weights: np.ndarray, tokens: Sequence[str], layer: int, head: int | None, last: int) -> str:
    """Returns the page of a text whose tokens look at each other, as HTML.

    Args:
        weights: (head, query, key) of one layer; the page has them to `DECIMALS` decimals.
        tokens: readable texts, one for each query.
        layer: the layer's number.
        head: the head that the page shows first, None for all.
        last: the number of tokens that are drawn, from the end; the page says so if others are left out.

    Raises:
        PlaygroundError: `last` is out of range, or a package is missing.
    """
    return page_of_kinds([Kind(None, weights, tokens, tokens)], 0, layer, head, last)


def page_of_kinds(kinds: Sequence[Kind], first: int, layer: int, head: int | None, last: int) -> str:
    """Returns a page with a list of kinds of attention, such as an encoder's, a decoder's and what joins them.

    Args:
        kinds: equal in their number of heads.
        first: the one that the page shows first.

    The other values, and the errors, are those of `bertviz_page`.
    """
    if not 1 <= last <= MOST:
        raise PlaygroundError(
            f"last is {last}. BertViz's view shows 1 to {MOST} tokens here. Choose a number in this range."
        )
    params = {
        "attention": [_shown(kind, last) for kind in kinds],
        "default_filter": str(first),
        "root_div_id": "bertviz",
        "layer": layer,
        "heads": None if head is None else [head],
        "include_layers": [layer],
    }
    told = f"BertViz head view of layer {layer}."
    longest = max(len(side) for kind in kinds for side in (kind.left, kind.right))
    if longest > last:
        told += f" It shows the last {last} of {longest} tokens, without the weights on earlier tokens."
    options = "".join(
        f'<option value="{place}"{" selected" if place == first else ""}>{escape(str(kind.name))}</option>'
        for place, kind in enumerate(kinds)
    )
    which = f'<label>Attention: <select id="filter">{options}</select></label>' if len(kinds) > 1 else ""
    scripts = "".join(f"<script>{script}</script>" for script in (_file(*D3), _file(*JQUERY), STAND_IN, _view(params)))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(told)}</title><style>{STYLE}</style></head><body><p>{escape(told)} {HELP}</p>"
        f'<div id="bertviz"><select id="layer" hidden></select>{which}<div id="vis"></div></div>'
        f"{scripts}</body></html>"
    )


def _shown(kind: Kind, last: int) -> dict[str, Any]:
    if kind.weights.shape[1:] != (len(kind.left), len(kind.right)):
        raise ValueError(f"weights {kind.weights.shape} do not fit {len(kind.left)} and {len(kind.right)} tokens")
    shown = kind.weights[:, -last:, -last:].astype(np.float64).round(DECIMALS).tolist()
    return {
        "name": kind.name,
        "attn": [shown],
        "left_text": list(kind.left[-last:]),
        "right_text": list(kind.right[-last:]),
    }


def _view(params: dict) -> str:
    """Returns head_view.js with the data in their place. No `<` is left in the data that could end the script."""
    data = json.dumps(params, separators=(",", ":")).replace("<", "\\u003c")
    return _file(*HEAD_VIEW).replace("PYTHON_PARAMS", data, 1)


@cache
def _file(package: str, path: str) -> str:
    try:
        return Path(str(distribution(package).locate_file(path))).read_text("utf-8")
    except (PackageNotFoundError, FileNotFoundError) as error:
        raise PlaygroundError(
            f"BertViz's view needs the package {package}. Install it with 'pip install --no-deps {REQUIREMENTS}', "
            "and start the server again."
        ) from error
