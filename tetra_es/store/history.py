"""The event-sourced application: load aggregates, save what they decided.

All types of the event-sourcing library stay in this package, so that a later move to another
version or library touches nothing else.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from eventsourcing.application import AggregateNotFoundError, ProcessingEvent
from eventsourcing.persistence import (
    IntegrityError,
    Mapper,
    PersistenceError,
    RecordConflictError,
    Recording,
)

from tetra_es.errors import IntegrityFailure
from tetra_es.events.config import ORG_STREAM
from tetra_es.log.deciding import ConflictError
from tetra_es.log.library import CanonicalApplication
from tetra_es.log.sqlite import wal
from tetra_es.log.sqlite.connecting import unreadable
from tetra_es.model.aggregate import Aggregate
from tetra_es.model.environment import Environment, environment_stream
from tetra_es.model.host import HostState, deployments_stream
from tetra_es.model.organization import Organization
from tetra_es.store.log import EventLog
from tetra_es.store.mapper import AggregateSnapshot, SnapshotMapper
from tetra_es.store.recorder import ChainRecorder, HistoryFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from eventsourcing.utils import Environment as Settings

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.events.base import Event

AggregateType = TypeVar("AggregateType", bound=Aggregate)
Result = TypeVar("Result")

SNAPSHOT_INTERVAL = 100
"""Events of an aggregate between two snapshots."""

ATTEMPTS = 10
"""Times that a command is decided again when others saved in between."""


def _projector(cls: type[AggregateType]) -> Callable[[AggregateType | None, Iterable[Event]], Any]:
    """Return the function that the library folds events with: twice as fast as its default."""

    def project(aggregate: AggregateType | None, events: Iterable[Event]) -> AggregateType | None:
        for event in events:
            if aggregate is None:
                aggregate = cls(event.originator_id)
            if isinstance(event, AggregateSnapshot):
                aggregate.restore(event.originator_version, event.state)
            else:
                aggregate.apply(event)
        return aggregate

    return project


class _Application(CanonicalApplication):
    """The library's application on our factory, mapper and snapshots."""

    snapshot_class = cast("Any", AggregateSnapshot)
    snapshotting_intervals: ClassVar[dict[Any, int]] = {
        Organization: SNAPSHOT_INTERVAL,
        Environment: SNAPSHOT_INTERVAL,
        HostState: SNAPSHOT_INTERVAL,
    }
    snapshotting_projectors: ClassVar[dict[Any, Any]] = {
        Organization: _projector(Organization),
        Environment: _projector(Environment),
        HostState: _projector(HostState),
    }

    def construct_factory(self, env: Settings) -> Any:
        return HistoryFactory(env)

    def construct_mapper(self) -> Mapper[str]:
        return SnapshotMapper(self.construct_transcoder())

    def save(self, *objs: Any, **kwargs: Any) -> list[Recording[str]]:
        """Record the pending events of aggregates, as the library does, which finds out by runtime
        protocols, slowly, that they are aggregates."""
        pending: ProcessingEvent[str] = ProcessingEvent()
        pending.saved_kwargs.update(kwargs)
        for aggregate in objs:
            pending.events += aggregate.collect_events()
            pending.aggregates[aggregate.id] = aggregate
        recordings = self._record(pending)
        self._take_snapshots(pending)
        return recordings

    def _take_snapshots(self, processing_event: Any) -> None:
        """Take snapshots if possible: the events are saved already, and a snapshot that another
        process took first, or a full disk, must not make the command look failed."""
        with suppress(PersistenceError):
            super()._take_snapshots(processing_event)


class History:
    """The store, for writing. Use as a context manager."""

    def __init__(self, path: Path, key: SigningKey, *, create: bool = False) -> None:
        """Open the store at `path`; `create` makes the tables of a new one.

        What a killed command left in the write-ahead log is brought into the store's file.
        Raises `TetraEsError` when it is missing, newer than this tool or unusable.
        """
        self.path = path
        if not create:
            EventLog(path).close()
            if wal.is_filled(path):
                wal.empty(path)
        with self._errors():
            self._application = _Application(
                {
                    "SQLITE_DBNAME": path.absolute().as_uri(),
                    "ORIGINATOR_ID_TYPE": "text",
                    "IS_SNAPSHOTTING_ENABLED": "y",
                    "CREATE_TABLE": "y" if create else "n",
                }
            )
        recorder = self._application.recorder
        if not isinstance(recorder, ChainRecorder):
            raise TypeError(recorder)
        recorder.signing_key = key

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._application.close()

    def organization(self) -> Organization:
        """Return the organization as it is now; version 0 where there is none yet."""
        return self._get(Organization, ORG_STREAM)

    def environment(self, name: str) -> Environment:
        """Return the environment as it is now; version 0 where it has no state yet."""
        return self._get(Environment, environment_stream(name))

    def host(self, environment: str, host: str) -> HostState:
        """Return an environment on a host as it is now; version 0 where it was never deployed."""
        return self._get(HostState, deployments_stream(environment, host))

    def save(
        self,
        *aggregates: Aggregate,
        ciphertexts: Sequence[bytes] = (),
        purged: Sequence[bytes] = (),
    ) -> list[int]:
        """Append the pending events of the aggregates in one transaction.

        In the same transaction, `ciphertexts` enter the content-addressed table, and those
        whose digests are `purged` are destroyed.

        Returns their positions, durable on disk. Raises the library's `IntegrityError` when
        somebody else saved to one of the streams; see `retrying`.
        """
        with self._errors():
            recordings = self._application.save(
                *cast("Any", aggregates), ciphertexts=ciphertexts, purged=purged
            )
        if purged:
            wal.empty(self.path)
        return [int(recording.notification.id) for recording in recordings]

    def retrying(self, command: Callable[[], Result]) -> Result:
        """Run `command`, which loads, decides and saves, again while others get in between.

        After a failed save an aggregate is stale and its pending events are gone, so nothing
        less than the whole command can be repeated.
        """
        for _ in range(ATTEMPTS):
            try:
                return command()
            except RecordConflictError:
                continue
        raise ConflictError(
            f"gave up after {ATTEMPTS} attempts: others keep changing the same thing",
            hint="try again; nothing was recorded",
        )

    def _get(self, cls: type[AggregateType], stream: str) -> AggregateType:
        with self._errors():
            try:
                return cast(
                    "AggregateType",
                    self._application.repository.get(
                        stream, projector_func=cast("Any", _projector(cls))
                    ),
                )
            except AggregateNotFoundError:
                return cls(stream)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise IntegrityFailure(
                    f"{stream} cannot be read: {str(error) or type(error).__name__}",
                    hint="run `tetra-es verify` to find out what was changed",
                ) from error

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (PersistenceError, sqlite3.Error) as error:
            cause = error if isinstance(error, sqlite3.Error) else error.__cause__
            if not isinstance(cause, sqlite3.Error):
                cause = sqlite3.OperationalError(str(error))
            raise unreadable(self.path, cause) from error
