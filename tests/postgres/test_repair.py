"""`share repair`: whatever somebody did to the rows there, it has both machines record again."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.postgres.server import execute, program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres.people import DatabaseTeam


NEXT = (
    "INSERT INTO tetra_es.events SELECT position + {}, stream, version + 100, topic, state, hash, "
)
LAST = "sha256(hash || signature), signature FROM tetra_es.events ORDER BY position DESC LIMIT 1"

ROWS = {
    "a row by SQL": NEXT.format(1) + LAST,
    "a row far away": NEXT.format(2**53) + LAST,
    "a forged signature": "UPDATE tetra_es.events SET signature = 'x' WHERE position = {last} - 1",
    "a changed state": "UPDATE tetra_es.events SET state = state || ' ' WHERE position = {last}",
    "a changed hash": "UPDATE tetra_es.events SET hash = sha256(hash) WHERE position = {last}",
    "a missing event": "DELETE FROM tetra_es.events WHERE position = {last} - 1",
    "other rows from there on": "UPDATE tetra_es.events SET hash = sha256(hash), "
    "previous = sha256(previous) WHERE position >= {last} - 1",
}
TEXTS = {
    "changed texts": "UPDATE tetra_es.bodies SET content = 'other'",
    "nulled texts": "UPDATE tetra_es.bodies SET content = NULL",
    "deleted texts": "DELETE FROM tetra_es.bodies",
}
STOPS = ("a row by SQL", "a row far away", "a changed hash", "other rows from there on")
"""What machines that have the events notice by themselves."""


@pytest.mark.parametrize("poison", [*ROWS, *TEXTS])
def test_rows_that_a_stolen_role_wrote(team: DatabaseTeam, poison: str, tmp_path: Path) -> None:
    last = team.bob.last_position()
    team.execute({**ROWS, **TEXTS}[poison].format(last=last))
    for machine in team if poison in STOPS else ():
        assert "`tetra-es share repair`" in machine.fails(4, "set", "local", "app.x=1").hint()
    said = team.bob.ok("share", "repair").out
    assert ("kept there in the table tetra_es.found_events" in said) is (poison in ROWS)
    assert ("texts there" in said) is (poison in TEXTS)
    team.alice.ok("set", "local", "app.x=1")
    team.bob.ok("set", "local", "app.y=1")
    team.alice.ok("pull")
    assert team.alice.last_position() == last + 2
    team.check_equal(whole=True)
    team.newcomer(tmp_path / "carol").ok("verify")
    assert team.bob.ok("share", "repair").out == "nothing is wrong there\n"


def test_what_is_lawful_below_it_stays(team: DatabaseTeam) -> None:
    team.alice.ok("set", "local", "app.x=1")
    last = team.alice.last_position()
    team.execute(ROWS["a row by SQL"])
    assert f"went back to #{last}: set 1 row aside" in team.bob.ok("share", "repair").out
    assert team.bob.last_position() == last
    team.check_equal()


def test_what_a_colleague_alone_has_is_put_back(team: DatabaseTeam) -> None:
    """Bob does not have what Alice recorded when it was lost."""
    team.alice.ok("set", "local", "app.x=1")
    last = team.alice.last_position()
    team.execute(ROWS["a changed hash"].format(last=last))
    team.bob.ok("share", "repair")
    team.alice.ok("pull")
    team.check_equal()
    assert team.bob.last_position() == last


def test_somebody_else_is_told_who_has_to(team: DatabaseTeam) -> None:
    role = f"eve_{os.getpid()}"
    execute(f"CREATE ROLE {role} LOGIN")
    team.alice.ok("share", team.database, "--grant", role)
    team.bob.ok("unshare")
    team.bob.ok("share", team.database.replace("//postgres@", f"//{role}@"))
    team.execute(ROWS["a row by SQL"])
    refused = team.bob.fails(3, "share", "repair")
    assert "only postgres, who owns the schema tetra_es in postgresql://" in refused.error()
    command = refused.hint().partition("`")[2].removesuffix("`")
    team.alice.ok(*shlex.split(command)[1:])
    team.bob.ok("set", "local", "app.x=1")
    team.check_equal()


def test_the_history_of_others_is_never_set_aside(team: DatabaseTeam) -> None:
    """Lawful events that fork from those here are no rubbish."""
    last = team.bob.last_position()
    team.bob.ok("set", "local", "app.bobs=1")
    team.execute(f"DELETE FROM tetra_es.events WHERE position > {last}")
    team.alice.ok("set", "local", "app.alices=1")
    assert "the histories fork there" in team.bob.fails(4, "share", "repair").error()
    team.alice.ok("pull")


def test_a_purge_meanwhile_is_not_undone(team: DatabaseTeam) -> None:
    team.alice.ok("set", "local", 'app.word="swordfish"')
    team.alice.ok("set", "local", 'app.word="other"')
    team.bob.ok("pull")
    team.alice.ok("purge", "local", "app.word", "-m", "it was one", "--yes")
    assert team.bob.ok("share", "repair").out == "nothing is wrong there\n"
    team.check_equal(whole=True)


def test_an_older_dump_is_completed(team: DatabaseTeam, tmp_path: Path) -> None:
    """By the next command of anybody who has the events, purges included."""
    team.alice.ok("set", "local", 'app.word="swordfish"')
    team.alice.ok("set", "local", 'app.word="other"')
    dump = tmp_path / "dump.sql"
    subprocess.run([program("pg_dump"), "-f", str(dump), team.database], check=True)
    team.alice.ok("purge", "local", "app.word", "-m", "it was one", "--yes")
    team.bob.ok("set", "local", "app.a=1")
    last = team.bob.last_position()
    team.execute("DROP SCHEMA tetra_es CASCADE")
    psql = [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump), team.database]
    subprocess.run(psql, check=True, stdout=subprocess.DEVNULL)
    team.bob.ok("pull")
    team.check_equal(whole=True)
    assert team.alice.last_position() == last
    with pytest.raises(Exception, match="division by zero"):
        team.execute(
            "SELECT 1 / count(*) FROM tetra_es.bodies "
            "WHERE position('swordfish'::bytea in content) > 0"
        )


@pytest.mark.parametrize("poison", [*ROWS, *TEXTS])
def test_a_newcomer_is_told_of_them(team: DatabaseTeam, poison: str, tmp_path: Path) -> None:
    """Nobody can tell what is right from there alone: who has the events can."""
    from tests.sharing.people import person

    team.execute({**ROWS, **TEXTS}[poison].format(last=team.bob.last_position()))
    carol = person(tmp_path / "carol", "carol")
    done = carol.run("clone", team.database)
    assert done.code == 4
    assert "somebody who has the events runs `tetra-es share repair`" in done.hint()
    team.bob.ok("share", "repair")
    carol.ok("clone", team.database)
