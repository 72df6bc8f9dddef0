"""Many files at once are as whole, and as safe, as one."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from tetra_es.disk import batch
from tetra_es.disk.batch import MANY, write_all
from tetra_es.disk.syncing import whole_file_system
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from pathlib import Path

SIZES = (1, MANY - 1, MANY, 3 * MANY)


def files_of(folder: Path, count: int, text: str) -> dict[Path, bytes | None]:
    return {
        folder / f"{number % 2}" / f"file {number}": f"{text} {number}".encode()
        for number in range(count)
    }


def content(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("count", SIZES)
def test_files_are_made_replaced_and_removed(tmp_path: Path, count: int) -> None:
    first = files_of(tmp_path, count, "first")
    write_all(first)
    assert content(tmp_path) == first
    kept = next(iter(first))
    kept.chmod(0o640)
    second = files_of(tmp_path, count, "second")
    write_all({**second, tmp_path / "nowhere" / "file": None})
    assert content(tmp_path) == second
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    assert not (tmp_path / "nowhere").exists()
    write_all(dict.fromkeys(second))
    assert content(tmp_path) == {}


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path) -> None:
    write_all({tmp_path / "one": b"old", tmp_path / "two": b"old"})
    for name in ("one", "two"):
        (tmp_path / f".{name}.partial").write_bytes(b"half")
    write_all({tmp_path / "one": b"new", tmp_path / "two": None})
    assert content(tmp_path) == {tmp_path / "one": b"new"}


def test_a_link_is_replaced_and_its_end_left_alone(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    (tmp_path / "link").symlink_to(victim)
    (tmp_path / ".other.partial").symlink_to(victim)
    write_all({tmp_path / "link": b"ours", tmp_path / "other": b"ours"})
    assert not (tmp_path / "link").is_symlink()
    assert victim.read_text() == "theirs"


@pytest.mark.parametrize("count", SIZES)
def test_one_that_cannot_be_written_stops_all(tmp_path: Path, count: int) -> None:
    write_all(files_of(tmp_path, count, "first"))
    before = content(tmp_path)
    (tmp_path / "a file").write_text("in the place of a folder")
    bad = tmp_path / "a file" / "below"
    with pytest.raises(TetraEsError, match=f"cannot write {bad}") as caught:
        write_all({**files_of(tmp_path, count, "second"), bad: b"data"})
    assert "space and the permissions" in (caught.value.hint or "")
    assert content(tmp_path) == {**before, tmp_path / "a file": b"in the place of a folder"}


def test_no_wait_for_a_file_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all(files_of(tmp_path, 2, "first"))  # which makes the folders
    waits = counted(monkeypatch)
    write_all(files_of(tmp_path, 3 * MANY, "second"))
    two_folders = 2
    assert len(waits) == (two_folders if whole_file_system() else 3 * MANY + two_folders)


def test_each_is_waited_for_where_the_system_cannot_wait_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(files_of(tmp_path, 2, "first"))
    waits = counted(monkeypatch)
    monkeypatch.setattr(batch, "whole_file_system", lambda: None)
    write_all(files_of(tmp_path, 3 * MANY, "first"))
    assert len(waits) == 3 * MANY + 2


def test_an_error_of_the_disk_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    write_all(files_of(tmp_path, MANY, "first"))
    before = content(tmp_path)
    monkeypatch.setattr(batch, "whole_file_system", lambda: broken)
    with pytest.raises(TetraEsError, match=r"cannot write .*: Input/output error"):
        write_all(files_of(tmp_path, MANY, "second"))
    assert content(tmp_path) == before


def test_an_interrupt_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "whole_file_system", lambda: interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_all(files_of(tmp_path, MANY, "first"))
    assert content(tmp_path) == {}


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    waits: list[int] = []
    fsync = os.fsync

    def wait(descriptor: int) -> None:
        waits.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", wait)
    return waits
