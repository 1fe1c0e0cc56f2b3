"""Finds the files of Gradio's front end that a page will ask for, so that the page can name them at its beginning, and
reads them, with one fault mended.

A browser learns only from Gradio's scripts, one after the other, which other scripts it needs: first those of the
frame, then those of each kind of component. Over a slow network each of these turns is a wait. Vite, which builds the
front end, writes the list of files beside each `import(…)`, and they are read from there.
"""

import re
from collections.abc import Collection
from pathlib import Path

import gradio

FRONT_END = Path(gradio.__file__).parent / "templates" / "frontend"
ASSETS = FRONT_END / "assets"
NAMED = re.compile(r'(?:src|href)="\./assets/([^"]+)"')
LIST = re.compile(r"m\.f\|\|\(m\.f=\[([^\]]*)\]\)")
IMPORT = re.compile(r"import\(`\./([^`]+)`\)[^`]{0,60}?__vite__mapDeps\(\[([\d,]+)\]\)")
KIND = re.compile(r"[,{]([a-z]+):\{(?:\w+:[^{}]*,)?component:([^{}]*)\}")
FRAME = "Blocks-"
"""The beginning of the name of the script that holds a page's frame."""
TRACKER = "statustracker-"
"""The beginning of the name of the script that says how long an event takes."""
TIMER = re.compile(r"([\w$]+)\(\(\)=>\{[\w$]+\.status===`pending`\?([\w$]+)\(\):[^;]{0,40}?\}\)\}\)")
"""The effect that starts and stops the timer: the names of Svelte's `$effect` and of the function that starts it."""
DRAWN_AS = {"api": "state"}
"""The kind of component that Gradio draws for one that has no script of its own."""


def gradio_files(kinds: Collection[str]) -> list[str]:
    """Returns the names of the scripts and styles that a page with these kinds of components loads.

    They stand in the order in which Gradio asks for them. What the page names itself is left out.
    """
    kinds = {DRAWN_AS.get(kind, kind) for kind in kinds}
    named = NAMED.findall((FRONT_END / "index.html").read_text("utf-8"))
    first = [name for script in named for name in _imported(script)]
    frame = [name for script in first for name in _imported(script, FRAME)]
    parts = [name for script in first for name in _of_kinds(script, kinds)]
    return [name for name in dict.fromkeys([*first, *frame, *parts]) if name not in named]


def text_of(name: str) -> str:
    """Returns what one of the files of text holds."""
    return (ASSETS / name).read_text("utf-8")


def content_of(name: str) -> bytes:
    """Returns what the page gets of one of the files: what it holds, with the timer of `ends_timers` mended."""
    return ends_timers(text_of(name)).encode() if name.startswith(TRACKER) else (ASSETS / name).read_bytes()


def ends_timers(script: str) -> str:
    """Returns the script of Gradio's status tracker with a timer that ends when the tracker is removed from the page.

    The tracker of the page's own loading is removed while it counts. Gradio's timer then goes on: it asks for a frame
    sixty times a second for as long as the page is open, which takes a sixth of a processor core from each reader. A
    script without this timer is returned as it is.
    """
    effect = TIMER.search(script)
    counts = re.search(rf"function {re.escape(effect[2])}\(\)\{{([\w$]+)\|\|", script) if effect else None
    if not effect or not counts:
        return script
    return f"{script[: effect.end()]},{effect[1]}(()=>()=>{{{counts[1]}=!1}}){script[effect.end() :]}"


def _imported(script: str, target: str = "") -> list[str]:
    """Returns what a script imports later, with all that this needs, if the import's name begins with `target`."""
    text, names = _read(script)
    return _listed(names, [numbers for name, numbers in IMPORT.findall(text) if name.startswith(target)])


def _of_kinds(script: str, kinds: Collection[str]) -> list[str]:
    """Returns the files of these kinds of components, if this is the script that knows them."""
    text, names = _read(script)
    code = "".join(code for kind, code in KIND.findall(text) if kind in kinds)
    return _listed(names, [numbers for _, numbers in IMPORT.findall(code)])


def _listed(names: list[str], numbers: list[str]) -> list[str]:
    return [names[int(number)] for some in numbers for number in some.split(",")]


def _read(script: str) -> tuple[str, list[str]]:
    """Returns the text of a script, and the names to which its imports refer by number."""
    text = text_of(script)
    names = LIST.search(text)
    return text, re.findall(r'"\./([^"]+)"', names[1]) if names else []
