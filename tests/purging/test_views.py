"""Where a purge finds the views, or what is left of others: nothing of the value stays behind."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.crash.killing import check_repaired, check_sound, count_effects, once
from tests.examples import LONG_TAIL
from tests.purging.conftest import VALUE
from tests.purging.remains import remains
from tetra_es.admission import Admission
from tetra_es.layout import OrgLayout
from tetra_es.log.sqlite.kept import KeptConnections
from tetra_es.store.replica import open_replica
from tetra_es_projections.moment import Moment
from tetra_es_projections.queries.reader import reading
from tetra_es_projections.queries.views import Views
from tetra_es_projections.views import replacing
from tetra_es_projections.views.database import discard, open_views, opened_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.machine import Machine
    from tetra_es_projections.views.database import InPlace

T = TypeVar("T")

PURGE = ("purge", "local", "app.entry", "-m", "it was a secret", "--yes")


def views_of(machine: Machine) -> Path:
    return machine.store.with_name("views.db")


def new_of(machine: Machine) -> Path:
    return machine.store.with_name("views.db.new")


def test_a_link_to_views_is_followed(leaked: Machine) -> None:
    views, elsewhere = views_of(leaked), leaked.home / "elsewhere"
    elsewhere.mkdir()
    target = elsewhere / "large.db"
    views.rename(target)
    views.symlink_to(target)
    for words in (("rebuild",), PURGE):
        leaked.ok(*words)
        assert views.readlink() == target
        assert [each.name for each in elsewhere.iterdir()] == ["large.db"]
    assert VALUE.encode() not in target.read_bytes()
    assert remains(VALUE, leaked) == []
    target.write_bytes(b"no database" * 1000)
    leaked.ok("status")
    assert views.readlink() == target
    check_repaired(leaked)


def test_the_mode_of_views_is_kept(leaked: Machine) -> None:
    """As where others may read, or must not."""
    views = views_of(leaked)
    for mode, words in ((0o600, ("rebuild",)), (0o640, PURGE)):
        views.chmod(mode)
        leaked.ok(*words)
        assert views.stat().st_mode & 0o777 == mode
    views.unlink()
    leaked.ok("rebuild")


@pytest.mark.parametrize(
    "words", [("set", "local", "resources.nofile=2000"), pytest.param(PURGE, marks=LONG_TAIL)]
)
def test_what_a_killed_rebuild_left_goes(leaked: Machine, words: tuple[str, ...]) -> None:
    """With nothing that has to be built again, too: the views were deleted meanwhile."""
    for ending in ("", "-wal"):
        shutil.copyfile(views_of(leaked), f"{new_of(leaked)}{ending}")
    views_of(leaked).unlink()
    leaked.ok(*words)
    assert not [*leaked.store.parent.glob("views.db.new*")]


def test_what_is_in_the_way_stops_no_purge(leaked: Machine) -> None:
    """Nor does a disk that has no space for both."""
    new_of(leaked).mkdir()
    done = leaked.fails(1, "rebuild")
    assert done.error() == f"cannot remove {new_of(leaked)}: Is a directory"
    assert done.hint() == "move it away if it is yours, or check the permissions of its folder"
    leaked.ok("set", "local", "resources.nofile=2000")
    leaked.ok(*PURGE)
    assert remains(VALUE, leaked) == []
    check_repaired(leaked)


@pytest.mark.parametrize("when", ["in place", pytest.param("built", marks=LONG_TAIL)])
def test_files_are_known_when_a_purge_goes_on(
    leaked: Machine, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    put_in_place = replacing.put_in_place

    def stop(*paths: Any) -> None:
        if when == "in place":
            put_in_place(*paths)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replacing, "put_in_place", stop)
        assert leaked.run(*PURGE).code != 0
    done = leaked.ok("status")
    assert "moved" not in done.err
    assert not (leaked.folder / "kept").exists()
    assert remains(VALUE, leaked) == []
    check_repaired(leaked)


def test_views_of_other_events_lose_what_those_of_the_store_purge(leaked: Machine) -> None:
    other = leaked.copy(leaked.home.with_name("other"))
    for number in (2000, 2001):
        other.ok("set", "local", f"resources.nofile={number}")
    leaked.ok(*PURGE)
    inode = views_of(leaked).stat().st_ino
    shutil.copyfile(views_of(other), views_of(leaked))
    leaked.ok("history")
    assert views_of(leaked).stat().st_ino != inode, "they were changed where they are"
    assert remains(VALUE, leaked) == []
    check_repaired(leaked)


@LONG_TAIL
def test_who_opens_views_when_others_take_their_place(leaked: Machine) -> None:
    """SQLite would have the log of the new ones over pages of the old ones."""
    views = views_of(leaked)
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        opened.append(sqlite3.connect(path))
        if len(opened) == 1:
            leaked.forked().ok("rebuild")
        return opened[-1]

    connection = opened_in_place(views, connect).connection
    leaked.forked().ok("set", "local", "resources.nofile=2000")
    with closing(connection):
        (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
    assert (len(opened), count) == (2, leaked.last_position())
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


@contextmanager
def opened_between(machine: Machine, opening: Callable[[], T]) -> Iterator[T]:
    """Open views after the log of the old ones was thrown away, before others take their place.

    The others have other rows, and as many pages. Somebody writes to them afterwards.
    """
    views, new, found = views_of(machine), new_of(machine), []
    with closing(open_views(views)) as old:
        rows = ((f"row {number}",) for number in range(3000))
        old.execute("BEGIN")
        old.executemany("INSERT INTO standing VALUES (?, 1, 'old')", rows)
        old.execute("COMMIT")
    shutil.copyfile(views, new)
    with closing(open_views(new)) as connection:
        connection.execute("UPDATE standing SET value = 'new'")

    def discarding(*arguments: Any) -> None:
        discard(*arguments)
        found.append(opening())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replacing, "discard", discarding)
        replacing.put_in_place(new, views)
    with closing(open_views(views)) as connection:
        connection.execute("INSERT INTO files VALUES ('new', '', 0)")
        yield found[0]


def told(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return how many rows of the old views there are, and how many of the new ones."""
    return (
        *connection.execute("SELECT count(*) FROM standing WHERE value = 'old'").fetchone(),
        *connection.execute("SELECT count(*) FROM files WHERE path = 'new'").fetchone(),
    )


