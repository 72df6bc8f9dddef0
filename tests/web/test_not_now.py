"""Where nothing can be answered now, the reason is said, and is true; answers go on otherwise."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.purging.test_listed import list_all, with_limits
from tests.web.test_answering import answering, opened, positions
from tetra_es.disk.lock import exclusive
from tetra_es.errors import Unavailable
from tetra_es.layout import OrgLayout
from tetra_es_projections import advance
from tetra_es_projections.mirror.projection import Mirror
from tetra_es_projections.queries import not_now
from tetra_es_projections.views import replacing
from tetra_es_projections.views.schema import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.machine import Machine
    from tetra_es_projections.queries.answering import Answering

BUILDING = ("the views are being built again", "try again when that is done")


def refusal(answers: Answering) -> tuple[str, str | None]:
    """Return message and hint of the one thing that is said."""
    with pytest.raises(Unavailable) as raised, answers.reading():
        pass
    return raised.value.message, raised.value.hint


def calling(place: Any, name: str, monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """Have something done before each call of a function."""
    was = getattr(place, name)

    def first(*given: Any, **named: Any) -> Any:
        do()
        return was(*given, **named)

    monkeypatch.setattr(place, name, first)


def test_answers_go_on_while_views_are_built_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.ok("promote", "dev")
    expected = [row["event"] for row in machine.history()]
    answers = answering(machine)
    found = [positions(answers)]

    def ask() -> None:
        found.append(positions(answers))

    calling(advance, "apply_to_views", monkeypatch, ask)
    calling(replacing, "put_in_place", monkeypatch, ask)
    calling(Mirror, "replace", monkeypatch, ask)  # with the new ones
    machine.ok("rebuild")
    assert len(found) == 4
    ask()
    assert found == [expected] * 5


@LONG_TAIL
def test_connections_that_are_kept_go_on_with_new_views(machine: Machine) -> None:
    expected = [row["event"] for row in machine.history()]
    with closing(answering(machine, keep=True)) as answers:
        for _ in range(3):
            with answers.reading() as before:
                machine.forked().ok("rebuild")
                assert positions(answers) == expected  # by other connections
                assert before.reader.views.events.last_position() == expected[0]
            assert positions(answers) == expected
    machine.ok("rebuild", "--check")


def test_nothing_purged_is_answered_while_views_are_built_without_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.ok("set", "local", "app.entry=canary-7", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry")
    said = []
    answers = answering(machine)
    positions(answers)
    calling(advance, "apply_to_views", monkeypatch, lambda: said.append(refusal(answers)))
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    assert said == [("what #5 purged is being removed", BUILDING[1])]
    assert positions(answers) == [row["event"] for row in machine.history()]


def test_a_purge_that_was_cut_short_is_finished_by_what_is_said(machine: Machine) -> None:
    machine.ok("set", "local", "app.entry=canary-7", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry")
    answers = answering(machine)
    views, older = machine.folder / "store/views.db", machine.home / "views.db"
    shutil.copyfile(views, older)
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    shutil.copyfile(older, views)
    message, hint = refusal(answers)
    assert message == "the views are from before the purge #5"
    run(machine, hint)
    assert positions(answers) == [row["event"] for row in machine.history()]
    assert b"canary-7" not in views.read_bytes()


def test_a_void_purge_stops_no_answers(machine: Machine) -> None:
    """It was admitted, and views of before it have nothing that was purged."""
    machine.ok("set", "local", "app.entry=canary-7", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry")
    bob = with_limits(machine)
    answers = answering(machine)
    before = positions(answers)
    views, older = machine.folder / "store/views.db", machine.home / "views.db"
    shutil.copyfile(views, older)
    void = list_all(machine, bob)
    assert machine.ok("status", "-o", "json").json["void"] == [void]
    shutil.copyfile(older, views)
    assert positions(answers) == before
    machine.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
    told = f"the views are from before the purge #{machine.last_position()}"
    shutil.copyfile(older, views)
    assert refusal(answers)[0] == told
    list_all(machine, bob)  # nobody admitted it yet
    assert refusal(answers)[0] == told


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_views_of_another_version_answer_nobody(machine: Machine, version: int) -> None:
    """Their tables may be the same, and what is in them not."""
    expected = [row["event"] for row in machine.history()]
    told = f"the views are not those of this tetra-es: they are of version {version}, not {VERSION}"
    with closing(answering(machine, keep=True)) as kept:
        assert positions(kept) == expected
        with closing(sqlite3.connect(machine.folder / "store/views.db")) as views:
            views.execute(f"PRAGMA user_version = {version}")
        message, hint = refusal(kept)
        assert message == told
    assert refusal(opened(machine)) == (told, hint)
    run(machine, hint)
    assert positions(opened(machine)) == expected


def run(machine: Machine, hint: str | None) -> None:
    """Run the command of a hint."""
    assert hint is not None
    machine.ok(*shlex.split(hint.split("`")[1])[1:])


def test_views_that_went_back_are_brought_up_to_date(machine: Machine) -> None:
    answers = answering(machine)
    views, older = machine.folder / "store/views.db", machine.home / "views.db"
    shutil.copyfile(views, older)
    machine.ok("set", "local", "ports.tetra=4001")
    positions(answers)
    shutil.copyfile(older, views)
    with exclusive(OrgLayout(machine.folder).lock):
        assert refusal(answers) == BUILDING
    message, hint = refusal(answers)
    assert message == "the views go to #2, and went to #3 before"
    run(machine, hint)
    assert positions(answers) == [row["event"] for row in machine.history()]


def test_views_in_the_making_are_not_answered_from(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where they are of an older tetra-es, and a service starts."""
    for port in (4001, 4002, 4003):
        machine.ok("set", "local", f"ports.tetra={port}")
    machine.ok("status")
    for path in (machine.folder / "store").glob("views.db*"):
        path.unlink()
    said: list[object] = []

    def ask() -> None:
        answers = opened(machine)
        said.append(refusal(answers) if len(said) < 2 else positions(answers)[0])

    monkeypatch.setattr(advance, "BATCH", 2)
    monkeypatch.setattr(not_now, "BATCH", 2)
    calling(advance, "apply_to_views", monkeypatch, ask)
    machine.ok("status")
    assert said == [BUILDING, BUILDING, 4]
    assert positions(opened(machine)) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("keep", [False, pytest.param(True, marks=LONG_TAIL)])
