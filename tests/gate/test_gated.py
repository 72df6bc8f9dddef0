"""Recording through the gate, in SQLite: what is void never gets in, others' events are seen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.gate.histories import ALICE, History
from tests.gate.logs import Account
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.gate import Gate
from tetra_es.gate.gated import GatedLog
from tetra_es.gate.opening import open_organization
from tetra_es.gate.pins.pins import Pins
from tetra_es.gate.pins.standing import Standing
from tetra_es.gate.reader import AdmittedLog
from tetra_es.gate.verdicts import Kind
from tetra_es.log import canonical
from tetra_es.log.chain import START
from tetra_es.log.deciding import Decision, record
from tetra_es.log.linking import Draft, link
from tetra_es.log.port import HeadMoved, Unfit
from tetra_es.log.sqlite.engine import AppendableSqliteLog, create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tetra_es.log.record import Record


class Site:
    """A log in SQLite, a state folder, and somebody who writes events for it."""

    def __init__(self, path: Path) -> None:
        self.log = AppendableSqliteLog(path / "events.db")
        self.account = Account(path)
        self.history = History()
        self.log.append(START, self.history.log.all, bodies=self.history.log.bodies.values())
        self.opened = open_organization(self.log, self.account.folder, "folder /acme")
        self.gated = GatedLog(self.log, self.opened)

    def prepared(self, *drafts: Draft, by: str = "alice") -> tuple[list[Record], list[bytes]]:
        bodies = [
            self.history.log.bodies[bytes.fromhex(state[name])]
            for state in (canonical.decode(draft.state) for draft in drafts)
            for name in ("text", "changes", "rules")
            if name in state
        ]
        return self.history.linked(*drafts, by=by), bodies

    def record(self, *drafts: Draft, by: str = "alice") -> None:
        records, bodies = self.prepared(*drafts, by=by)
        self.gated.append(self.history.log.head, records, bodies=bodies)
        self.follow(records)

    def follow(self, records: list[Record]) -> None:
        """Let the writer know of events that are in."""
        self.history.log.all += records
        for verdict in self.history.gate.admit(records):
            assert verdict.admitted
            state = canonical.decode(verdict.record.state)
            if verdict.kind is Kind.VALID and "text" in state:
                text = self.history.log.bodies[bytes.fromhex(state["text"])].decode()
                self.history.texts[str(state.get("environment", "manifest"))] = text


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    create(tmp_path / "events.db")
    site = Site(tmp_path)
    yield site
    site.gated.close()


def test_what_is_valid_is_recorded_and_pinned(site: Site) -> None:
    site.record(site.history.edited("[a]\nx = 1"), site.history.signer_added("bob"))
    assert site.log.head() == site.opened.gate.state.head == site.opened.pins.head
    assert site.log.head().position == 4
    again = open_organization(site.log, site.account.folder, "folder /acme", recording=True)
    assert again.standing is Standing.LEVEL
    reader = AdmittedLog(site.log, again.gate.state, again.hash_at)
    assert list(reader.records()) == site.history.log.all
    assert [r.position for r in reader.of_stream("org", descending=True)] == [4, 1]


def test_what_is_void_or_refused_is_not(site: Site) -> None:
    head = site.log.head()
    site.history.lawful(site.history.signer_added("bob", []))
    records = site.history.log.all[2:]
    site.gated.append(head, records)
    head = site.log.head()
    records, bodies = site.prepared(site.history.edited("[a]"), by="bob")
    with pytest.raises(Refused, match="bob may not record this"):
        site.gated.append(head, records, bodies=bodies)
    records, bodies = site.prepared(site.history.edited("[a]"))
    with pytest.raises(Unfit, match="is missing"):
        site.gated.append(head, records)
    with pytest.raises(Unfit, match="batch"):
        site.gated.append(head, [])
    assert site.log.head() == head == site.opened.pins.head
    site.gated.append(head, records, bodies=bodies)


def test_others_get_in_between(site: Site, tmp_path: Path) -> None:
    """Bob decides, alice removes him, and what he decided is refused when it is decided again."""
    site.record(site.history.signer_added("bob"))
    with AppendableSqliteLog(tmp_path / "events.db") as other:
        removed = site.prepared(site.history.signer_removed("bob"))[0]
        mine, bodies = site.prepared(site.history.edited("[b]\nx = 1"), by="bob")
        other.append(site.history.log.head, removed)
        with pytest.raises(HeadMoved):
            site.gated.append(site.history.log.head, mine, bodies=bodies)
        assert site.opened.gate.state.head.position == 3
        assert site.gated.catch_up() == []
        assert site.opened.pins.head == other.head()
        site.follow(removed)
        late, bodies = site.prepared(site.history.edited("[b]\nx = 1"), by="bob")
        with pytest.raises(Unfit, match="bob was not a signer"):
            site.gated.append(other.head(), late, bodies=bodies)
        assert other.head() == site.opened.pins.head


def test_it_serves_those_who_decide_and_record(site: Site) -> None:
    heads = []

    def decide() -> Decision[int]:
        site.gated.catch_up()
        head = site.opened.gate.state.head
        heads.append(head.position)
        mine, theirs = (
            numbered(site.history, f"[{name}{head.position}]\nx = 1") for name in ("mine", "theirs")
        )
        bodies = list(site.history.log.bodies.values())
        if len(heads) == 1:  # somebody else appends meanwhile
            others = link(head, [theirs], ALICE)
            site.log.append(head, others, bodies=bodies)
            site.follow(others)
        return Decision(head, [mine], bodies, len(heads))

    done = record(site.gated, ALICE, decide)
    assert heads == [2, 3]
    assert (done.result, done.records[0].position) == (2, 4)
    assert site.log.head() == done.records[-1].head == site.opened.pins.head


def numbered(history: History, line: str) -> Draft:
    """Return an edit as it is stored in a batch of its own."""
    one = history.linked(history.edited(line))[0]
    return Draft(one.stream, one.version, one.topic, one.state)


def test_only_valid_purges_destroy(site: Site) -> None:
    text = site.history.gate.state.environment("local").newest
    assert text
    draft = site.history.event("bodies.purged", "org", digests=[text.digest.hex()], named_by=[])
    records = site.prepared(draft)[0]
    site.log.append(site.history.log.head, records)
    assert [each.kind for each in site.gated.catch_up()] == [Kind.VOID]
    with pytest.raises(Unfit, match="no valid purge event"):
        site.gated.purge([text.digest])
    assert site.gated.body(text.digest)


def test_pins_that_cannot_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is in: that is what counts, and the next command pins it."""

    def full(*_: object) -> None:
        raise TetraEsError("cannot write: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Pins, "append", full)
        site.record(site.history.edited("[a]\nx = 1"))
        assert site.gated.warnings == ["cannot write: No space left on device"]
        assert site.opened.hash_at(3) == site.log.head().hash
    assert site.opened.pins.head.position == 2
    site.record(site.history.edited("[b]\nx = 1"))
    assert site.opened.pins.head == site.log.head()


def test_nothing_is_recorded_behind_or_after_a_refused_event(site: Site) -> None:
    head = site.log.head()
    torn = site.prepared(site.history.edited("[a]"), site.history.signer_added("bob"))
    site.log.append(head, torn[0][:1], bodies=torn[1])
    with pytest.raises(IntegrityFailure, match="#3 is refused"):
        site.gated.catch_up()
    records, bodies = site.prepared(site.history.edited("[b]"))
    with pytest.raises(IntegrityFailure, match="#3 is refused"):
        site.gated.append(head, records, bodies=bodies)


def test_the_gate_reads_what_it_admits(site: Site) -> None:
    site.record(site.history.promoted("dev"))
    verdicts = list(Gate(site.log).admit(site.log.records()))
    assert [each.kind for each in verdicts] == [Kind.VALID] * 3


INSERT = "INSERT INTO events"
PLANTED = "'env:prod', 1, topic, state, zeroblob(32), signature FROM events LIMIT 1"


def plant(path: Path, *statements: str) -> None:
    """Change the file as somebody who can write it would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        for (name,) in rows.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        f"{INSERT} SELECT -5, {PLANTED}",
        f"{INSERT} SELECT 9, {PLANTED}",
        "UPDATE events SET version = 9 WHERE position = 3",
        "UPDATE events SET stream = 'env:dev', version = 2 WHERE position = 3",
        "UPDATE events SET topic = 'environment.imported' WHERE position = 3",
        "UPDATE events SET state = CAST(replace(state, 'alice', 'mallo') AS BLOB)",
        "UPDATE events SET hash = zeroblob(32) WHERE position = 3",
        "DELETE FROM events WHERE position = 3",
        "DELETE FROM events WHERE position = 4",
    ],
)
def test_planted_rows(site: Site, tmp_path: Path, statement: str) -> None:
    """Each question has its old answer, or none."""
    site.record(site.history.edited("[a]\nx = 1"))
    site.record(site.history.promoted("dev"))
    opened = open_organization(site.log, site.account.folder, "folder /acme")
    reader = AdmittedLog(site.log, opened.gate.state, opened.hash_at)
    questions: list[Callable[[], object]] = [
        lambda: list(reader.records()),
        lambda: list(reader.of_stream("env:dev")),
        lambda: list(reader.of_stream("env:local", descending=True)),
        lambda: list(reader.of_stream("env:prod")),
        lambda: reader.record(3),
        lambda: reader.record(-5),
    ]
    before = [ask() for ask in questions]
    plant(tmp_path / "events.db", statement)
    refused = 0
    for ask, answer in zip(questions, before, strict=True):
        try:
            assert ask() == answer
        except IntegrityFailure:
            refused += 1
    assert bool(refused) != statement.startswith(INSERT)
