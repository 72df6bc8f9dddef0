"""Where things are on disk (see docs/architecture.md for the whole picture)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.names import check_org

if TYPE_CHECKING:
    from pathlib import Path


class OrgLayout(NamedTuple):
    """The folder of one organization and what is in it."""

    root: Path

    @classmethod
    def of(cls, base: Path, org: str) -> OrgLayout:
        """Return the layout of the organization `org` below `base` (TETRA_DIR)."""
        return cls(base / "org" / check_org(org))

    @property
    def store(self) -> Path:
        """The events: the truth."""
        return self.root / "store" / "events.db"

    @property
    def views(self) -> Path:
        """The query views: a projection."""
        return self.root / "store" / "views.db"

    @property
    def lock(self) -> Path:
        """Locked by whoever changes anything in the folder."""
        return self.root / "store" / "lock"

    @property
    def mirror(self) -> Path:
        """The git repository with a commit for each event."""
        return self.root / "history"

    def secrets(self, environment: str) -> Path:
        """The folder of an environment's age files."""
        return self.root / "secrets" / environment

    def file(self, path: str) -> Path:
        """Return the place of a projected file, given its path as the mirror has it."""
        return self.root / path
