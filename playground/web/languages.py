"""Tells the page which languages it speaks, and makes a file of the texts of each one but English.

`assets/early_language.js` chooses the language and loads its file before all other scripts run.
"""

from functools import cache

from playground.languages.catalogue import languages
from playground.languages.script import literal, script
from playground.sharing.joining import File


@cache
def catalogue_files() -> dict[str, File]:
    """Returns the script of each language's texts, by its tag. English needs none, because the sources are English."""
    tags = [language.tag for language in languages() if language.tag != "en"]
    return {tag: File(f"{tag}.js", script(tag).encode()) for tag in tags}


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
    return f"globalThis.playgroundLanguages = {literal(told)};"
