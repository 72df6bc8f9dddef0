"""Which organization a command works on. Without click, for quick answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tetra_es.layout import OrgLayout

if TYPE_CHECKING:
    from tetra_es.settings import Settings


def chosen(settings: Settings, directory: Path | None, org: str | None) -> OrgLayout:
    """Return where the organization is that an option, TETRA_ORG or the current folder names.

    The folder decides nothing else. Raises `UsageError` where none of them names one.
    """
    if not (org or settings.org) and (around := _around(settings, directory)):
        return around
    return OrgLayout.of(directory or settings.tetra_dir, settings.org_named(org))


def _around(settings: Settings, directory: Path | None) -> OrgLayout | None:
    """Return the organization whose folder this is, of those in `directory` where that is given."""
    try:
        found = OrgLayout.around(Path.cwd())
    except OSError:  # the folder is gone
        return None
    if found is None:
        return None
    base = found.root.parent.parent
    known = directory or settings.tetra_dir
    if known.exists() and known.samefile(base):
        return OrgLayout(known / found.root.relative_to(base))
    return None if directory else found
