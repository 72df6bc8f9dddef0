"""The log in a PostgreSQL database; see `log.port`."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from tetra_es.disk.closing import Closing
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.log.chain import START, Head
from tetra_es.log.fitness import check_body, check_records
from tetra_es.log.port import HeadMoved, Unfit, Unknown
from tetra_es.log.postgres.connecting import (
    checked,
    connect,
    readable_errors,
    shown,
    unreachable,
)
from tetra_es.log.postgres.limits import SILENCE, SILENCE_INTERRUPTED
from tetra_es.log.postgres.reading import HINT, bodies_of, page_of
from tetra_es.log.postgres.schema import CREATE, GRANT, GRANT_PURGE, VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from psycopg.errors import Diagnostic, Error

    from tetra_es.log.postgres.patience import Patient
    from tetra_es.log.record import Record

_APPEND: Final = f"SELECT head, head_hash FROM tetra_es.append(%s, %b{', %b' * 7})"

_READ_ONLY: Final = "25006"
_ENDING: Final = ("57P", "08")
"""Errors of a server that shuts down, which may come while a commit waits for a standby, and of
what stands before a server and lost it."""
_PAUSE: Final = 0.05


_CRASHES: Final = ("PANIC", "FATAL")
"""Severities of errors that end the session: of a commit, nobody can tell whether it stands."""


class PostgresLog(Closing):
    """The log in the database at an address; see `log.port.AppendableLog`."""

    def __init__(self, address: str) -> None:
        """Nothing is asked yet. Raises `UsageError` for another text."""
        self.address = address
        self._opened: Patient | None = None
        self._silence = SILENCE
        self._warned = False
        self._doubted = False
        """Whether a commit was not waited for to its end."""
        checked(address)

    @property
    def _connection(self) -> Patient:
        if self._opened is None or self._opened.closed:
            self._opened = connect(self.address, self._silence)
            self._opened.add_notice_handler(self._note)
        self._opened.silence = self._silence
        return self._opened

    def _note(self, notice: Diagnostic) -> None:
        """Hear of a warning: the wait for a standby was cancelled, and the commit stands here."""
        if notice.severity_nonlocalized == "WARNING":
            self._warned = True

    def close(self) -> None:
        """Let go of the connection."""
        if self._opened is not None:
            self._opened.close()

    @property
    def is_made(self) -> bool:
        """Whether there is a log in the database. Raises `TetraEsError` for that of a newer one."""
        found = self._query("SELECT to_regprocedure('tetra_es.version()') IS NOT NULL")
        if not found[0][0]:
            return False
        version = self._query("SELECT tetra_es.version()")[0][0]
        if version != VERSION:
            raise TetraEsError(
                f"the log in {shown(self.address)} was made by another tetra-es (its schema is "
                f"{version})",
                hint="upgrade tetra-es",
            )
        return True

    def make(self) -> None:
        """Make an empty log in the database. Raises `TetraEsError`."""
        encoding = self._query("SHOW server_encoding")[0][0]
        if encoding != "UTF8":
            raise TetraEsError(
                f"{shown(self.address)} has the encoding {encoding}, which has no room for all "
                "that people write",
                hint="share by a database that was made with ENCODING 'UTF8'",
            )
        with readable_errors(self.address), self._connection.transaction():
            self._connection.execute(CREATE)

    def grant(self, role: str, *, purge: bool = False) -> None:
        """Let a role read and append; with `purge`, destroy purged bodies too."""
        from psycopg import sql

        with readable_errors(self.address), self._connection.transaction():
            for statement in (*GRANT, *((GRANT_PURGE,) if purge else ())):
                self._connection.execute(sql.SQL(statement).format(sql.Identifier(role)))

    def head(self) -> Head:
        """Return the newest event's position and hash, `START` where there is none."""
        rows = self._query(
            "SELECT position, hash FROM tetra_es.events ORDER BY position DESC LIMIT 1"
        )
        return Head(rows[0][0], bytes(rows[0][1])) if rows else START

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order and without gaps."""
        end = self.head().position if upto is None else min(upto, self.head().position)
        while after < end:
            page = page_of(self._query, after, end)
            for record in page:
                if record.position != after + 1:
                    break
                yield record
                after = record.position
            else:
                if page:
                    continue
            raise IntegrityFailure(
                f"event #{after + 1} is missing in {shown(self.address)}", hint=HINT
            )

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        return next(self.bodies([digest]))[1]

    def bodies(self, digests: Iterable[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield each digest with its body, in order: as `body` does for one, and many at a time."""
        return bodies_of(self._query, digests, shown(self.address))

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position.

        Raises `Unknown` where it is, and may be lost with the server that has it.
        """
        if at == START:
            return True
        question = "SELECT FROM tetra_es.events WHERE position = %s AND hash = %b"
        found = bool(self._query(question, (at.position, at.hash)))
        if found and self._doubted:
            self._wait_for_standby()
        return found

    def wait(self, after: int, timeout: float) -> bool:
        """Wait for an event at a position higher than `after`; False after `timeout` seconds."""
        end = monotonic() + timeout
        while self.head().position <= after:
            left = end - monotonic()
            if left <= 0:
                return False
            sleep(min(_PAUSE, left))
        return True

    def append(
        self, after: Head, records: Sequence[Record], *, bodies: Iterable[bytes] = ()
    ) -> None:
        """Append all the records and bodies, or none; durable on return. See the port."""
        check_records(after, records)
        kept = list(bodies)
        for body in kept:
            check_body(body)
        columns = ("stream", "version", "topic", "state", "hash", "signature")
        values = [[getattr(record, name) for record in records] for name in columns]
        moved = self._appended((after.position, after.hash, *values, kept))
        if moved:
            raise HeadMoved(after, Head(moved[0][0], bytes(moved[0][1])))
        if self._warned:
            self._doubted = True
            raise Unknown(f"{shown(self.address)} did not wait for its standby")

    def purge(self, digests: Collection[bytes]) -> bool:
        """Destroy bodies that purge events of the log name. See the port.

        Returns False where the role may not, and all of them are there still.
        """
        import psycopg

        try:
            self._connection.execute("SELECT tetra_es.purge(%b)", ([*digests],))
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.DataError as error:
            raise Unfit(str(error.diag.message_primary)) from error
        except psycopg.Error as error:
            raise unreachable(self.address, error) from error
        return True

    def stored(self, digests: Collection[bytes]) -> list[bytes]:
        """Return those of some bodies that are there."""
        question = (
            "SELECT digest FROM tetra_es.bodies WHERE digest = ANY(%b) AND content IS NOT NULL"
        )
        return [bytes(row[0]) for row in self._query(question, ([*digests],))]

    def _appended(self, arguments: tuple[Any, ...]) -> list[Any]:
        """Call the function; return the head, where it is another one."""
        import psycopg

        self._warned = False
        connection = self._connection
        try:
            return connection.execute(_APPEND, arguments).fetchall()
        except KeyboardInterrupt:
            self._silence = SILENCE_INTERRUPTED
            self._doubted = True  # it may have been a wait for the standby
            raise
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise Unfit(str(error.diag.message_primary)) from error
        except psycopg.Error as error:
            state = error.sqlstate or ""
            if state == _READ_ONLY:  # another server is the primary now
                connection.close()
                raise HeadMoved(Head(*arguments[:2]), self.head()) from error
            if not state or state.startswith(_ENDING) or _ended_server(error):
                connection.close()
                self._doubted = True
                raise Unknown(f"{shown(self.address)} did not answer") from error
            raise unreachable(self.address, error) from error

    def _wait_for_standby(self) -> None:
        """Commit something that waits as an append does. Raises `Unknown` where that is cut off."""
        self._warned = False
        self._query("SELECT pg_logical_emit_message(true, 'tetra-es', '')")
        if self._warned:
            raise Unknown(f"{shown(self.address)} did not wait for its standby")
        self._doubted = False

    def _query(self, question: str, arguments: tuple[Any, ...] = ()) -> list[Any]:
        """Return the rows of an answer; asked once more where the connection was lost."""
        import psycopg

        for again in (True, False):
            connection = self._connection
            try:
                return connection.execute(question, arguments or None, binary=True).fetchall()
            except psycopg.OperationalError as error:
                connection.close()
                if not again or connection.gave_up:
                    raise unreachable(self.address, error) from error
            except psycopg.Error as error:
                raise unreachable(self.address, error) from error
        raise AssertionError


def _ended_server(error: Error) -> bool:
    """Return whether a server gave up, such as on a disk that its log cannot be written to."""
    return error.diag.severity_nonlocalized in _CRASHES
