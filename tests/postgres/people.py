"""Two people with machines of their own, and the database by which they share."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.examples import THOROUGH
from tests.postgres.server import execute, new_database
from tests.sharing.people import person
from tetra_es.log.postgres.engine import PostgresLog
from tetra_es.usecases.sharing.database import SharedDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    import pytest

    from tests.machine import Machine


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

    def on_push(self, script: str, patch: pytest.MonkeyPatch) -> None:
        """Have a shell script run before the next append of this process, and that one alone."""
        real = SharedDatabase.append

        def append(*arguments: Any) -> None:
            patch.setattr(SharedDatabase, "append", real)
            subprocess.run(["sh", "-c", script], check=True, stdout=subprocess.DEVNULL)
            real(*arguments)

        patch.setattr(SharedDatabase, "append", append)


def joined_by_database(founded: Machine, folder: Path) -> DatabaseTeam:
    """Have Alice share her organization by a new database, and Bob join her."""
    database = new_database()
    alice, bob = founded.copy(folder / "alice"), person(folder / "bob", "bob")
    alice.ok("share", database)
    bob.ok("clone", database)
    alice.ok("member", "add", "bob", "-", stdin=bob.ok("identity", "line").out)
    bob.ok("pull")
    return DatabaseTeam(database, alice, bob)
