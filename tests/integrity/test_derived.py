"""Files, views, mirror and snapshots that do not match the events."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.integrity.conftest import EVENTS
from tests.integrity.tampering import rejected
from tests.mirrors import commit_on

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


@pytest.mark.parametrize("name", ["dev", "staging"])
def test_an_edited_file(copy: Machine, name: str) -> None:
    path = copy.toml(name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert f"environments/{name}.toml" in rejected(copy).error()
    assert copy.run("rebuild", "--check").code == 4


@pytest.mark.parametrize(
    "path", ["environments/dev.toml", "environments/local.toml", "manifest.toml",
             "profiles/staging.toml"]
)  # fmt: skip
def test_a_missing_file(copy: Machine, path: str) -> None:
    (copy.folder / path).unlink()
    assert f"{path}: is missing" in rejected(copy).error()
    copy.ok("rebuild")
    copy.ok("verify")


def test_an_older_revision_put_in_place(copy: Machine) -> None:
    copy.toml("dev").write_text(copy.ok("show", "dev", "--at", "dev@2").out)
    assert "environments/dev.toml" in rejected(copy).error()
    copy.toml("dev").write_text(copy.ok("show", "dev").out)
    copy.toml("local").write_text(copy.ok("show", "local", "--at", "local@1").out)
    assert "environments/local.toml" in rejected(copy).error()


def test_an_edit_that_is_not_recorded_yet_is_no_forgery(copy: Machine) -> None:
    with copy.toml("local").open("a") as file:
        file.write("# mine\n")
    copy.ok("verify")


def in_mirror(copy: Machine, *arguments: str) -> str:
    """Run git in the mirror as somebody with a name."""
    who = ("-c", "user.name=mallory", "-c", "user.email=mallory@example.org")
    return copy.git(*who, *arguments)


def test_an_amended_commit(copy: Machine) -> None:
    message = copy.git("log", "-1", "--format=%B", "main")
    forged = in_mirror(copy, "commit-tree", "main^{tree}", "-p", "main~1", "-m", message).strip()
    copy.git("update-ref", "refs/heads/main", forged)
    assert f"#{EVENTS}" in rejected(copy).error()


@pytest.mark.parametrize("position", some([1, 6, 13], 1))
def test_a_rewritten_commit_in_the_middle(copy: Machine, position: int) -> None:
    """Every later commit changes with it; the first is named."""
    import subprocess

    exported = copy.git("fast-export", "main").encode()
    trailer = f"\nEvent: {position}\n".encode()
    assert exported.count(trailer) == 1
    head, tail = exported.split(trailer)
    start = head.rindex(b"\nauthor ")
    forged = head[:start] + head[start:].replace(b"author ", b"author x", 1) + trailer + tail
    subprocess.run(
        ["git", "-C", str(copy.mirror), "fast-import", "--quiet", "--force"],
        input=forged,
        env=copy.environment(),
        check=True,
    )
    assert f"event #{position} " in rejected(copy).error()
    copy.run("rebuild")
    copy.ok("verify")


def test_commits_that_are_gone(copy: Machine) -> None:
    copy.git("update-ref", "refs/heads/main", "main~3")
    assert f"event #{EVENTS - 2}" in rejected(copy).error()


def test_a_commit_too_many(copy: Machine) -> None:
    commit_on(copy.mirror, "refs/heads/main", "a fine change")
    assert "commit" in rejected(copy).error()


def objects_of(copy: Machine) -> list[Path]:
    return sorted(path for path in (copy.mirror / "objects").rglob("*") if path.is_file())


def test_damaged_objects(copy: Machine) -> None:
    """A flipped byte in what git stored, whichever of its files it is in."""
    for path in objects_of(copy)[::9]:
        data = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 0xFF]) + data[-2:])
        done = copy.run("verify")
        assert done.code == 4, (path, done.out)
        done.error()
        path.write_bytes(data)
    copy.ok("verify")


def test_a_missing_mirror(copy: Machine) -> None:
    copy.mirror.rename(copy.home / "elsewhere")
    assert "mirror" in rejected(copy).error()


VIEWS = {
    "events": "UPDATE events SET actor = 'mallory' WHERE position = 6",
    "a summary": "UPDATE events SET summary = 'nothing' WHERE position = 6",
    "states": "UPDATE states SET source_revision = 1 WHERE position = 7",
    "changes": "UPDATE changes SET before = '1' WHERE position = 6",
    "a change less": "DELETE FROM changes WHERE position = 6",
    "a change more": "INSERT INTO changes VALUES (6, 1, NULL, '1')",
    "a change of no key": "INSERT INTO changes VALUES (6, 999, NULL, '1')",
    "a change of another key": "UPDATE changes SET item = item + 1 WHERE position = 6",
    "an event less": "DELETE FROM events WHERE position = 6",
    "commits": "UPDATE commits SET id = zeroblob(20) WHERE position = 6",
    "a commit less": "DELETE FROM commits WHERE position = 6",
}


@pytest.mark.parametrize("how", some(VIEWS, 3))
def test_changed_views(copy: Machine, how: str) -> None:
    with closing(sqlite3.connect(copy.folder / "store/views.db")) as views:
        assert views.execute(VIEWS[how]).rowcount > 0
        views.commit()
    error = rejected(copy).error()
    assert "store/views.db" in error
    assert "#6" in error or "#7" in error
    copy.ok("rebuild")
    copy.ok("verify")


@pytest.mark.parametrize("how", some(VIEWS, 1))
def test_no_tables_are_made_of_changed_views(copy: Machine, how: str, tmp_path: Path) -> None:
    file = tmp_path / "all.db"
    with closing(sqlite3.connect(copy.folder / "store/views.db")) as views:
        views.execute(VIEWS[how])
        views.commit()
    done = copy.fails(4, "audit", "sqlite", str(file))
    assert done.error().startswith("store/views.db: ")
    assert not file.exists()
    copy.ok(*done.hint().split("`")[1].split()[1:])
    copy.ok("audit", "sqlite", str(file))


def test_views_that_say_to_go_further(copy: Machine) -> None:
    """Nothing is lost: the views alone say so, and a rebuild makes them again."""
    with closing(sqlite3.connect(copy.folder / "store/views.db")) as views:
        views.execute("UPDATE progress SET position = 9999")
        views.commit()
    for command in (("status",), ("set", "local", "ports.tetra=1")):
        done = copy.fails(4, *command)
        assert "the views say that they go to #9999" in done.error()
        assert "rebuild" in done.hint()
    assert "store/views.db: the views say" in rejected(copy).error()
    copy.ok("rebuild")
    copy.ok("status")
    copy.ok("verify")


def test_views_that_are_none(copy: Machine) -> None:
    path = copy.folder / "store/views.db"
    path.write_bytes(b"not a database at all" * 200)
    done = copy.run("verify")
    # They hold nothing of their own: replaced at once, or named.
    assert done.code in {0, 4}
    assert "defect" not in done.err
    copy.ok("rebuild")
    copy.ok("verify")
    path.unlink()
    copy.ok("history")
    copy.ok("verify")
