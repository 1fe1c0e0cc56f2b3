"""Lessons for tests: a small one with every block, and pieces of which tests make others."""

from pathlib import Path

HEAD = """---
title: A lesson
level: beginner
minutes: 5
about: One sentence.
---
"""
"""The front matter; it has six lines."""

STATE = """```state
prompt: At night the sky is full of
```
"""

REVEAL = """```reveal
answer: Yes
says: So it is.
```
"""

SMALL = """---
title: Temperature
level: beginner            # beginner | intermediate | advanced
minutes: 5                 # 3 to 8 in ours
about: One sentence for the list.
model: SmolLM2-135M-Instruct   # optional
---

## A page's title
Markdown. `{probability(" stars")}` is shown, and the value is {probability(" stars")}, a \\{ brace.

```state
view: decode               # a view's id
face: simple               # default: simple for decode
prompt: At night the sky is full of
step: 1                    # counted from 1, as in a link
strategy: sample           # any setting by its Hugging Face name
temperature: 0.8
```

```predict
question: The temperature goes down to 0.3. What happens to the bar of " stars"?
choices: [It grows., It shrinks., It stays as it is.]
```

```reveal
set: {temperature: 0.3}    # optional: changes to the state
answer: It grows.          # for choices: the right one
because: probability(" stars") > before(probability(" stars"))   # must hold on the model
says: At 0.3 the model gives {probability(" stars")} to " stars". Before it was {before(probability(" stars"))}.
```

```ask
question: Why does a low temperature make the text alike every time?
answer: Because the most probable token takes nearly all: {kept()} are left.
```

```note
Markdown that only the teacher sees.
```

```claim
entropy() > 1              # one expression a line
```

## Your turn
Now it is yours.

```try
task: Bring the entropy below one bit with temperature alone.
check: entropy() < 1
only: [temperature]        # optional: the only settings that may differ
hint: Lower is sharper.    # optional
solved: {temperature: 0.3} # settings with which it holds
```
"""
"""A lesson with every block; what it claims holds on the default model."""


def write(folder: Path, text: str, name: str = "06-warmth.md") -> Path:
    """Writes a lesson's file, and returns its path."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path
