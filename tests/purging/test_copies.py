"""A purged history elsewhere: on another account, on a remote, restored, upgraded."""

from __future__ import annotations

import re
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.elsewhere import backup, elsewhere, url
from tests.examples import LONG_TAIL, some
from tests.first_edition.archive import machine_in, unpack
from tests.purging.conftest import VALUE, keep_soon
from tests.purging.remains import remains
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machine import Machine

PURGE = ("purge", "local", "app.entry", "-m", "leaked", "--yes")


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)


def commits(machine: Machine) -> list[str]:
    return machine.git("log", "--format=%H", "main").split()


@pytest.mark.parametrize("place", some([url, backup], 1))
def test_it_is_restored_as_it_is(leaked: Machine, place: Callable[[Machine], str]) -> None:
    leaked.ok(*PURGE)
    other = elsewhere(leaked)
    other.ok("restore", "--from", place(leaked))
    assert commits(other) == commits(leaked)
    assert other.history() == leaked.history()
    assert other.ok("verify").out == leaked.ok("verify").out
    assert remains(VALUE, other) == []
    other.fails(3, "show", "local", "--at", "local@2")
    other.ok("set", "local", "ports.tetra=7000")
    other.ok("promote", "dev")
    other.ok("rebuild")
    other.ok("verify")


@pytest.mark.parametrize("place", some([url, lambda machine: str(machine.mirror)], 1))
def test_others_read_the_mirror(leaked: Machine, place: Callable[[Machine], str]) -> None:
    """Stock git, and the verifier that stands alone. A clone of a path has all objects."""
    leaked.ok(*PURGE)
    leaked.ok("promote", "prod")
    clone = leaked.home / "clone"
    subprocess.run(["git", "clone", "-q", place(leaked), str(clone)], check=True)
    for check in (("fsck", "--full", "--strict"), ("status", "--porcelain")):
        done = git(clone, *check)
        assert (done.returncode, done.stdout + done.stderr) == (0, b"")
    assert git(clone, "rev-list", "--count", "HEAD").stdout.split() == [
        str(leaked.last_position()).encode()
    ]
    everything = git(clone, "cat-file", "--batch-all-objects", "--batch").stdout
    assert b"This was purged: its content no longer exists." in everything
    assert VALUE.encode() not in everything
    verified = subprocess.run(
        [*leaked.argv()[:1], "-m", "tetra_es_verify", str(clone)],
        env=leaked.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
    assert f"verified {leaked.last_position()} events" in verified.stdout


def test_a_clone_from_before_takes_it_over(leaked: Machine) -> None:
    """By the commands that the page says."""
    clone = leaked.home / "clone"
    subprocess.run(["git", "clone", "-q", url(leaked), str(clone)], check=True)
    leaked.ok(*PURGE)
    for command in (
        ("fetch", "-q"),
        ("reset", "-q", "--hard", "origin/main"),
        ("reflog", "expire", "--expire=now", "--all"),
        ("gc", "-q", "--prune=now"),
    ):
        assert git(clone, *command).returncode == 0
    assert git(clone, "rev-list", "HEAD").stdout.decode().split() == commits(leaked)
    assert VALUE.encode() not in git(clone, "cat-file", "--batch-all-objects", "--batch").stdout


@LONG_TAIL
def test_another_account_forgets_it_too(leaked: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It kept texts beside its pins, and admitted the events before the purge."""
    bob = {"XDG_STATE_HOME": str(leaked.home / ".local/bob")}
    leaked.ok("set", "local", f"app.entry={VALUE}", "-m", "again")
    keep_soon(monkeypatch)
    for number in range(4):
        leaked.ok("set", "local", f"ports.tetra={6000 + number}", env=bob)
    leaked.ok("unset", "local", "app.entry")
    leaked.ok("promote", "dev")
    leaked.ok(*PURGE)
    assert [place for place in remains(VALUE, leaked) if "/bob/" in place]
    leaked.ok("history", "-n", "1", env=bob)
    assert remains(VALUE, leaked) == []
    leaked.ok("verify", env=bob)
    leaked.ok("set", "local", "ports.tetra=7000", env=bob)
    leaked.ok("verify")


def test_a_remote_takes_it_by_force(leaked: Machine, tmp_path: Path) -> None:
    copy = tmp_path / "copy.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(copy)], check=True)
    leaked.ok("mirror", "add", "origin", str(copy))
    leaked.ok("mirror", "push")
    leaked.ok(*PURGE)
    assert "after a purge, --force" in leaked.fails(3, "mirror", "push").err
    leaked.ok("mirror", "push", "--force")
    log = ["git", "-C", str(copy), "log", "--format=%H", "main"]
    there = subprocess.run(log, capture_output=True, text=True, check=True).stdout.split()
    assert there == commits(leaked)
    for command in (["reflog", "expire", "--expire=now", "--all"], ["gc", "-q", "--prune=now"]):
        subprocess.run(["git", "-C", str(copy), *command], check=True)
    objects = ["git", "-C", str(copy), "cat-file", "--batch-all-objects", "--batch"]
    found = subprocess.run(objects, capture_output=True, check=True).stdout
    assert VALUE.encode() not in found


def test_what_people_put_on_a_purged_commit_is_dropped(leaked: Machine) -> None:
    for name, revision in (("old", "main~4"), ("kept", "main~8")):
        leaked.git("tag", name, revision)
    done = leaked.ok(*PURGE)
    assert "what reached the purged value is gone" in done.err
    assert leaked.git("tag").split() == ["kept"]
    assert remains(VALUE, leaked) == []


@LONG_TAIL
def test_events_of_the_first_edition_keep_it(tmp_path: Path) -> None:
    """They are signed with their text; what was recorded since is destroyed all the same."""
    machine = unpack(tmp_path / "home")
    machine.ok("upgrade", "-m", "the new form")
    refused = machine.fails(3, "purge", "local", "features.banner", "-m", "leaked", "--yes")
    for command in re.findall("`tetra-es ([^`]*)`", refused.hint()):
        machine.ok(*command.split())
    done = machine.ok("purge", "local", "features.banner", "-m", "leaked", "--yes")
    assert (
        "events of the first edition have it in themselves, and cannot be destroyed: #" in done.err
    )
    assert f"{machine.store}.first-edition is an older copy of the store" in done.err
    machine.ok("verify")
    machine.ok("rebuild", "--check")
    with closing(SqliteLog(machine.store)) as log:
        assert not [body for _, body in log.bodies() if body and "héllo".encode() in body]


def test_servers_that_had_it_are_named(tmp_path: Path) -> None:
    machine = machine_in(tmp_path / "home")
    machine.home.mkdir()
    machine.ok("init", machine.org, "--domain", "acme.example")
    machine.ok("set", "profile", "dev", "deployment.hosts=['web1', 'web2']")
    for host in ("web1", "web2"):
        (machine.home / "servers" / host).mkdir(parents=True)
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev", "--to", "web2")
    machine.ok("set", "local", f"app.entry={VALUE}")
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev", "--to", "web1")
    machine.ok("unset", "local", "app.entry")
    machine.ok("promote", "dev")
    machine.ok("deploy", "dev")
    done = machine.ok(*PURGE)
    assert "it was deployed, and a release there may still have it: web1\n" in done.err
    refused = machine.fails(3, "deploy", "dev", "--to", "web1", "--at", "dev@2")
    assert re.match(r"dev@2 \(#\d+\) was purged at #", refused.error())
    machine.ok("deploy", "dev")
