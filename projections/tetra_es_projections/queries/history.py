"""The events that a person asks for."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from typing import TYPE_CHECKING, NamedTuple

from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.history_steps import with_ends

if TYPE_CHECKING:
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import KeyEventRow


class HistoryQuery(NamedTuple):
    """Which events; None lets all pass."""

    environment: str | None = None
    key: str | None = None
    """A dotted key; those below it count too."""
    actor: str | None = None
    topic: str | None = None
    since: str | None = None
    """A date or time, as typed; a date counts from its first moment."""
    until: str | None = None
    """A date or time, as typed; a date counts to its last moment."""
    limit: int | None = None
    steps: bool = False
    """Whether the steps of deployments are wanted, below their line."""

    @property
    def names_a_step(self) -> bool:
        """Whether the events of deployments are asked for, by their type."""
        return f"{self.topic}.".startswith("deployment.") and self.topic != "deployment.started"


def history_rows(reader: "Reader", query: HistoryQuery) -> "list[EventRow] | list[KeyEventRow]":
    """Return the events, newest first; with `key`, its value before and after too.

    A deployment is one line, its first event, which says how it ended.

    Raises `UsageError` for an unknown environment and what is not a time.
    """
    rows = reader.views.events.history(
        environment=query.environment,
        key=query.key,
        actor=query.actor,
        topic=query.topic,
        since=_start(query.since),
        until=None if query.until is None else _end(query.until),
        limit=query.limit or -1,
        steps=query.names_a_step or query.key is not None,
    )
    if query.environment is not None and not rows:
        require_environment(reader, query.environment)
    if query.key is None:
        return with_ends(reader, rows)
    from tetra_es_projections.queries.tables.key_table import KeyEventRow  # few ask for a key

    return [KeyEventRow(*row, *_values(reader, row.event, query.key)) for row in rows]


def _values(reader: "Reader", position: int, key: str) -> tuple[str | None, str | None]:
    """Return what a key's value was before and after an event; none for those below the key."""
    changed = reader.views.events.changes(position, key=key)
    return (changed[0].before, changed[0].after) if changed else (None, None)


def _start(since: str | None) -> str | None:
    if since is None:
        return None
    date_only = len(since) == len("2026-11-22")
    return _time(f"{since}T00:00:00" if date_only else since)


def _time(text: str) -> str:
    from tetra_es.refs import parse_time  # few ask for a time

    return parse_time(text)


def _end(text: str) -> str:
    from tetra_es.refs import parse_end  # few ask for a time

    return parse_end(text)
