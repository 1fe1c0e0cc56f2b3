"""Compares a catalogue with the texts of the sources: what is missing, what is stale, and what has other places."""

from collections.abc import Iterable, Mapping

from playground.languages.places import places
from playground.languages.text import Text


def faults(texts: Iterable[Text], entries: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Returns a sentence for each fault of a catalogue.

    Args:
        texts: what the sources have.
        entries: all entries of the catalogue, as `catalogue.read` returns them.
    """
    by_key = {text.one: text for text in texts}
    found = [f"{key!r} is stale: no source has it any more." for key in entries if key not in by_key]
    for key, text in by_key.items():
        forms = entries.get(key, ())
        if not forms or not all(forms):
            found.append(f"{key!r} is missing ({', '.join(sorted(text.files))}).")
            continue
        found += [sentence for form in forms if (sentence := _other_places(text, form))]
    return found


def _other_places(text: Text, form: str) -> str | None:
    """Returns what is wrong with the places of a translation. A plural form may leave out the number itself."""
    needed, written = places(text.one), places(form)
    if text.other is not None:
        needed, written = places(text.other) - {"n"}, written - {"n"}
    if needed == written:
        return None
    return f"{text.one!r} has the places {_listed(needed)}, and its translation {form!r} has {_listed(written)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "none"
