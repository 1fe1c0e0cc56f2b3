"""Writes the texts of a language as a script for the page, which `assets/common/language.js` reads."""

import json

from playground.languages.catalogue import path_of, translations


def script(tag: str) -> str:
    """Returns a script with the texts of a language, and of the server's sentences the English templates.

    The page finds the server's sentences by their templates. English needs no script, because the sources are English.

    Raises:
        PlaygroundError: the language's catalogue is damaged.
    """
    found, sentences = translations(path_of(tag))
    return (
        f"globalThis.playgroundCatalogue = {literal(found)};\nglobalThis.playgroundSentences = {literal(sentences)};\n"
    )


def literal(value: object) -> str:
    """Returns a value as JSON that may stand in a script of an HTML page: no text in it can end the script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
