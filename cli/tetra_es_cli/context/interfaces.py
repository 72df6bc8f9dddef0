"""Other interfaces, which are loaded by name where they are installed."""

from __future__ import annotations

from typing import Any

from tetra_es.errors import TetraEsError

GROUP = "tetra_es.interfaces"


def interface(name: str) -> Any:
    """Return what an entry point of an interface names.

    Raises `TetraEsError` where what it needs is not installed.
    """
    from importlib.metadata import entry_points

    lacking = "pages"
    for found in entry_points(group=GROUP, name=name):
        try:
            return found.load()
        except ModuleNotFoundError as error:
            lacking = error.name or lacking
            if lacking.startswith("tetra_es"):
                raise
    from tetra_es.installed import way_to

    raise TetraEsError(
        f"pages need more packages than are installed: {lacking} is missing",
        hint=f"{way_to('serve')} installs them",
    )
