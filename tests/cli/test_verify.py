"""What `verify` looks at, what it says of it, and that it leaves everything as it was."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine
from tests.examples import some
from tests.integrity.tampering import opened
from tetra_es_projections.views.schema import VERSION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def first(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """An organization with some events and a secret, to be copied."""
    home = tmp_path_factory.mktemp("first") / "home"
    shutil.copytree(founded.home, home, symlinks=True)
    machine = Machine(home)
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("recipient", "add", "dev", "alice", machine.ok("identity", "new").out.strip())
    machine.ok("secret", "set", "dev", "TOKEN", stdin="a value")
    machine.ok("promote", "dev")
    return machine


@pytest.fixture
def grown(first: Machine, bare: Machine) -> Machine:
    """An organization with some events and a secret."""
    shutil.copytree(first.home, bare.home, symlinks=True, dirs_exist_ok=True)
    return bare


def contents(folder: Path) -> dict[Path, tuple[int, bytes | None]]:
    """Return everything in a folder, with what would show that it was written."""
    return {
        path: (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in folder.rglob("*")
        if path.name != "store"  # in which SQLite has files while it reads
    }


def head(machine: Machine) -> str:
    """Return position and hash of the newest event."""
    found = machine.ok("verify", "-o", "json").json
    assert isinstance(found, dict)
    return f"{machine.last_position()}:{found['head']}"


# --- what is found, and how it is said


def test_a_single_finding_is_said_once(grown: Machine) -> None:
    grown.toml("dev").write_text("x = 1\n")
    done = grown.fails(4, "verify")
    assert done.out == ""
    assert done.err.count("environments/dev.toml: does not match the recorded state") == 1


def test_all_findings_are_said_in_order(grown: Machine) -> None:
    grown.toml("dev").write_text("x = 1\n")
    (grown.folder / "manifest.toml").unlink()
    with closing(sqlite3.connect(grown.folder / "store/views.db")) as views:
        views.execute("UPDATE events SET actor = 'mallory' WHERE position = 2")
        views.execute("UPDATE states SET source_revision = 9 WHERE position = 2")
        views.commit()
    grown.git("update-ref", "refs/heads/main", "main~1")
    done = grown.fails(4, "verify")
    assert done.error() == "verification failed: 5 findings"
    assert done.out.splitlines() == [
        "environments/dev.toml: does not match the recorded state",
        "manifest.toml: is missing",
        "store/views.db: events differ from the events, first at #2",
        "store/views.db: states differ from the events, first at #2",
        f"the mirror has no commit of event #{grown.last_position()}, nor of any after it",
    ]
    found = grown.run("verify", "-o", "json")
    assert (found.code, json.loads(found.out)["findings"]) == (4, done.out.splitlines())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE files SET digest = 'x' WHERE path = 'manifest.toml'",
        "DELETE FROM files WHERE path = 'manifest.toml'",
        "UPDATE latest SET after = 'x' WHERE position = 3",
        "INSERT INTO changes VALUES (9999, 1, NULL, '1')",
        "INSERT INTO commits VALUES (-1, 'x')",
        "UPDATE changes SET position = 'x' WHERE position = 3",
    ],
)
def test_views_that_do_not_match(grown: Machine, statement: str) -> None:
    with closing(sqlite3.connect(grown.folder / "store/views.db")) as views:
        assert views.execute(statement).rowcount > 0
        views.commit()
    assert "store/views.db: " in grown.fails(4, "verify").error()
    grown.ok("rebuild")
    grown.ok("verify")


def test_who_looks_has_views_of_another_version_built_again(grown: Machine) -> None:
    """Their tables may be the same, and what is in them not."""
    with closing(sqlite3.connect(grown.folder / "store/views.db")) as views:
        views.execute("UPDATE events SET actor = 'mallory' WHERE position = 2")
        views.execute(f"PRAGMA user_version = {VERSION - 1}")
        views.commit()
    assert "mallory" not in grown.ok("history").out
    grown.ok("verify")


def test_damaged_views_do_not_hide_the_rest(grown: Machine) -> None:
    (grown.folder / "store/views.db").write_bytes(b"not a database at all" * 200)
    (grown.folder / "manifest.toml").unlink()
    done = grown.fails(4, "verify")
    assert "manifest.toml: is missing" in done.out
    assert "store/views.db: is damaged" in done.out


# --- files that no event made


UNKNOWN = (
    "environments/ghost.toml",
    "environments/staging.toml",
    "secrets/dev/OTHER.age",
    "secrets/dev/.hidden",
    "secrets/ghost.recipients",
    "secrets/deep/er/still",
)


def test_files_that_no_event_made_are_named_and_moved_to_kept(grown: Machine) -> None:
    for path in UNKNOWN:
        (grown.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (grown.folder / path).write_text(f"of {path}\n")
    (grown.folder / "secrets/dev/link").symlink_to("/etc")
    done = grown.fails(4, "verify")
    wanted = sorted([*UNKNOWN, "secrets/dev/link"])
    assert done.out.splitlines() == [f"{path}: no event made this file" for path in wanted]
    assert grown.run("rebuild", "--check").code == 4
    last = grown.last_position()
    moved = grown.ok("rebuild").err.splitlines()
    assert moved == [
        f"tetra-es: moved a file that no event made to kept/{path}.at-{last}" for path in wanted
    ]
    for path in UNKNOWN:
        assert (grown.folder / f"kept/{path}.at-{last}").read_text() == f"of {path}\n"
    assert (grown.folder / f"kept/secrets/dev/link.at-{last}").is_symlink()
    grown.ok("verify")
    assert grown.ok("rebuild").err == ""


def test_a_second_one_of_the_same_name_replaces_nothing(grown: Machine) -> None:
    for text in ("one", "two"):
        grown.toml("ghost").write_text(text)
        grown.ok("rebuild")
    kept = sorted((grown.folder / "kept/environments").iterdir())
    assert [path.read_text() for path in kept] == ["one", "two"]


def test_nothing_is_moved_to_where_a_link_leads(grown: Machine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (grown.folder / "kept").mkdir()
    (grown.folder / "kept/environments").symlink_to(elsewhere)
    grown.toml("ghost").write_text("x = 1\n")
    assert "kept" in grown.fails(1, "rebuild").error()
    assert not list(elsewhere.iterdir())


def test_what_people_edit_is_not_taken_for_such(grown: Machine) -> None:
    (grown.folder / "profiles").mkdir(exist_ok=True)
    (grown.folder / "profiles/prod.toml").write_text("# mine\n")
    (grown.folder / "environments/.#local.toml").symlink_to("alice@host.1")
    (grown.folder / "environments/notes.md").write_text("mine\n")
    grown.ok("verify")


# --- less than all


def test_a_copy_that_is_no_store(grown: Machine) -> None:
    """The hint is not that of `restore`, which reads copies in the same way."""
    junk = grown.home / "junk.db"
    junk.write_bytes(b"SQLite format 3\0" + bytes(5000))
    done = grown.fails(4, "verify", "--against", str(junk))
    assert str(junk) in done.error()
    assert done.hint() == "get another copy"


@pytest.mark.parametrize("name", ["HEAD", "packed-refs"])
def test_a_clone_that_has_a_pipe(grown: Machine, name: str) -> None:
    clone = grown.home / "clone"
    shutil.copytree(grown.mirror, clone)
    (clone / name).unlink(missing_ok=True)
    os.mkfifo(clone / name)
    done = grown.forked().process("verify", "--against", str(clone))
    assert (done.code, "has no events" in done.err) == ((1, True) if name == "HEAD" else (0, False))


def test_without_what_is_derived(grown: Machine) -> None:
    shutil.rmtree(grown.mirror)
    (grown.folder / "store/views.db").unlink()
    grown.toml("dev").unlink()
    done = grown.ok("verify", "--no-derived")
    last = grown.last_position()
    assert f"verified {last} events: chain and signatures" in done.out
    assert "files, views and mirror were not compared" in done.out
    found = grown.ok("verify", "--no-derived", "-o", "json").json
    assert isinstance(found, dict)
    assert (found["derived"], found["clean"]) == (False, True)
    grown.fails(4, "verify")


@pytest.mark.parametrize("ref", ["4", "#4", "dev@1", "2200-01-01"])
def test_from_an_event_on(grown: Machine, ref: str) -> None:
    last = grown.last_position()
    first = {"dev@1": 3, "2200-01-01": last}.get(ref, 4)
    done = grown.ok("verify", "--since", ref)
    count = last - first + 1
    assert f"verified {'1 event' if count == 1 else f'{count} events'}: " in done.out
    assert (
        f"#1 to #{first - 1} are as admitted before; nothing else of them was checked" in done.out
    )
    found = grown.ok("verify", "--since", ref, "-o", "json").json
    assert isinstance(found, dict)
    assert (found["since"], found["events"]) == (first, last - first + 1)


def test_from_the_first_event_on_is_all(grown: Machine) -> None:
    assert grown.ok("verify", "--since", "1").out == grown.ok("verify").out


@pytest.mark.parametrize("ref", ["0", "99", "dev@9"])
def test_from_an_event_that_is_not_there(grown: Machine, ref: str) -> None:
    grown.fails(1, "verify", "--since", ref)


@pytest.mark.parametrize("position", [2, 4])
def test_a_changed_event_is_found_on_both_sides(grown: Machine, position: int) -> None:
    """The events before are compared with the pins, all of its bytes by their hash."""
    with opened(grown.store) as connection:
        sql = "UPDATE events SET state = replace(CAST(state AS TEXT), 'alice', 'alyce')"
        connection.execute(f"{sql} WHERE position = ?", (position,))
        connection.execute("UPDATE events SET state = CAST(state AS BLOB)")
    assert f"#{position}" in grown.fails(4, "verify", "--since", "3", "--no-derived").error()


def test_what_is_before_must_be_admitted(grown: Machine, tmp_path: Path) -> None:
    """Another account has seen nothing of it."""
    done = grown.fails(3, "verify", "--since", "3", env={"XDG_STATE_HOME": str(tmp_path / "state")})
    assert "the events before #3 were not all admitted on this account" in done.error()


# --- another copy


def copied(machine: Machine, kind: str, tmp_path: Path) -> str:
    """Make a copy of the history; return what --against is given."""
    place = tmp_path / "copy"
    match kind:
        case "organization":
            shutil.copytree(machine.folder, place)
        case "mirror":
            shutil.copytree(machine.mirror, place)
        case "clone" | "bare clone" | "url":
            bare = () if kind == "clone" else ("--bare",)
            subprocess.run(
                ["git", "clone", "--quiet", *bare, str(machine.mirror), str(place)],
                env=machine.environment(),
                check=True,
            )
        case "backup":
            machine.ok("backup", str(place))
        case "store":
            shutil.copy(machine.store, place)
        case "event":
            return head(machine)
    return place.as_uri() if kind == "url" else str(place)


KINDS = ("organization", "mirror", "clone", "bare clone", "url", "backup", "store", "event")


@pytest.mark.parametrize("kind", some(KINDS, 4))
def test_a_history_that_goes_on_from_a_copy(grown: Machine, kind: str, tmp_path: Path) -> None:
    last = grown.last_position()
    place = copied(grown, kind, tmp_path)
    done = grown.ok("verify", "--against", place)
    assert f"same as {place}" in done.out
    grown.ok("set", "local", "ports.tetra=6666")
    grown.ok("promote", "dev")
    done = grown.ok("verify", "--against", place, "--no-derived")
    assert f"extends {place}: has all up to #{last}, and 2 more" in done.out
    found = grown.ok("verify", "--against", place, "-o", "json").json
    assert isinstance(found, dict)
    assert found["against"] == {
        "place": place, "relation": "extends", "events": last, "more": 2
    }  # fmt: skip


@pytest.mark.parametrize("place", ["first.checkpoint", "no/folder/at all", "store/events.db/x"])
def test_a_copy_that_is_not_there(grown: Machine, place: str) -> None:
    """It is most often a name that was mistyped, and no address."""
    done = grown.fails(1, "verify", "--against", place)
    assert done.error().endswith(f"{place} is not there")
    assert "checkpoint" in done.hint()
    assert "cannot clone" in grown.fails(1, "verify", "--against", "file:///nowhere").error()


@pytest.mark.parametrize("kind", some(KINDS, 2))
def test_a_copy_that_goes_on_is_a_finding(grown: Machine, kind: str, tmp_path: Path) -> None:
    """A history that lost its end would pass else."""
    shutil.copytree(grown.home, tmp_path / "before")
    last = grown.last_position()
    grown.ok("set", "local", "ports.tetra=6666")
    grown.ok("promote", "dev")
    place = copied(grown, kind, tmp_path)
    shutil.rmtree(grown.home)
    (tmp_path / "before").rename(grown.home)
    done = grown.fails(4, "verify", "--against", place)
    assert done.error() == (
        f"verification failed: the history here ends at #{last}; the copy goes on to #{last + 2}, "
        "2 events more"
    )
    assert "restore --from" in done.hint()


@pytest.mark.parametrize("kind", some(KINDS, 2))
def test_a_fork_is_named(grown: Machine, kind: str, tmp_path: Path) -> None:
    shutil.copytree(grown.home, tmp_path / "before")
    grown.ok("set", "local", "ports.tetra=6666")
    first = grown.last_position()
    grown.ok("promote", "dev")
    place = copied(grown, kind, tmp_path)
    shutil.rmtree(grown.home)
    (tmp_path / "before").rename(grown.home)
    for port in (7777, 8888, 9999):
        grown.ok("set", "local", f"ports.tetra={port}")
    done = grown.fails(4, "verify", "--against", place)
    if kind == "event":
        first = int(place.split(":")[0])  # a hash does not tell where it began
    assert f"event #{first} is another one in the copy" in done.error()
    found = json.loads(grown.run("verify", "--against", place, "-o", "json").out)
    assert found["against"]["relation"] == "fork"


def test_another_history_forks_at_its_first_event(grown: Machine, bare: Machine) -> None:
    other = type(bare)(bare.home / "other", org="acme")
    other.home.mkdir()
    other.ok("init", "acme", "--domain", "acme.example")
    done = grown.fails(4, "verify", "--against", str(other.folder))
    assert "event #1 is another one" in done.error()


def test_a_copy_that_is_not_sound_is_no_fork(grown: Machine, tmp_path: Path) -> None:
    place = tmp_path / "copy.db"
    shutil.copy(grown.store, place)
    with opened(place) as connection:
        connection.execute("UPDATE events SET signature = x'00' WHERE position = 3")
        connection.execute("UPDATE events SET hash = zeroblob(32) WHERE position = 4")
    done = grown.fails(4, "verify", "--against", str(place))
    assert "the copy is not sound: event #4" in done.error()


@pytest.mark.parametrize("kind", ["organization", "mirror", "backup", "store", "url"])
def test_a_copy_stays_as_it_is(grown: Machine, kind: str, tmp_path: Path) -> None:
    place = copied(grown, kind, tmp_path)
    before = contents(tmp_path / "copy")
    grown.ok("verify", "--against", place)
    assert contents(tmp_path / "copy") == before


def test_a_copy_with_a_write_ahead_log_is_read_whole_and_stays(
    grown: Machine, tmp_path: Path
) -> None:
    """As a killed command, or a snapshot of the disk, leaves it."""
    place = tmp_path / "copy"
    with closing(sqlite3.connect(grown.store)) as reading:  # keeps the log from being emptied
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM events").fetchone()
        grown.forked().ok("set", "local", "ports.tetra=6666")
        shutil.copytree(grown.folder, place)
    assert (place / "store/events.db-wal").stat().st_size
    for path in place.glob("store/*-shm"):
        path.unlink()
    before = contents(place)
    done = grown.ok("verify", "--against", str(place))
    assert f"same as {place}" in done.out
    assert contents(place) == before


def test_no_git_runs_under_a_configuration_that_is_there(grown: Machine, tmp_path: Path) -> None:
    for kind in ("clone", "url"):
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        place = copied(grown, kind, tmp_path)
        ran = tmp_path / "ran"
        config = tmp_path / ("copy/.git/config" if kind == "clone" else "copy/config")
        with config.open("a") as file:
            file.write(
                f"[core]\n\tfsmonitor = touch {ran}\n\tsshCommand = touch {ran}\n"
                f"[uploadpack]\n\tpackObjectsHook = touch {ran}\n"
            )
        grown.ok("verify", "--against", place)
        assert not ran.exists()


@pytest.mark.parametrize(
    "place",
    [
        "",
        " ",
        "nothing-here",
        "ext::sh -c id",
        "-x",
        "--upload-pack=x://y",
        "http://-x/y",
        "5:abc",
        "\x00",
    ],
)
def test_what_is_no_copy(grown: Machine, place: str) -> None:
    done = grown.run("verify", f"--against={place}")
    assert done.code in {1, 2}
    done.error()


def test_an_address_shows_no_token(grown: Machine) -> None:
    url = "http://alice:s3cr3t-t0ken@127.0.0.1:9/acme.git?access_token=other-t0ken"
    done = grown.run("verify", "--against", url)
    assert done.code == 1
    assert "127.0.0.1:9" in done.err
    assert "t0ken" not in done.out + done.err


# --- older copies


@pytest.mark.parametrize("name", ["events.db.first-edition", "found-x.db", "replaced-1/events.db"])
def test_an_older_copy_that_has_what_was_purged(grown: Machine, name: str) -> None:
    older = grown.store.parent / name
    older.parent.mkdir(exist_ok=True)
    shutil.copy(grown.store, older)
    assert grown.ok("verify").err == ""
    grown.ok("secret", "set", "dev", "TOKEN", stdin="another")
    grown.ok("secret", "purge", "dev", "TOKEN", "--version", "1", "-m", "leaked")
    done = grown.ok("verify")
    assert f"{older} is an older copy of the store, and has 1 body that was purged" in done.err
    found = grown.ok("verify", "-o", "json").json
    assert isinstance(found, dict)
    assert found["copies"] == [{"file": str(older), "purged": 1}]
    older.write_bytes(b"not a database" * 100)
    assert f"{older} is an older copy of the store that cannot be read" in grown.ok("verify").err
    older.unlink()
    assert grown.ok("verify").err == ""


# --- it only looks


def test_verify_changes_nothing(grown: Machine) -> None:
    grown.ok("status")  # which notes where the copied folder is
    before = contents(grown.home)
    for words in (("verify",), ("verify", "--since", "3"), ("rebuild", "--check")):
        grown.ok(*words)
        assert contents(grown.home) == before
    assert not [*grown.store.parent.glob("*-wal"), *grown.store.parent.glob("*-shm")]


def test_verify_pins_nothing(grown: Machine, tmp_path: Path) -> None:
    state = tmp_path / "state"
    done = grown.ok("verify", env={"XDG_STATE_HOME": str(state)})
    assert "this account had not seen this history before" in done.err
    assert not state.exists()


def test_commands_record_while_verify_holds_no_lock(grown: Machine) -> None:
    """A command that holds the lock for long is not waited for either."""
    from tetra_es.disk.lock import exclusive

    with exclusive(grown.folder / "store/lock"):
        grown.ok("verify")


def test_a_check_says_that_the_end_is_missing(grown: Machine, tmp_path: Path) -> None:
    shutil.copytree(grown.folder, tmp_path / "before")
    grown.ok("set", "local", "ports.tetra=6666")
    shutil.rmtree(grown.folder)
    shutil.copytree(tmp_path / "before", grown.folder)
    done = grown.fails(4, "rebuild", "--check")
    assert "was admitted on this account already" in done.error()
    assert "restore --from" in done.hint()
