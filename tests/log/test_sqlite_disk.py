"""The engine on SQLite where the disk is full, or fails."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.log.contract import add, digest_of
from tests.log.events import LINES, draft, purge_of
from tests.machine import HANG, NO_BYTECODE
from tests.needs import cannot, need
from tetra_es.errors import TetraEsError
from tetra_es.log.sqlite.engine import AppendableSqliteLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def writer(path: Path, count: int, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Append `count` events in a process whose files can't grow beyond `limit` bytes."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "tests.log.writer", "sqlite", str(path.parent), "me", str(count)],
        cwd=ROOT,
        env={**os.environ, **NO_BYTECODE},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
        preexec_fn=limited,
    )


def check_whole(path: Path, said: list[str]) -> None:
    """Check that the log has just what was acknowledged, and goes on."""
    with AppendableSqliteLog(path) as log:
        records = list(log.records(after=3))
        assert [str(record.head) for record in records] == said
        assert all(log.body(digest_of(record.state)) for record in records)
        assert log.damage() == []
        add(log, draft(f"after-{len(said)}", 1))


@pytest.mark.parametrize("limit", [0, 5000, 20_000, 40_000, 70_000, 120_000])
def test_files_that_cannot_grow(path: Path, limit: int) -> None:
    done = writer(path, 1000, limit)
    assert done.returncode == 1
    assert "TetraEsError" in done.stderr
    check_whole(path, LINES.findall(done.stdout))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    need("mount", "umount")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        cannot("a small file system can't be mounted here; see test_files_that_cannot_grow")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk(path: Path, small_disk: Path) -> None:
    shutil.copy(path, small_disk / "events.db")
    (small_disk / "spare").write_bytes(bytes(300_000))
    done = writer(small_disk / "events.db", 10_000)
    assert done.returncode == 1
    assert "no space left" in done.stderr
    (small_disk / "spare").unlink()
    check_whole(small_disk / "events.db", LINES.findall(done.stdout))


@pytest.mark.parametrize("call", ["fsync", "fdatasync"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_disk_that_fails(path: Path, call: str, number: int) -> None:
    """An acknowledged event is there, and one that is there was acknowledged, or is unknown."""
    need("strace")
    argv = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"]
    argv += ["-e", f"inject={call}:error=EIO:when={number}"]
    argv += [sys.executable, "-m", "tests.log.writer", "sqlite", str(path.parent), "me", "5"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=HANG)
    if "ptrace" in done.stderr.lower():
        cannot(f"strace may not trace here: {done.stderr.splitlines()[0]}")
    said = LINES.findall(done.stdout)
    assert (done.returncode == 0) == (len(said) == 5), done.stderr
    if done.returncode:
        assert "failed: disk I/O error" in done.stderr
    check_whole(path, said)


def test_a_failed_commit_that_got_through(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk failed after the last page was written: the event is in, and that is said."""
    with AppendableSqliteLog(path) as log:
        recorder = log.application.log_recorder
        insert = recorder.insert_events

        def insert_and_fail(*arguments: object, **more: object) -> None:
            insert(*arguments, **more)  # type: ignore[arg-type]  # passed on as it came
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise error

        monkeypatch.setattr(recorder, "insert_events", insert_and_fail)
        records = add(log, draft("c", 1))
        assert log.head() == records[-1].head
        assert add(log, draft("c", 2))[-1].position == 5


def test_a_purge_that_the_disk_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
                raise error
            return super().execute(sql, *parameters)

    with AppendableSqliteLog(path) as log:
        add(log, purge_of(digest_of(b"one")))
        with monkeypatch.context() as patch:
            failing = sqlite3.connect(path, isolation_level=None, factory=Failing)
            patch.setattr(log, "_writing", lambda: failing)
            with pytest.raises(TetraEsError, match="disk I/O error") as failed:
                log.purge([digest_of(b"one")])
        assert "the next command destroys it" in (failed.value.hint or "")
        assert log.purge([digest_of(b"one")])
        assert log.body(digest_of(b"one")) is None


def test_nothing_of_a_purged_body_is_left_in_a_page(path: Path) -> None:
    """The first bodies are on the table's first page, and move when there are more."""
    first = [f"the body number {number} of some".encode() for number in range(20)]
    with AppendableSqliteLog(path) as log:
        add(log, draft("c", 1), bodies=first)
        for version in range(2, 40):
            add(log, draft("c", version), bodies=[os.urandom(900)])
        pragma = "PRAGMA secure_delete"
        with log.application.log_recorder.datastore.transaction(commit=False) as cursor:
            cursor.execute(pragma)
            assert cursor.fetchone()[0] == 2, "whatever SQLite was built with"
        digests = [digest_of(body) for body in first]
        add(log, purge_of(*digests))
        assert log.purge(digests)
    data = path.read_bytes()
    assert not [body for body in first if body in data]
