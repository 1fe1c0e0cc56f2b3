"""Tells the page which languages it speaks, and makes a file of the texts of each one but English.

`assets/early_language.js` chooses the language and loads its file before all other scripts run.
"""

import json
from functools import cache

from playground.languages.catalogue import languages, path_of, translations
from playground.sharing.joining import File


@cache
def catalogue_files() -> dict[str, File]:
    """Returns the script of each language's texts, by its tag. English needs none, because the sources are English."""
    tags = [language.tag for language in languages() if language.tag != "en"]
    return {tag: _script(tag) for tag in tags}


def languages_told() -> str:
    """Returns a script that tells the page its languages, with the addresses of their files relative to the page."""
    files = catalogue_files()
    told = [
        {
            "tag": language.tag,
            "name": language.name,
            "direction": language.direction,
            "address": f"playground/{files[language.tag].address}" if language.tag in files else "",
        }
        for language in languages()
    ]
    return f"globalThis.playgroundLanguages = {_literal(told)};"


def _script(tag: str) -> File:
    """Returns the texts, and of the server's sentences the English templates, by which the page finds them."""
    found, sentences = translations(path_of(tag))
    lines = [f"globalThis.playgroundCatalogue = {_literal(found)};"]
    lines.append(f"globalThis.playgroundSentences = {_literal(sentences)};\n")
    return File(f"{tag}.js", "\n".join(lines).encode())


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
