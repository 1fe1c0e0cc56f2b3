"""Draws an address as a QR code. Only this module imports segno, when a code is first drawn."""

from io import StringIO

QUIET_ZONE = 2
"""The empty cells around a code on a page, which has a margin of its own."""


def as_svg(address: str) -> str:
    """Returns the QR code of an address as an SVG element, black on white, which scales with its box."""
    import segno

    return segno.make(address).svg_inline(border=QUIET_ZONE, light="#fff", dark="#000", omitsize=True)


def as_text(address: str) -> str:
    """Returns the QR code of an address for a terminal, two cells a character."""
    import segno

    written = StringIO()
    segno.make(address).terminal(written, compact=True)
    return written.getvalue()
