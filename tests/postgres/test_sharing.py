"""One organization on several machines, by a database."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.machine import ROOT, Machine
from tests.postgres.proxy import Proxy
from tests.postgres.server import address, execute, new_database
from tetra_es.log.naming import bodies_named
from tetra_es.log.postgres.engine import PostgresLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = ROOT / "docs/how-to/databases/share-by-postgresql.md"


@pytest.fixture
def database() -> str:
    """The address of a database with nothing in it."""
    return new_database()


@pytest.fixture
def alice(machine: Machine, database: str) -> Machine:
    """The founder, who shares the organization."""
    machine.ok("share", database)
    return machine


@pytest.fixture
def bob(alice: Machine, database: str, tmp_path: Path) -> Machine:
    """A colleague on another machine, whom Alice has added."""
    return join(alice, tmp_path / "bob", database)


def join(alice: Machine, home: Path, database: str) -> Machine:
    home.mkdir()
    other = Machine(home)
    head = alice.history("-n", "1")[0]
    other.ok("--no-input", "--expect", f"{head['event']}:{head['hash']}", "clone", database)
    key = home / ".config/tetra-es/id_ed25519.pub"
    if not key.exists():
        other.ok("signer", "new")
    alice.ok("signer", "add", home.name, key.read_text().strip())
    return other


def test_what_one_records_the_other_has(alice: Machine, bob: Machine, database: str) -> None:
    bob.ok("set", "local", "app.a=1")
    alice.ok("set", "local", "app.b=2")
    bob.ok("pull")
    assert alice.history() == bob.history()
    assert alice.git("rev-parse", "main") == bob.git("rev-parse", "main")
    for one in (alice, bob):
        one.ok("verify")
    with PostgresLog(database) as log:
        assert log.head().position == alice.last_position()


def test_an_answer_that_was_lost_is_asked_for(machine: Machine, database: str) -> None:
    """The commit is through, and the connection is cut before the answer comes."""
    machine = machine.real()  # the proxy's own connections are none of a command's
    with Proxy(database) as proxy:
        machine.ok("share", proxy.address)
        before = machine.last_position()
        proxy.lose_answer_to(b"tetra_es.append")
        machine.ok("set", "local", "app.a=1")
        assert proxy.lost == 1
    assert machine.last_position() == before + 1
    with PostgresLog(database) as log:
        assert log.head().position == before + 1


def test_a_log_that_stays_silent_is_unknown_until_it_is_asked(
    machine: Machine, database: str
) -> None:
    machine = machine.real()  # the proxy's own connections are none of a command's
    with Proxy(database) as proxy:
        machine.ok("share", proxy.address)
        before = machine.last_position()
        proxy.lose_answer_to(b"tetra_es.append", and_then_all=True)
        done = machine.fails(6, "set", "local", "app.a=1")
        assert "unknown" in done.error()
        assert machine.last_position() == before
        assert "cannot use" in machine.fails(1, "pull").error()
        assert machine.ok("show", "local").out
        proxy.answer()
        machine.ok("pull")
        assert machine.last_position() == before + 1
        assert "up to date" in machine.ok("pull").out


def test_events_that_the_database_lost_are_put_back(
    alice: Machine, bob: Machine, database: str
) -> None:
    """As after a restored backup, or a standby that took over early."""
    alice.ok("set", "local", "app.a=1")
    alice.ok("set", "local", "app.a=2")
    name = database.partition("?")[0].rpartition("/")[2]
    execute(f"DELETE FROM tetra_es.events WHERE position > {alice.last_position() - 2}", name)
    bob.ok("pull")
    alice.ok("set", "local", "app.a=3")
    bob.ok("pull")
    assert alice.history() == bob.history()
    assert alice.history("-n", "1")[0]["summary"].startswith("edit(local): app.a")


def test_a_database_that_was_made_again_gets_all_events_back(
    alice: Machine, bob: Machine, database: str
) -> None:
    execute("DROP SCHEMA tetra_es CASCADE", name_of(database))
    alice.ok("set", "local", "app.a=1")
    bob.ok("pull")
    assert alice.history() == bob.history()


def test_another_row_there_is_refused(alice: Machine, bob: Machine, database: str) -> None:
    name = database.partition("?")[0].rpartition("/")[2]
    last = bob.last_position()
    alice.ok("set", "local", "app.a=1")
    bob.ok("pull")
    execute(f"DELETE FROM tetra_es.events WHERE position > {last}", name)
    carol = bob.copy(bob.home.parent / "carol")
    before = carol.last_position()
    execute(
        f"INSERT INTO tetra_es.events SELECT {last + 1}, 'x', 1, 'x', 'x', hash, "
        f"sha256('x'), 'x' FROM tetra_es.events WHERE position = {last}",
        name,
    )
    done = carol.fails(4, "set", "local", "app.b=1")
    assert f"event #{last + 1} is missing, or was changed" in done.error()
    assert "`tetra-es share repair`" in done.hint()
    assert carol.last_position() == before


def test_the_hint_of_two_histories_leads_on(alice: Machine, bob: Machine, database: str) -> None:
    alice.ok("set", "local", "app.alices=1")
    name = database.partition("?")[0].rpartition("/")[2]
    execute(f"DELETE FROM tetra_es.events WHERE position >= {alice.last_position()}", name)
    bob.ok("set", "local", "app.bobs=1")
    for command in re.findall("`([^`]+)`", alice.fails(4, "pull").hint()):
        program, *words = shlex.split(command)
        if program == "tetra-es":
            alice.ok(*words)
        else:
            subprocess.run([program, *words], check=True)
    alice.ok("set", "local", "app.again=1")
    bob.ok("pull")
    assert alice.history() == bob.history()


def test_an_empty_text_is_shared_too(machine: Machine, database: str, tmp_path: Path) -> None:
    machine.ok("set", "profile", "dev", "app.a=1")
    (machine.folder / "profiles/dev.toml").write_text("")
    machine.ok("record")
    machine.ok("share", database)
    join(machine, tmp_path / "bob", database).ok("verify")


def test_a_purged_body_is_destroyed_there_and_at_everybody(
    alice: Machine, bob: Machine, database: str
) -> None:
    alice.ok("set", "local", 'app.word="swordfish"')
    alice.ok("set", "local", 'app.word="other"')
    bob.ok("pull")
    alice.ok("purge", "local", "app.word", "-m", "it was one", "--yes")
    bob.ok("pull")
    name = database.partition("?")[0].rpartition("/")[2]
    count = "SELECT 1 / count(*) FROM tetra_es.bodies WHERE position('swordfish' in content) > 0"
    with pytest.raises(Exception, match="division by zero"):
        execute(count.replace("'swordfish'", "'swordfish'::bytea"), name)
    for one in (alice, bob):
        one.ok("verify")
        assert b"swordfish" not in one.store.read_bytes()


def test_a_state_folder_that_is_lost_forks_nothing(alice: Machine, database: str) -> None:
    shutil.rmtree(alice.home / ".local/state/tetra-es")
    done = alice.fails(3, "set", "local", "app.a=1")
    assert "was shared" in done.error()
    alice.ok("share", database)
    alice.ok("set", "local", "app.a=1")


def test_what_ends_in_one_folder_does_not_fork_in_another(
    alice: Machine, database: str, tmp_path: Path
) -> None:
    """Two folders of one account, of which one was restored, share by the same pins."""
    backup = str(tmp_path / "backup.db")
    alice.ok("backup", backup)
    second = str(tmp_path / "second")
    alice.ok("--dir", second, "restore", "--from", backup)
    alice.ok("--dir", second, "set", "local", "app.a=1")
    alice.ok("pull")
    alice.ok("unshare")
    assert "was shared" in alice.fails(3, "--dir", second, "set", "local", "app.a=2").error()
    alice.ok("share", database)
    alice.ok("--dir", second, "set", "local", "app.a=2")


def test_roles_are_granted_by_share(alice: Machine, bob: Machine, database: str) -> None:
    role = f"bob_{os.getpid()}"
    execute(f"CREATE ROLE {role} LOGIN")
    theirs = database.replace("//postgres@", f"//{role}@")
    bob.ok("unshare")
    assert "permission denied" in bob.fails(1, "share", theirs).error()
    alice.ok("share", database, "--grant", role)
    bob.ok("share", theirs)
    bob.ok("set", "local", "app.a=1")
    alice.ok("pull")
    assert alice.history() == bob.history()


def test_a_role_that_only_reads_is_told_what_the_database_lost(
    alice: Machine, database: str, tmp_path: Path
) -> None:
    role, name = f"auditor_{os.getpid()}", database.partition("?")[0].rpartition("/")[2]
    execute(f"CREATE ROLE {role} LOGIN")
    for statement in re.findall(r"^GRANT .* TO auditor;$", PAGE.read_text(), re.MULTILINE):
        execute(statement.replace("auditor;", role), name)
    auditor = Machine(tmp_path / "auditor")
    auditor.home.mkdir()
    first = alice.history()[-1]
    theirs = database.replace("//postgres@", f"//{role}@")
    auditor.ok("--no-input", "clone", theirs, "--expect", f"1:{first['hash']}")
    alice.ok("set", "local", "app.a=1")
    auditor.ok("pull")
    newest = alice.last_position()
    execute(f"DELETE FROM tetra_es.events WHERE position = {newest}", name)
    assert "does not have all that is here" in auditor.fails(1, "pull").error()
    alice.ok("pull")
    auditor.ok("pull")


def test_a_purge_by_a_role_that_may_not_stops_nothing(alice: Machine, database: str) -> None:
    """What it destroyed here is destroyed there by the next one who may."""
    role = f"carl_{os.getpid()}"
    execute(f"CREATE ROLE {role} LOGIN")
    alice.ok("share", database, "--grant", role)
    alice.ok("unshare")
    alice.ok("share", database.replace("//postgres@", f"//{role}@"))
    alice.ok("set", "local", 'app.word="swordfish"')
    alice.ok("set", "local", 'app.word="other"')
    done = alice.ok("purge", "local", "app.word", "-m", "it was one", "--yes")
    assert "are still in postgresql://" in done.err
    assert "--grant ROLE --purge" in done.hint()
    for words in (("set", "local", "app.a=1"), ("pull",), ("verify",)):
        alice.ok(*words)
    execute(f"GRANT EXECUTE ON FUNCTION tetra_es.purge TO {role}", name_of(database))
    assert "are still" not in alice.ok("pull").err
    with PostgresLog(database) as log:
        assert b"swordfish" not in b"".join(filter(None, bodies_of(log)))


def name_of(database: str) -> str:
    return database.partition("?")[0].rpartition("/")[2]


def bodies_of(log: PostgresLog) -> Iterator[bytes | None]:
    return (log.body(digest) for record in log.records() for digest in bodies_named(record))


def test_an_address_has_no_password(machine: Machine) -> None:
    for given in ("postgresql://bob:hunter2@db/x", "postgresql://db/x?password=hunter2"):
        done = machine.fails(2, "share", given)
        assert "password" in done.error()
        assert "hunter2" not in done.err + done.out
        assert "pgpass" in done.hint()


def test_a_server_that_cannot_be_reached(machine: Machine) -> None:
    done = machine.fails(1, "share", address("no_such_database"))
    assert "no_such_database" in done.error()
    machine.ok("set", "local", "app.a=1")


def test_events_are_recorded_again_after_the_database_lost_some(
    alice: Machine, tmp_path: Path
) -> None:
    early = alice.copy(tmp_path / "early")
    alice.ok("set", "local", "app.alices=1")
    alice.ok("promote", "dev")
    restored = new_database()
    early.ok("unshare")
    early.ok("share", restored)
    early.ok("set", "local", "app.others=1")
    for path in (alice.home / ".local" / "state").rglob("shared.json"):
        note = json.loads(path.read_text())
        path.write_text(json.dumps(note | {"address": restored}))
    assert "`tetra-es pull --rerecord`" in alice.fails(4, "pull").hint()
    alice.ok("pull", "--rerecord")
    early.ok("pull")
    assert {"alices = 1", "others = 1"} <= set(early.ok("show", "dev").out.splitlines())
    assert alice.history("-n", "3") == early.history("-n", "3")
    alice.ok("verify")
