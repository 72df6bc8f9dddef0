"""No answer on the command line reads the whole history: each question goes by an index."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.plans import read_whole
from tetra_es.log.sqlite import connecting

if TYPE_CHECKING:
    from tests.machine import Machine

COMMANDS = (
    "search nowhere",
    "search 4444 -n 5",
    "search 4444 --at local@1",
    "findings",
    "findings --at 3 --kind backdated",
    "why local ports.tetra",
    "why dev ports.tetra --at 3",
    "blame local",
    "blame dev ports --at dev@1",
    "history --key ports.tetra -n 5",
    "history dev --key ports --changes -n 5",
    "history --type environment -n 5",
    "history dev --type environment.promoted -n 5",
    "history --actor alice -n 5",
    "event 3",
    "show dev --at 3",
    "signer list",
    "secret list dev",
)


@pytest.fixture(scope="module")
def promoted(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with some events. Only to be looked at."""
    machine = founded.copy(tmp_path_factory.mktemp("plans") / "home")
    machine.ok("set", "local", "ports.tetra=4444", "-m", "moved")
    machine.ok("promote", "dev")
    return machine


@pytest.mark.parametrize("command", COMMANDS)
def test_no_answer_reads_a_whole_table(
    promoted: Machine, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    made = connecting._made_reading

    def traced(connection: sqlite3.Connection) -> sqlite3.Connection:
        place = connection.execute("PRAGMA database_list").fetchone()[2]
        connection.set_trace_callback(lambda sql: asked.append((place, sql)))
        return made(connection)

    monkeypatch.setattr(connecting, "_made_reading", traced)
    done = promoted.run(*command.split())
    assert done.code in (0, 3 if command.startswith("findings") else 0), done.err
    assert asked
    for place, sql in dict.fromkeys(asked):
        with closing(sqlite3.connect(place)) as connection:
            assert read_whole(connection, sql) == [], sql
