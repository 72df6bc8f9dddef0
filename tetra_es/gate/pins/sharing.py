"""Where an organization is shared: beside its pins, never in its folder.

A folder that somebody sent must not choose where events are sent to.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.gate.pins import private

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = "shared.json"


class Sharing(NamedTuple):
    """The log that several machines append to."""

    address: str
    asked: str = ""
    """When it answered last, as events write a time; empty for never."""
    position: int = 0
    """The newest event that it had then."""
    mark: str = ""
    """How far it was looked at, in its own words; see `log.shared.SharedLog`."""
    moved: int = 0
    """The newest event that the log goes on here; later ones lead elsewhere."""

    @property
    def without_password(self) -> str:
        """The address without what signs in over HTTP, for a file that others read."""
        scheme, found, rest = self.address.partition("://")
        if not found or scheme not in ("http", "https"):
            return self.address
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def sharing_of(folder: Path) -> Sharing | None:
    """Return where the organization whose pins are in a folder is shared; None for nowhere.

    Raises `TetraEsError` where the file is damaged: events must not go astray for that.
    """
    path = folder / _NAME
    data = private.read(path)
    if data is None:
        return None
    try:
        found = json.loads(data)
        address, asked, position = found["address"], found["asked"], found["position"]
        mark, moved = found.get("mark", ""), found.get("moved", 0)
        kinds = [type(each) for each in (address, asked, position, mark, moved)]
        if address and kinds == [str, str, int, str, int]:
            return Sharing(address, asked, position, mark, moved)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise TetraEsError(
        f"{path} cannot be read: it is damaged",
        hint=f"`rm {path}`, then `tetra-es share URL` says again where it is shared",
    )


def is_shared(folder: Path) -> bool:
    """Return whether the organization whose pins are in a folder is shared."""
    return os.path.lexists(folder / _NAME)


def write(folder: Path, sharing: Sharing) -> None:
    """Note where an organization is shared. Raises `TetraEsError`."""
    data = json.dumps(sharing._asdict(), indent=1, ensure_ascii=True)
    private.replace(folder / _NAME, f"{data}\n".encode())


def forget(folder: Path) -> None:
    """Note that an organization is shared nowhere. Raises `TetraEsError`."""
    try:
        (folder / _NAME).unlink(missing_ok=True)
    except OSError as error:
        raise private.unwritable(folder / _NAME, error) from error
