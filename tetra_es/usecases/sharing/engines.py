"""Which kind of log an address is that of."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.log.postgres import connecting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import SharedLog
    from tetra_es.usecases.ports import DerivedOfCopy, HistoryCopy, SharingProjections


def shared_log(
    replica: Replica, projections: SharingProjections, address: str, mark: str = ""
) -> SharedLog:
    """Return the log at an address, as of `mark`: a PostgreSQL database, or a git repository.

    Raises `UsageError` for another text.
    """
    if not connecting.is_database(address):
        return projections.shared_log(address, mark)
    from tetra_es.usecases.sharing.database import SharedDatabase

    return SharedDatabase(address, replica)


class Answer(NamedTuple):
    """How the log at an address stands to what is here."""

    is_level: bool
    """Whether it has just the events that are here."""
    keeping_purged: Sequence[str]
    """The branches there that keep what was purged."""


def ask(replica: Replica, projections: SharingProjections, address: str) -> Answer:
    """Ask the log at an address how it stands; change nothing. Raises `TetraEsError`."""
    with closing(shared_log(replica, projections, address)) as log:
        return Answer(log.is_level(), log.keeping_purged())


@contextmanager
def any_copy(place: str, derived: DerivedOfCopy) -> Iterator[HistoryCopy]:
    """Open a copy of a history: a database, or what `DerivedOfCopy.copy_at` takes."""
    if connecting.is_database(place):
        with copy_at(place, derived) as (_, shared):
            yield shared
    else:
        with derived.copy_at(place) as copy:
            yield copy


@contextmanager
def copy_at(address: str, derived: DerivedOfCopy) -> Iterator[tuple[str, HistoryCopy]]:
    """Open what is shared at an address; yield that, as it is kept, too. Raises `TetraEsError`."""
    if not connecting.is_database(address):
        with derived.shared_copy(address) as (where, copy):
            yield where, copy
        return
    from tetra_es.log.postgres.engine import PostgresLog
    from tetra_es.usecases.sharing.database import DatabaseCopy

    with PostgresLog(address) as log:
        if not log.is_made:
            raise TetraEsError(
                f"there is no history in {connecting.shown(address)}",
                hint="`tetra-es share URL` puts one there, where it is",
            )
        yield address, DatabaseCopy(log)
