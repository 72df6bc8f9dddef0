"""Two people with machines of their own, and the database by which they share."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from tests.examples import THOROUGH
from tests.log.events import PARTS
from tests.postgres.server import execute, new_database
from tests.sharing.people import person
from tests.sharing.vectors import alice_at, first_batch, kept_bodies
from tetra_es.log.chain import START
from tetra_es.log.postgres.engine import PostgresLog
from tetra_es.usecases.sharing.database import SharedDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    import pytest

    from tests.conformance.vectors import Vector
    from tests.machine import Machine
    from tetra_es.log.record import Record


def name_of(database: str) -> str:
    """Return the name of a database, given its address."""
    return database.partition("?")[0].rpartition("/")[2]


@dataclass(frozen=True)
class DatabaseTeam:
    """Alice, who began; Bob, who joined her; and the database between them.

    See `tests.sharing.people.Team`, with which it shares tests.
    """

    database: str
    alice: Machine
    bob: Machine
    patch: pytest.MonkeyPatch

    def __iter__(self) -> Iterator[Machine]:
        return iter((self.alice, self.bob))

    def execute(self, statement: str) -> None:
        """Have the owner of the server execute something."""
        execute(statement, name_of(self.database))

    def shared(self) -> list[str]:
        """Return the hashes of the events there, the oldest first."""
        with PostgresLog(self.database) as log:
            return [record.hash.hex() for record in log.records()]

    def newcomer(self, home: Path) -> Machine:
        """Return the machine of somebody who clones."""
        machine = person(home, home.name)
        machine.ok("clone", self.database)
        return machine

    def check_equal(self, *, whole: bool = THOROUGH) -> None:
        """Check that both have what is shared, byte for byte; if `whole`, that all is sound."""
        for machine in self:
            machine.ok("pull")
        assert len({machine.git("rev-parse", "main") for machine in self}) == 1
        with PostgresLog(self.database) as log:
            assert log.head().position == self.alice.last_position()
        for machine in self if whole else ():
            machine.ok("rebuild", "--check")
            machine.ok("verify")

    def on_push(self, script: str) -> None:
        """Have a shell script run before the next append of this process, and that one alone."""
        self.before_append(partial(subprocess.run, ["sh", "-c", script], check=True))

    def before_append(self, what: Callable[[], object]) -> None:
        """Have something happen before the next append of this process, and that one alone."""
        real, patch = SharedDatabase.append, self.patch

        def append(*arguments: Any) -> None:
            patch.setattr(SharedDatabase, "append", real)
            what()
            real(*arguments)

        patch.setattr(SharedDatabase, "append", append)


def joined_by_database(founded: Machine, folder: Path, patch: pytest.MonkeyPatch) -> DatabaseTeam:
    """Have Alice share her organization by a new database, and Bob join her."""
    database = new_database()
    alice, bob = founded.copy(folder / "alice"), person(folder / "bob", "bob")
    alice.ok("share", database)
    bob.ok("clone", database)
    alice.ok("member", "add", "bob", "-", stdin=bob.ok("identity", "line").out)
    bob.ok("pull")
    return DatabaseTeam(database, alice, bob, patch)


class DatabaseHub:
    """A database for the history of a conformance vector; see `tests.sharing.vectors.Hub`."""

    def __init__(self, folder: Path) -> None:
        self._address = new_database()
        self._alice = alice_at(folder / "alice")

    def share(self, vector: Vector) -> Machine:
        """Append the events."""
        first, records = first_batch(vector), vector.records[: vector.admitted]
        bodies = list(kept_bodies(vector).values())
        with PostgresLog(self._address) as log:
            log.make()
            log.append(START, records[:first], bodies=bodies)
            self._alice.ok("clone", self._address, "acme")
            if records[first:]:
                log.append(log.head(), records[first:])
        return self._alice

    def put(self, record: Record) -> bool:
        """Insert its row, as the owner can."""
        values = [getattr(record, name) for name in PARTS]
        places = ", ".join(["%s", "%s", "%s", "%s", *["%b"] * 4])
        with psycopg.connect(self._address, autocommit=True) as connection:
            try:
                connection.execute(f"INSERT INTO tetra_es.events VALUES ({places})", values)
            except (psycopg.IntegrityError, psycopg.DataError):
                return False
        return True

    def newest(self) -> str:
        """Return the head."""
        with PostgresLog(self._address) as log:
            return str(log.head())
