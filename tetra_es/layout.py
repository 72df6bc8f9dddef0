"""Where things are on disk (see docs/architecture.md for the whole picture).

Paths of projected files are spelled here alone, relative to the organization's folder, as the
mirror has them too.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import os
from pathlib import Path
from typing import NamedTuple, Self

from tetra_es.names import SOURCE_OF_TRUTH, check_environment, check_org, check_secret_name, is_org

ENVIRONMENTS = "environments"
PROFILES = "profiles"
SECRETS = "secrets"

KEPT = "kept"
"""Below it is what people left where only generated files belong."""

MANIFEST = "manifest.toml"
SOURCE = f"{ENVIRONMENTS}/{SOURCE_OF_TRUTH}.toml"


def environment_file(environment: str) -> str:
    """Return the path of an environment's TOML. Raises `UsageError` for what is not a name."""
    return f"{ENVIRONMENTS}/{check_environment(environment)}.toml"


def profile_file(environment: str) -> str:
    """Return the path of the organization's overlay for an environment's profile."""
    return f"{PROFILES}/{check_environment(environment)}.toml"


def text_file(name: str) -> str:
    """Return the path of `manifest`, of `profile ENV`, or of an environment's TOML."""
    kind, _, environment = name.partition(" ")
    if kind == "profile":
        return profile_file(environment)
    return MANIFEST if name == "manifest" else environment_file(name)


def secret_file(environment: str, key: str) -> str:
    """Return the path of a secret's age file."""
    return f"{SECRETS}/{check_environment(environment)}/{check_secret_name(key)}.age"


def recipients_file(environment: str) -> str:
    """Return the path of the recipients file, which `age -R` reads."""
    return f"{SECRETS}/{check_environment(environment)}.recipients"


def is_edited(path: str) -> bool:
    """Return whether people edit the file at `path`; the others are generated."""
    return path in (MANIFEST, SOURCE) or path.startswith(f"{PROFILES}/")


def is_projected(path: str) -> bool:
    """Return whether a path is one of those that events make files at, and leads nowhere else."""
    folder, *parts = path.split("/")
    if not parts:
        return path == MANIFEST
    return folder in (ENVIRONMENTS, PROFILES, SECRETS) and not {"", ".", ".."} & {*parts}


class OrgLayout(NamedTuple):
    """The folder of one organization and what is in it."""

    root: Path

    @classmethod
    def of(cls, base: Path, org: str) -> Self:
        """Return the layout of the organization `org` below `base` (TETRA_DIR)."""
        return cls(base / "org" / check_org(org))

    @classmethod
    def around(cls, folder: Path) -> Self | None:
        """Return the organization that a folder is in, None where there is none.

        Nor where it is another user's: who wrote it is not who stands in it.
        """
        for root in (folder, *folder.parents):
            if root.parent.name == "org" and is_org(root.name):
                layout = cls(root)
                if layout.store.is_file() and root.stat().st_uid == os.geteuid():
                    return layout
        return None

    @property
    def store(self) -> Path:
        """The events: the truth."""
        return self.root / "store" / "events.db"

    def older_stores(self) -> list[Path]:
        """Return the copies of the store that an upgrade, a restore and the like left beside it."""
        first = f"{self.store.name}.first-edition"
        begins = (first, "replaced-", "found-", "restoring-", "fork-", "rerecording-")
        beside = self.store.parent.iterdir() if self.store.parent.is_dir() else ()
        return sorted(path for path in beside if path.name.startswith(begins))

    @property
    def views(self) -> Path:
        """The query views: a projection."""
        return self.root / "store" / "views.db"

    @property
    def lock(self) -> Path:
        """Locked by a command that changes anything in the folder."""
        return self.root / "store" / "lock"

    @property
    def mirror(self) -> Path:
        """The git repository with a commit for each event."""
        return self.root / "history"

    def secrets(self, environment: str) -> Path:
        """The folder of an environment's age files."""
        return self.root / SECRETS / environment

    def file(self, path: str) -> Path:
        """Return the place of a projected file, given its path as the mirror has it."""
        return self.root / path
