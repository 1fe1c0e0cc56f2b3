"""Keeps the catalogues as the page's texts are: `python -m playground.languages update`, `… check`."""

import argparse
import sys
from collections.abc import Sequence

from playground.errors import PlaygroundError
from playground.languages.catalogue import FOLDER, path_of, read, written
from playground.languages.faults import faults
from playground.languages.sources import texts


def main(given: Sequence[str] | None = None) -> int:
    """Does what is asked and prints what is wrong. Returns the exit status: 1 if a catalogue has faults."""
    parser = argparse.ArgumentParser(prog="python -m playground.languages", description="Keeps the page's catalogues.")
    commands = parser.add_subparsers(required=True, dest="command", metavar="update|check")
    update = commands.add_parser("update", help="write the catalogues anew: add what is missing, remove what is stale")
    update.add_argument("tag", nargs="*", help="the tags of languages to begin, such as es")
    commands.add_parser("check", help="say what is missing or stale, and what has other places than the English text")
    options = parser.parse_args(given)
    try:
        return _update(options.tag) if options.command == "update" else _check()
    except PlaygroundError as refusal:
        print(refusal)
    return 1


def _update(new: Sequence[str]) -> int:
    found = texts()
    for tag in sorted({*new, *_tags()}):
        path = path_of(tag)
        known = read(path) if path.exists() else {}
        path.write_text(written(tag, found, known), "utf-8", newline="\n")
        missing = sum(not all(known.get(text.one) or [""]) for text in found)
        print(f"{path.name}: {len(found)} texts, {missing} of them without a translation")
    return 0


def _check() -> int:
    found = texts()
    wrong = {tag: faults(found, read(path_of(tag))) for tag in _tags()}
    for tag, sentences in wrong.items():
        print(*(f"{tag}.po: {sentence}" for sentence in sentences or ["ok"]), sep="\n")
    return int(any(wrong.values()))


def _tags() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.po"))


if __name__ == "__main__":
    sys.exit(main())
