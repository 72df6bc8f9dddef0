"""Putting a log in a database right again, which takes the rights of its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tetra_es.errors import Refused
from tetra_es.log.port import HeadMoved
from tetra_es.log.postgres.connecting import shown, unreachable
from tetra_es.log.postgres.engine import PostgresLog
from tetra_es.log.postgres.reading import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.chain import Head

_UNSOUND: Final = """
SELECT asked.digest FROM unnest(%b) AS asked (digest)
LEFT JOIN tetra_es.bodies b ON b.digest = asked.digest
WHERE b.content IS NULL OR sha256(b.content) <> b.digest
"""
_OWNER: Final = "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'tetra_es'"


class RepairableLog(PostgresLog):
    """The log in the database at an address, with what `share repair` does there."""

    def unsound(self, digests: Sequence[bytes]) -> Iterator[bytes]:
        """Yield those of some bodies that are missing there, or were changed."""
        for at in range(0, len(digests), AT_ONCE):
            rows = self._query(_UNSOUND, ([*digests[at : at + AT_ONCE]],))
            yield from (bytes(row[0]) for row in rows)

    def move_aside(self, after: int, head: Head) -> int:
        """Move the events after a position into the table `found_events`; return how many.

        Raises `HeadMoved` where the newest is not `head`, `Refused` where the role may not.
        """
        return self._as_owner(head, "SELECT tetra_es.move_aside(%s, %s, %b)", after)

    def put_back(self, contents: Sequence[bytes], head: Head) -> int:
        """Put bodies in their places again; those that were changed are kept in `found_bodies`.

        Raises as `move_aside` does.
        """
        return self._as_owner(head, "SELECT tetra_es.put_back(%b, %s, %b)", [*contents])

    def _as_owner(self, head: Head, call: str, what: Any) -> int:
        import psycopg

        try:
            rows = self._connection.execute(call, (what, *head)).fetchall()
        except psycopg.errors.InsufficientPrivilege as error:
            owner = self._query(_OWNER)[0][0]
            raise Refused(
                f"only {owner}, who owns the schema tetra_es in {shown(self.address)}, can put "
                "it right",
                hint="somebody who signs in there as that role: `tetra-es share repair`",
            ) from error
        except psycopg.Error as error:
            raise unreachable(self.address, error) from error
        if rows[0][0] is None:
            raise HeadMoved(head, self.head())
        return int(rows[0][0])
