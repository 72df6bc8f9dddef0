"""Logs in files, and state folders, as several people and copies have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gate.histories import History, Memory
from tetra_es.gate.opening import open_organization
from tetra_es.gate.pins.places import StateFolder
from tetra_es.log.chain import START, Head

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tetra_es.gate.opening import Opened
    from tetra_es.log.record import Record


class Copy(Memory):
    """A copy of a log that can be read, as `opening.ReadableLog`."""

    def __init__(self, history: History, upto: int | None = None) -> None:
        super().__init__()
        self.all = history.log.all[:upto]
        self.bodies = history.log.bodies

    def head(self) -> Head:  # type: ignore[override]  # a method, as logs have it
        return self.all[-1].head if self.all else START

    def holds(self, at: Head) -> bool:
        if at == START:
            return True
        return at.position <= len(self.all) and self.all[at.position - 1].hash == at.hash

    def record(self, position: int) -> Record | None:
        return self.all[position - 1] if 1 <= position <= len(self.all) else None

    def of_stream(self, stream: str, *, from_version: int = 1, descending: bool = False) -> Any:
        found = [r for r in self.all if r.stream == stream and r.version >= from_version]
        yield from reversed(found) if descending else found


class Account:
    """One user's state folder."""

    def __init__(self, home: Path) -> None:
        self.folder = StateFolder(home / ".local" / "state" / "tetra-es")

    def open(self, log: Copy, place: str = "folder /acme", **how: Any) -> Opened:
        return open_organization(log, self.folder, place, **how)
