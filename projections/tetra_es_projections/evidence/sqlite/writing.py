"""Writing the file. The same history gives the same bytes, by the same version of SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tetra_es import __version__
from tetra_es.errors import Refused, TetraEsError
from tetra_es.events.secrets import (
    RecipientAdded,
    RecipientRemoved,
    SecretCompromised,
    SecretPurged,
    SecretSet,
)
from tetra_es.events.told import told
from tetra_es.integrity.extension import origin_at, tree_of
from tetra_es.integrity.signers import terms
from tetra_es.log import canonical
from tetra_es.log.replica import valid_events
from tetra_es.refs import PositionRef
from tetra_es_projections.evidence import tables
from tetra_es_projections.evidence.sqlite.questions import QUESTIONS
from tetra_es_projections.evidence.sqlite.schema import TABLES
from tetra_es_projections.queries.findings import findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tetra_es_projections.queries.reader import Reader

_COPIED = {
    # It counts from its effective time or a later event's, as `queries.tables.counting` has it.
    "events": "SELECT e.position, e.time, coalesce(min(e.effective, min(CASE WHEN e.era IS NOT 0 "
    "THEN e.effective END) OVER (ORDER BY e.position DESC)), e.effective), "
    "e.actor, e.environment, e.revision, "
    "e.topic, e.summary, e.reason, e.stream, lower(hex(e.hash)), e.void, e.part_of, "
    "lower(hex(c.id)), coalesce(p.changes, p.text) FROM views.events e "
    "LEFT JOIN views.commits c ON c.position = e.position "
    "LEFT JOIN views.purged p ON p.position = e.position "
    "WHERE e.position <= :last ORDER BY e.position",
    "changes": "SELECT c.position, l.file, l.key, c.before, c.after, NULL, NULL "
    "FROM views.changes c JOIN views.latest l ON l.id = c.item "
    "UNION ALL SELECT position, file, NULL, NULL, NULL, changes, NULL "
    "FROM views.purged WHERE changes IS NOT NULL "
    "UNION ALL SELECT i.last, l.file, l.key, i.before, i.after, p.changes, i.first "
    "FROM views.inferred i JOIN views.latest l ON l.id = i.item "
    "JOIN views.purged p ON p.position = i.last ORDER BY 1, 2, 3",
    "deployments": "SELECT position, environment, host, revision, actor, reason, time, outcome, "
    "step, cause, ended, ended_time, code, secrets, machine, observed FROM views.deployments "
    "ORDER BY position",
    "operations": "SELECT position, environment, host, word, services, time, actor, reason "
    "FROM views.operations ORDER BY position",
}
"""What the views have already."""


def write_sqlite(reader: Reader, file: Path) -> int:
    """Write the tables to an empty file; return how many events they have.

    Raises `Refused` for an organization of the first edition, `TetraEsError`.
    """
    if reader.log.state_folder() is None:
        raise Refused(
            "the organization is one of the first edition",
            hint="`tetra-es upgrade` brings it to the rules of this one",
        )
    try:
        uri = file.absolute().as_uri()  # so that the views can be opened to be read alone
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            return _Writer(reader, connection).written()
    except sqlite3.Error as error:
        raise TetraEsError(f"cannot write the tables: {error}") from error


class _Writer:
    """One file that is being written."""

    def __init__(self, reader: Reader, connection: sqlite3.Connection) -> None:
        self._reader, self._log, self._connection = reader, reader.log, connection
        self._last = self._log.last_position()

    def written(self) -> int:
        execute = self._connection.execute
        execute("PRAGMA journal_mode = OFF")
        self._attach_views()
        execute("BEGIN")
        for table in TABLES:
            for statement in table.statements:
                execute(statement)
        for name, sql in _COPIED.items():
            execute(f"INSERT INTO {name} {sql}", {"last": self._last})
        execute("DELETE FROM changes WHERE position > ?", (self._last,))
        times = dict(execute("SELECT position, time FROM events"))
        self._insert("states", self._states())
        self._insert("signers", self._signers(times))
        self._insert("recipients", self._recipients(times))
        self._insert("secrets", self._secrets(times))
        self._insert("findings", self._findings())
        rows = ((number, *one) for number, one in enumerate(QUESTIONS, 1))
        self._insert("questions", rows)
        self._insert("about", self._about(times))
        execute("COMMIT")
        execute("DETACH views")
        return len(times)

    def _attach_views(self) -> None:
        """Have what is copied at hand, also where SQLite cannot make its files beside the views."""
        path, execute = self._reader.layout.views, self._connection.execute
        try:
            execute("ATTACH ? AS views", (f"{path.absolute().as_uri()}?mode=ro",))
        except sqlite3.OperationalError:
            execute("ATTACH ':memory:' AS views")
            image = bytearray(self._reader.views.connection.serialize())
            image[18:20] = b"\1\1"  # they have no write-ahead log in memory
            self._connection.deserialize(bytes(image), name="views")

    def _insert(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        columns = next(len(one.columns) for one in TABLES if one.name == table)
        marks = ",".join("?" * columns)
        self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def _states(self) -> Iterator[tuple[Any, ...]]:
        for record in self._log.records(upto=self._last):
            state = canonical.decode(record.state)
            if "text" not in state or self._log.void(record.position) is not None:
                continue
            text = state["text"]
            purge = None
            if "rules" in state["metadata"]:  # from there on it is the digest of a body
                digest = bytes.fromhex(text)
                body = self._log.body(digest)
                text = None if body is None else body.decode()
                if body is None:
                    purge = self._log.what_purged(digest, record.position)
            file = tables.file_of(record.topic, state)
            at = (record.position, told(state).time)
            revision, source = state.get("revision", 1), state.get("source_revision")
            yield file, revision, *at, source, text, purge and purge.event

    def _signers(self, times: dict[int, str]) -> Iterator[tuple[Any, ...]]:
        for row in tables.signer_rows(terms(self._log, self._last), times):
            may = row["may"]
            may = ", ".join(may) if isinstance(may, list) else may
            yield tuple({**row, "may": may}[column] for column in tables.SIGNERS)

    def _recipients(self, times: dict[int, str]) -> Iterator[tuple[Any, ...]]:
        topics = (RecipientAdded.TOPIC, RecipientRemoved.TOPIC)
        found: list[list[Any]] = []
        for record, event in valid_events(self._log, self._log.of_topics(topics, self._last)):
            at = [record.position, times[record.position]]
            if isinstance(event, RecipientAdded):
                found.append([event.environment, event.name, event.recipient, *at, None, None])
            elif isinstance(event, RecipientRemoved):
                for one in found:
                    if one[:2] == [event.environment, event.name] and one[5] is None:
                        one[5:] = at
        yield from map(tuple, found)

    def _secrets(self, times: dict[int, str]) -> Iterator[tuple[Any, ...]]:
        topics = (SecretSet.TOPIC, SecretCompromised.TOPIC, SecretPurged.TOPIC)
        found: dict[tuple[str, str, int], list[Any]] = {}
        for record, event in valid_events(self._log, self._log.of_topics(topics, self._last)):
            if not isinstance(event, SecretSet | SecretCompromised | SecretPurged):
                continue
            key = event.environment, event.key, event.version
            if isinstance(event, SecretSet):
                who = event.metadata["actor"], event.metadata["reason"]
                found[key] = [*key, record.position, times[record.position], *who, None, None]
            elif key in found:
                found[key][-2 if isinstance(event, SecretCompromised) else -1] = record.position
        yield from map(tuple, found.values())

    def _findings(self) -> Iterator[tuple[Any, ...]]:
        for one in findings(self._reader, ref=PositionRef(self._last)):
            row = one._asdict()
            yield tuple(row[name] for name in ("kind", "environment", "event", "subject", "what"))

    def _about(self, times: dict[int, str]) -> Iterator[tuple[Any, ...]]:
        origin, tree = origin_at(self._log), tree_of(self._log, self._last)
        head = next(self._log.records(self._last - 1, self._last))
        yield "organization", origin.split("/")[1]
        yield "origin", origin
        yield "head", str(self._last)
        yield "hash", head.hash.hex()
        yield "time", times[self._last]
        yield "root", tree.root().hex()
        yield "tetra_es", __version__
