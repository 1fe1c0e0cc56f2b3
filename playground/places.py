"""Says where the playground's own files are, in a checkout and in an installed package.

In a checkout `assets/` lies beside `playground/`; an installed package has it inside (`pyproject.toml` says so).
Does not know what the files hold.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "assets"

IMPORTED_FROM = _PACKAGE.parent
"""The folder that a further Python process needs in its search path to import `playground`."""
CHECKOUT = None if _INSTALLED.is_dir() else IMPORTED_FROM
"""The top folder of a checkout, which holds the sources; None in an installed package."""
ASSETS = _INSTALLED if CHECKOUT is None else CHECKOUT / "assets"
"""Holds the page's modules and styles, the lessons, the catalogues and the models that come with the playground."""