@pytest.mark.parametrize("whole", [False, True])
def test_an_older_copy_is_told_until_it_is_trusted(
    machine: Machine, *, keep: bool, whole: bool
) -> None:
    """Of the store, or of the folder."""
    if keep:  # which leaves files open in this process
        machine = machine.forked()
    machine.ok("promote", "dev")
    copy = machine.home / "copy"
    shutil.copytree(machine.folder, copy)
    with closing(answering(machine, keep=keep)) as answers:
        machine.ok("set", "local", "ports.tetra=4001")
        machine.ok("set", "local", "ports.tetra=4002")
        newest = positions(answers)[0]
        if whole:
            shutil.rmtree(machine.folder)
            copy.rename(machine.folder)
        else:
            (copy / "store/events.db").replace(machine.store)
        done = machine.fails(4, "set", "local", "ports.tetra=4003")
        said = refusal(answers)
        if whole:
            assert said == (done.error(), done.hint())
        assert said[0] == (
            f"the history here ends at #{newest - 2}; #{newest} was admitted on this account "
            "already"
        )
        run(machine, said[1])
        machine.ok("status")
        assert positions(answers)[0] == newest - 2
        for port in range(5001, 5004):  # beyond where it was before
            machine.ok("set", "local", f"ports.tetra={port}")
            assert positions(answers) == [row["event"] for row in machine.history()]


def test_an_older_copy_that_was_trusted_and_went_on(machine: Machine) -> None:
    """Nobody asked in between: the same position is another event now."""
    machine.ok("promote", "dev")
    copy = machine.home / "copy"
    shutil.copytree(machine.folder, copy)
    answers = answering(machine)
    for port in (4001, 4002):
        machine.ok("set", "local", f"ports.tetra={port}")
    positions(answers)
    shutil.rmtree(machine.folder)
    copy.rename(machine.folder)
    run(machine, refusal(answers)[1])
    machine.ok("set", "local", "ports.tetra=4003")
    older = machine.home / "views.db"
    shutil.copyfile(machine.folder / "store/views.db", older)
    machine.ok("set", "local", "ports.tetra=4004")
    shutil.copyfile(older, machine.folder / "store/views.db")
    assert positions(answers)[0] == machine.last_position() - 1


def test_a_folder_that_is_gone_is_not_called_views_to_rebuild(machine: Machine) -> None:
    answers = answering(machine)
    expected, away = positions(answers), machine.home / "away"
    machine.folder.rename(away)
    message, hint = refusal(answers)
    assert message == f"no event store at {machine.store}"
    assert hint is not None
    assert hint.startswith("`tetra-es restore --from FROM`")
    away.rename(machine.folder)
    assert positions(answers) == expected


def test_an_error_of_sqlite_is_judged_when_nobody_is_at_work(machine: Machine) -> None:
    answers = answering(machine)
    views = machine.folder / "store/views.db"
    whole = views.read_bytes()
    for broken in (b"", b"no views at all" * 1000):
        views.write_bytes(broken)
        with exclusive(OrgLayout(machine.folder).lock):
            assert refusal(answers) == BUILDING
        message, hint = refusal(answers)
        assert "views.db" in message
        assert hint is not None
        assert hint.endswith("`tetra-es rebuild` builds it again")
    views.write_bytes(whole)
    told = pytest.raises(Unavailable, match="being built")
    with told, answers.reading() as moment:
        shutil.copyfile(views, machine.home / "views.db")
        (machine.home / "views.db").replace(views)
        moment.reader.views.connection.execute("SELECT * FROM what_is_not_there")
    views.unlink()
    with exclusive(OrgLayout(machine.folder).lock):
        assert refusal(answers) == BUILDING


def test_views_that_cannot_be_built_leave_the_old_ones(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = answering(machine)
    new = machine.folder / "store/views.db.new"
    new.write_bytes(b"left by a command that was killed")

    def fail() -> None:
        assert new.exists()
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        calling(advance, "apply_to_views", patch, fail)
        done = machine.fails(1, "rebuild")
    assert done.error() == f"{machine.folder}/store/views.db failed: disk I/O error"
    assert not new.exists()
    assert positions(answers) == [row["event"] for row in machine.history()]
    machine.ok("rebuild")
    assert not new.exists()
    machine.ok("rebuild", "--check")