@pytest.mark.parametrize("kept", [False, True])
def test_who_opens_views_before_others_take_their_place(leaked: Machine, kept: bool) -> None:
    """The new ones write to the log that these made: it would be read over old pages."""
    connections = KeptConnections() if kept else None
    with opened_between(leaked, lambda: Views(views_of(leaked), connections)) as views, views:
        assert views.hold() == leaked.last_position()
        assert told(views.connection) == (0, 1)


def test_who_reads_before_others_take_their_place(leaked: Machine) -> None:
    """All that it is told is of the old ones."""
    layout, admission = OrgLayout(leaked.folder), Admission(leaked.home / ".local/state/tetra-es")
    with ExitStack() as stack:

        def opening() -> Views:
            reader = stack.enter_context(reading(layout, admission))
            assert reader is not None
            return reader.views

        with opened_between(leaked, opening) as views:
            assert told(views.connection) == (3000, 0)


def test_who_looks_at_all_before_others_take_their_place(
    leaked: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[InPlace] = []

    def opening(*arguments: Any) -> InPlace:
        if not opened:
            between = opened_between(leaked, lambda: opened_in_place(*arguments))
            opened.append(writing.enter_context(between))
        else:
            opened.append(opened_in_place(*arguments))
        return opened[-1]

    monkeypatch.setattr("tetra_es_projections.moment.opened_in_place", opening)
    layout, admission = OrgLayout(leaked.folder), Admission(leaked.home / ".local/state/tetra-es")
    with ExitStack() as writing, open_replica(layout.store, admission) as log:
        with Moment(layout, log) as moment:
            assert moment.views is not None
            assert told(moment.views) == (0, 1)
        assert len(opened) == 2


@LONG_TAIL
@pytest.mark.parametrize("number", range(8))
def test_at_points_of_a_rebuild(leaked: Machine, tmp_path: Path, number: int) -> None:
    effects = count_effects(leaked.copy(tmp_path / "counted"), ["rebuild"])
    done = once(leaked, ["rebuild"], signal.SIGKILL, effects * (2 * number + 1) // 16)
    assert done.code == -signal.SIGKILL
    if number % 2:
        views_of(leaked).unlink(missing_ok=True)
    leaked.ok("history")
    leaked.ok(*PURGE)
    assert remains(VALUE, leaked) == []
    assert not [*leaked.store.parent.glob("views.db.new*")]
    check_repaired(leaked)
    check_sound(leaked)
