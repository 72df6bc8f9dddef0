"""The library's application over the log's file: wires recorder, mapper and repository.

Its `save`, its snapshots and its notifications are not used: what is appended goes through the
port, linked and signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from eventsourcing.application import AggregateNotFoundError

from tetra_es.errors import IntegrityFailure
from tetra_es.log.library import CanonicalApplication
from tetra_es.log.mapper import EventMapper
from tetra_es.log.sqlite.recorder import LogFactory, LogRecorder
from tetra_es.model.aggregate import Aggregate

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable
    from pathlib import Path

    from eventsourcing.persistence import Mapper
    from eventsourcing.utils import Environment as Settings

    from tetra_es.events.base import Event

AggregateType = TypeVar("AggregateType", bound=Aggregate)


class LogApplication(CanonicalApplication):
    """Loads aggregates from the log's file."""

    def __init__(
        self,
        path: Path,
        *,
        create: bool = False,
        body: Callable[[bytes], bytes | None] = lambda _: None,
        purged: Callable[[], Container[bytes]] = tuple,
    ) -> None:
        self._body, self._purged = body, purged
        super().__init__(
            {
                "SQLITE_DBNAME": path.absolute().as_uri(),
                "ORIGINATOR_ID_TYPE": "text",
                "CREATE_TABLE": "y" if create else "n",
            }
        )

    @property
    def log_recorder(self) -> LogRecorder:
        """The recorder, as what it is."""
        if not isinstance(self.recorder, LogRecorder):
            raise TypeError(self.recorder)
        return self.recorder

    def construct_factory(self, env: Settings) -> Any:
        """Return our infrastructure."""
        return LogFactory(env)

    def construct_mapper(self) -> Mapper[str]:
        """Return what maps by our table of topics."""
        return EventMapper(self.construct_transcoder(), self._body, self._purged)

    def load(
        self, cls: type[AggregateType], stream: str, known: AggregateType | None = None
    ) -> AggregateType:
        """Return an aggregate as the events of its stream that count make it; version 0 for none.

        `known` is the same at an earlier version, and is used up. Raises `IntegrityFailure` where
        they cannot be read.
        """
        try:
            if known is not None:
                return known.fold(cast("Any", self.events.get(stream, gt=known.version)))
            projector = cast("Any", _projector(cls))
            return cast("AggregateType", self.repository.get(stream, projector_func=projector))
        except AggregateNotFoundError:
            return cls(stream)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IntegrityFailure(
                f"{stream} cannot be read: {str(error) or type(error).__name__}",
                hint="run `tetra-es verify` to find out what was changed",
            ) from error


def _projector(cls: type[AggregateType]) -> Callable[[AggregateType | None, Iterable[Event]], Any]:
    """Return the function that the library folds events with: twice as fast as its default."""

    def project(aggregate: AggregateType | None, events: Iterable[Event]) -> AggregateType | None:
        for event in events:
            aggregate = aggregate or cls(event.originator_id)
            aggregate.apply(event)
        return aggregate

    return project
