"""Reads and writes catalogues: gettext's PO files in `assets/languages/`, one a language.

A catalogue's keys are the English texts. Its file is written in the order of the keys and without dates, so that a
change of the page changes only the lines of its texts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from playground.errors import PlaygroundError
from playground.languages.text import Text
from playground.places import ASSETS

PLURALS = dict.fromkeys(("fr", "pt"), "nplurals=2; plural=(n > 1);") | dict.fromkeys(
    ("es", "it"), "nplurals=2; plural=(n != 1);"
)
"""Languages for which CLDR, and so Babel, has a form for millions ("un million de jetons"). The page never shows it."""

PYTHON = "playground/"
"""Where the sources of the server's sentences are."""

FOLDER = ASSETS / "languages"


@dataclass(frozen=True)
class Language:
    """A language of the page.

    Attributes:
        tag: its BCP 47 tag, such as "fr".
        name: its name in itself, such as "Français".
        direction: "ltr", or "rtl" for a language that is written from right to left.
    """

    tag: str
    name: str
    direction: str


Translations = Mapping[str, tuple[str, ...]]
"""Of each English text its translation, or one for each plural form."""


def languages(folder: Path = FOLDER) -> tuple[Language, ...]:
    """Returns English and the languages that have a catalogue, in the order of their tags."""
    tags = sorted({"en", *(path.stem for path in folder.glob("*.po"))})
    return tuple(_language(tag) for tag in tags)


def path_of(tag: str, folder: Path = FOLDER) -> Path:
    """Returns the file of a language's catalogue."""
    return folder / f"{tag}.po"


def read(path: Path) -> dict[str, tuple[str, ...]]:
    """Returns all entries of a catalogue. One that is missing or fuzzy has an empty translation.

    Raises:
        PlaygroundError: the file is no catalogue.
    """
    return {_key(entry): _known(entry) for entry in _entries(path)}


def translations(path: Path) -> tuple[Translations, tuple[str, ...]]:
    """Returns the entries of a catalogue that are translated, as `assets/common/language.js` takes them.

    With them come the keys of those that are sentences of the server: their sources are in `playground/`.

    Raises:
        PlaygroundError: the file is no catalogue.
    """
    entries = [entry for entry in _entries(path) if _known(entry) and all(_known(entry))]
    told = [_key(entry) for entry in entries if any(file.startswith(PYTHON) for file, _ in entry.locations)]
    return {_key(entry): _known(entry) for entry in entries}, tuple(told)


def written(tag: str, texts: Iterable[Text], known: Translations) -> str:
    """Returns a catalogue as a PO file, with the translations that are known and empty ones for the other texts."""
    catalog = Catalog(locale=Locale.parse(tag, sep="-"))
    if tag in PLURALS:
        catalog.mime_headers = [("Plural-Forms", PLURALS[tag])]
    for text in texts:
        forms, locations = known.get(text.one, ()), [(file, 1) for file in sorted(text.files)]
        if text.other is None:
            entry = catalog.add(text.one, forms[0] if forms else "", locations)
        else:
            filled = (*forms, *[""] * catalog.num_plurals)[: catalog.num_plurals]
            entry = catalog.add((text.one, text.other), filled, locations)
        entry.flags.clear()  # Babel takes "% o" for a place of Python's
    lines = BytesIO()
    write_po(lines, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)
    head = [f"Language: {tag}", "Content-Type: text/plain; charset=UTF-8", f"Plural-Forms: {catalog.plural_forms}"]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in head) + "\n" + lines.getvalue().decode()


def _language(tag: str) -> Language:
    locale = Locale.parse(tag, sep="-")
    name = locale.get_display_name() or tag
    return Language(tag, name[0].upper() + name[1:], "rtl" if locale.text_direction == "rtl" else "ltr")


def _entries(path: Path) -> list[Message]:
    try:
        catalog = read_po(BytesIO(path.read_bytes()), locale=path.stem, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as fault:
        raise PlaygroundError(f"{path.name} is not a PO file: {fault}. Correct it.") from fault
    return [entry for entry in catalog if entry.id]


def _known(entry: Message) -> tuple[str, ...]:
    return () if entry.fuzzy else _forms(entry)


def _key(entry: Message) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def _forms(entry: Message) -> tuple[str, ...]:
    return (entry.string or "",) if isinstance(entry.string, str | None) else tuple(entry.string)
