"""The state folder: the pins of all organizations, and where each was found."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.pins import private
from tetra_es.gate.pins.pins import Pins, compare_or_trust

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tetra_es.log.chain import Head

_PLACES: Final = "places.json"


class AnotherHistory(IntegrityFailure):
    """A known place has another organization than it had."""

    def __init__(self, place: str, known: str, found: str, head: Head | None = None) -> None:
        super().__init__(
            f"{place} has another history than before: event 1 was {known}, and is {found} now",
            hint=compare_or_trust(head),
        )


class StateFolder:
    """The folder `$XDG_STATE_HOME/tetra-es`. It need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pins(self, organization: str) -> Pins:
        """Return the pins of an organization, named by the hash of its event 1."""
        if len(organization) != 64 or not set(organization) <= set("0123456789abcdef"):
            raise ValueError(organization)
        return Pins(self.path / organization)

    def organization_at(self, place: str) -> str | None:
        """Return the organization that was found at a place, None for a new place."""
        found = self._places().get(place)
        return found if isinstance(found, str) else None

    def check_place(self, place: str, organization: str, head: Head | None = None) -> None:
        """Raise `AnotherHistory` where a place had another organization.

        `head` is the newest event of the one that is there now.
        """
        known = self.organization_at(place)
        if known is not None and known != organization:
            raise AnotherHistory(place, known, organization, head)

    def remember(self, place: str, organization: str) -> None:
        """Note that an organization is at a place. Raises `TetraEsError`."""
        if self.organization_at(place) == organization:
            return
        private.make_folder(self.path)
        with self._locked():
            places = {**self._places(), place: organization}
            data = json.dumps(places, indent=1, sort_keys=True, ensure_ascii=True)
            private.replace(self.path / _PLACES, f"{data}\n".encode())

    def _places(self) -> dict[str, object]:
        data = private.read(self.path / _PLACES)
        if data is None:
            return {}
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            # Its loss must not be silent: each known place would count as a new one.
            raise TetraEsError(
                f"{self.path / _PLACES} cannot be read: it is damaged",
                hint="move it away; every place then counts as new",
            )
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl  # quick answers only read

        path = self.path / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise private.unwritable(path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def place_of_folder(path: Path) -> str:
    """Return the place that a folder is: where its links lead."""
    return f"folder {os.path.realpath(path)}"


def place_of_address(address: str) -> str:
    """Return the place that the address of a log is."""
    return f"address {address}"
