"""Makes an HTML file that needs no server: modules that are joined, and what a server would answer, recorded.

The file opens from a disk or from any host of static files, and its policy lets it send no request. It runs only its
own scripts, which the policy names by their hashes. Texts that come from anywhere are escaped or written as base64, so
that none of them can end a script or begin an element. The same input gives the same text. Knows neither traces nor
lessons.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from html import escape

from playground.decoding.stages import STAGES
from playground.languages.catalogue import languages, path_of, translations
from playground.languages.script import literal, script
from playground.places import ASSETS
from playground.sharing.joining import Joined
from playground.sharing.registry import own_modules

ENDS_A_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
ENDS_A_STYLE = re.compile(r"</style|<!--", re.IGNORECASE)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
"""What the file may load besides its own scripts. Views set styles, and an image makes a picture of them."""

NO_SCRIPTS = (
    "This page shows its numbers with scripts, and scripts are off here. Open the file in a browser that runs them."
)
"""What a reader sees where no script runs, as in the preview of a mail."""

SHOWN = 'data-face="everything" data-view="decode" data-sidebar="settings strategy"'
"""What the style sheets read of the state of the page: its face, the view, and the parts of the sidebar."""


def document(entry: str, title: str, description: str, recorded: Mapping[str, bytes], language: str = "en") -> str:
    """Returns the HTML file as a text, to be written as UTF-8.

    Args:
        entry: the module below `assets/` that runs, such as "take_home/mount.js".
        title: the title of the page, any text.
        description: what search engines and link previews say of it, any text.
        recorded: the bytes of each answer, by the path that `assets/common/server.js` asks for, such as
            "lessons.json?lang=en". What is asked and not there is refused on the page with a sentence.
        language: the tag of the language of the page's texts.

    Raises:
        ValueError: a module or a style sheet holds a text that would end the element around it, or the page does not
            have the language.
    """
    known = {one.tag: one for one in languages()}
    if language not in known:
        raise ValueError(f"The page does not have the language {language!r}. It has {', '.join(known)}.")
    code, styles = _joined(entry)
    answers = {path: base64.b64encode(content).decode() for path, content in sorted(recorded.items())}
    told = [
        f"globalThis.playgroundLanguage = {literal(language)};",
        f"globalThis.playgroundRecorded = {literal(answers)};",
    ]
    if language != "en":
        told.append(_texts(language))
    first = "\n".join(told)
    policy = f"{POLICY}; script-src {_source(first)} {_source(code)}"
    return f"""<!doctype html>
<html lang="{escape(language)}" dir="{known[language].direction}" {SHOWN}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{_shown(description)}">
<meta name="color-scheme" content="light dark">
<title>{_shown(title)}</title>
<style>{styles}</style>
<script>{first}</script>
<script type="module">{code}</script>
</head>
<body><noscript><p>{escape(_no_scripts(language))}</p></noscript></body>
</html>
"""


@cache
def _no_scripts(language: str) -> str:
    """Returns the sentence for a reader without scripts. Where it is not translated, it is English."""
    if language == "en":
        return NO_SCRIPTS
    known, _ = translations(path_of(language))
    [sentence] = known.get(NO_SCRIPTS, (NO_SCRIPTS,))
    return sentence


@cache
def _texts(language: str) -> str:
    """Returns a language's texts as a script. Reading them takes a second."""
    return script(language)


@cache
def _joined(entry: str) -> tuple[str, str]:
    """Returns the modules that an entry needs as one module, and their styles. Both may stand in an HTML file."""
    files = Joined(ASSETS, {"page": (entry,)}, own_modules(STAGES))
    code, styles = (file.content.decode() for file in files.files)
    for text, end in ((code, ENDS_A_SCRIPT), (styles, ENDS_A_STYLE)):
        if found := end.search(text):
            raise ValueError(f"{entry} holds {found[0]!r}, which cannot stand in an HTML file. Write it in two parts.")
    return code, styles


def _shown(text: str) -> str:
    """Returns a text as it is written in HTML. Half of a surrogate pair, which UTF-8 cannot hold, becomes a "?"."""
    return escape(text.encode("utf-8", "replace").decode())


def _source(code: str) -> str:
    """Returns a script's hash as a policy names it. A browser reads every line end as one sign."""
    digest = hashlib.sha256(code.replace("\r\n", "\n").replace("\r", "\n").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
