"""The histories of conformance vectors, shared where others append to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives import serialization

from tests.gate.histories import ALICE
from tests.machine import Machine
from tests.mirrors import git
from tests.sharing.people import Team
from tests.sharing.poison import commit, put, tip
from tests.verify_alone.test_format_2 import gone, mirror
from tetra_es_projections.mirror.format1 import event_file, event_path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.vectors import Vector
    from tetra_es.log.record import Record


class Hub(Protocol):
    """Where a history is shared."""

    def share(self, vector: Vector) -> Machine:
        """Have the admitted events of a vector there.

        Returns the machine of Alice, who signs them, and has the first ones.
        """

    def put(self, record: Record) -> bool:
        """Have something follow there; return False where the place itself does not take it."""

    def newest(self) -> str:
        """Return what the newest thing there is."""


class RepositoryHub:
    """A repository."""

    def __init__(self, folder: Path) -> None:
        self._hub = folder / "hub.git"
        self._alice = alice_at(folder / "alice")
        self._team = Team(self._hub, self._alice, self._alice)

    def share(self, vector: Vector) -> Machine:
        """Make the commits of the events."""
        self.fill(vector)
        newest = tip(self._team)
        lines = git(self._hub, "rev-list", "--reverse", "main").split()
        put(self._team, lines[first_batch(vector) - 1])
        self._alice.ok("clone", str(self._hub), "acme")
        put(self._team, newest)
        return self._alice

    def fill(self, vector: Vector) -> None:
        """Make the commits of the events, which nobody has yet."""
        said = list(zip(vector.records, vector.expected, strict=True))[: vector.admitted]
        void = {record.position for record, one in said if one.verdict == "void"}
        mirror(self._hub, [record for record, _ in said], kept_bodies(vector), void)

    def put(self, record: Record) -> bool:
        """Commit its file."""
        path = event_path(int(git(self._hub, "rev-list", "--count", "main")) + 1)
        put(self._team, commit(self._team, {path: event_file(record).decode()}))
        return True

    def newest(self) -> str:
        """Return the commit of `main`."""
        return tip(self._team)


def alice_at(home: Path) -> Machine:
    """Return a machine of the Alice who signs the vectors."""
    alice = Machine(home)
    (alice.home / ".config/tetra-es").mkdir(parents=True)
    key = alice.home / ".config/tetra-es/id_ed25519"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH)
    key.write_bytes(ALICE.private.private_bytes(*form, serialization.NoEncryption()))
    key.chmod(0o600)
    return alice


def kept_bodies(vector: Vector) -> dict[bytes, bytes]:
    """Return the bodies of a vector that its admitted events did not purge."""
    said = list(zip(vector.records, vector.expected, strict=True))[: vector.admitted]
    purged = gone(said)
    return {digest: body for digest, body in vector.bodies.items() if digest not in purged}


def first_batch(vector: Vector) -> int:
    """Return how many events the first batch has."""
    batch = json.loads(vector.records[0].state)["metadata"].get("batch", [1, 1])
    return int(batch[1])
