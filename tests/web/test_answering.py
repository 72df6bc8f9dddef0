"""Answers as of the newest event that everything here has, while others record."""

from __future__ import annotations

import shutil
from contextlib import closing, nullcontext
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tetra_es.admission import Admission
from tetra_es.errors import IntegrityFailure, Unavailable
from tetra_es.layout import OrgLayout
from tetra_es.log.replica import Purged
from tetra_es_projections.answers.environments import recipients, secrets
from tetra_es_projections.answers.history import history
from tetra_es_projections.evidence.archive import write_evidence
from tetra_es_projections.evidence.tables import change_rows
from tetra_es_projections.queries.answering import Answering
from tetra_es_projections.queries.history import HistoryQuery

if TYPE_CHECKING:
    from tests.machine import Machine


def answering(machine: Machine, *, keep: bool = False) -> Answering:
    machine.ok("status")  # in a folder that was copied, nothing was admitted yet
    return opened(machine, keep=keep)


def opened(machine: Machine, *, keep: bool = False) -> Answering:
    state = machine.home / ".local/state/tetra-es"
    return Answering(OrgLayout(machine.folder), Admission(state), keep=keep)


def with_an_oversight(machine: Machine) -> Machine:
    """Return another home, whose owner may purge what event 3 has."""
    machine.ok("set", "local", "app.entry=canary-7", "-m", "an oversight")
    machine.ok("unset", "local", "app.entry")
    return machine.forked()


def positions(answers: Answering) -> list[int]:
    with answers.reading() as moment:
        rows = history(moment.reader, HistoryQuery())
        assert moment.position == rows[0]["event"]
        assert moment.hash == rows[0]["hash"]
        return [row["event"] for row in rows]


def contents(machine: Machine) -> dict[str, str]:
    files = (path for path in machine.home.rglob("*") if path.is_file())
    return {
        str(path.relative_to(machine.home)): sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.endswith("-shm")  # readers of SQLite note there what they read
    }


@pytest.mark.parametrize("keep", [False, True])
def test_it_follows_what_others_record(machine: Machine, *, keep: bool) -> None:
    other = machine.forked()
    with closing(answering(machine, keep=keep)) as answers:
        for port in (4001, 4002, 4003):
            other.ok("set", "local", f"ports.tetra={port}")
            assert positions(answers) == [row["event"] for row in other.history()]


def test_secrets_are_those_of_then(machine: Machine) -> None:
    machine.ok("promote", "dev")
    key = machine.home / ".config/tetra-es/id_ed25519.pub"
    answers = answering(machine)
    with answers.reading() as before:
        other = machine.forked()
        other.ok("recipient", "add", "dev", "ann", str(key))
        other.ok("secret", "set", "dev", "TOKEN", stdin="canary")
        assert secrets(before.reader, "dev") == []
        assert recipients(before.reader, "dev") == []
    with answers.reading() as after:
        assert [row["key"] for row in secrets(after.reader, "dev")] == ["TOKEN"]
        assert [row["name"] for row in recipients(after.reader, "dev")] == ["ann"]


@pytest.mark.parametrize("keep", [False, True])
def test_what_others_purge_meanwhile_is_not_called_damage(machine: Machine, *, keep: bool) -> None:
    other = with_an_oversight(machine)
    with closing(answering(machine, keep=keep)) as answers:
        over = pytest.raises(Unavailable, match="the views are from before the purge #5")
        with over, answers.reading() as before:
            other.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
            log = before.reader.log
            record = log.record(3)
            assert record
            for ask in (lambda: log.state_text(3), lambda: log.event(record)):
                with pytest.raises(Unavailable, match="#5 purged meanwhile what event #3 had"):
                    ask()
        with answers.reading() as after, pytest.raises(Purged, match="#5"):
            after.reader.log.state_text(3)


def test_no_archive_lacks_what_others_purge_meanwhile(machine: Machine) -> None:
    """No event in it would say why that is missing, and the verifier would call it damage."""
    other = with_an_oversight(machine)
    answers = answering(machine)
    over = pytest.raises(Unavailable, match="the views are from before the purge #5")
    with over, answers.reading() as before:
        other.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")
        log = before.reader.log
        record = log.record(3)
        assert record
        for ask in (lambda: write_evidence(log, BytesIO()), lambda: [*change_rows(log, record)]):
            with pytest.raises(Unavailable, match="#5 purged meanwhile what event #3 had"):
                ask()


def test_no_answer_is_given_of_which_others_purged_a_part_meanwhile(machine: Machine) -> None:
    machine.ok("set", "local", "app.entry=canary-7", "-m", "an oversight")
    machine.ok("promote", "dev")
    machine.ok("unset", "local", "app.entry")
    machine.ok("promote", "dev")
    other = machine.forked()
    answers = answering(machine)
    over = pytest.raises(Unavailable, match="the views are from before the purge #7")
    with over, answers.reading() as before:
        assert [row["event"] for row in history(before.reader, HistoryQuery())][:1] == [6]
        other.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")


@pytest.mark.parametrize("purges", [False, True])
def test_purges_are_looked_for_when_the_time_for_questions_is_over(
    machine: Machine, *, purges: bool
) -> None:
    """The answer is there by then, and is given where nothing was purged."""
    other = with_an_oversight(machine)
    is_over: list[bool] = []
    late = pytest.raises(Unavailable, match="the views are from before the purge #5")
    with (
        closing(answering(machine, keep=True)) as answers,
        late if purges else nullcontext(),
        answers.reading(lambda: bool(is_over)) as moment,
    ):
        assert history(moment.reader, HistoryQuery())
        is_over.append(True)
        if purges:
            other.ok("purge", "local", "app.entry", "-m", "it was a secret", "--yes")


def test_views_that_are_behind_are_answered_from(machine: Machine) -> None:
    answers = answering(machine)
    older = machine.home / "views.db"
    shutil.copyfile(machine.folder / "store/views.db", older)
    newest = machine.history()[0]["event"]
    machine.ok("set", "local", "ports.tetra=4001")
    shutil.copyfile(older, machine.folder / "store/views.db")
    assert positions(answers)[0] == newest


def test_what_this_account_did_not_admit_is_not_answered_from(machine: Machine) -> None:
    answers = answering(machine)
    (pins,) = (machine.home / ".local/state/tetra-es").glob("*/hashes")
    whole = pins.read_bytes()
    pins.write_bytes(whole[:-32])
    with pytest.raises(Unavailable, match="was not admitted on this account"), answers.reading():
        pass
    pins.write_bytes(whole[:-32] + bytes(31) + b"x")
    with pytest.raises(IntegrityFailure, match="fork"), answers.reading():
        pass


def test_nothing_is_written(machine: Machine) -> None:
    machine.ok("promote", "dev")
    answers = answering(machine, keep=True)
    before = contents(machine)
    for _ in range(2):
        positions(answers)
        with answers.reading() as moment:
            secrets(moment.reader, "dev")
    answers.close()
    assert contents(machine) == before


def test_without_views_nothing_is_made(machine: Machine) -> None:
    answers = answering(machine)
    for path in (machine.folder / "store").glob("views.db*"):
        path.unlink()
    with pytest.raises(Unavailable, match="no views"), answers.reading():
        pass
    assert not (machine.folder / "store/views.db").exists()


def test_a_question_that_takes_too_long_is_ended(machine: Machine) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    answers = answering(machine)
    with pytest.raises(Unavailable, match="too long"), answers.reading(lambda: True) as moment:
        moment.reader.views._connection.execute(endless).fetchone()
