"""The events that a person asks for."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from typing import TYPE_CHECKING, NamedTuple

from tetra_es_projections.queries.history_steps import with_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.key_table import KeyEventRow


_READ = 10_000
"""Events whose texts are read at most, to show values as they were written: it takes a second."""


class HistoryQuery(NamedTuple):
    """Which events; None lets all pass."""

    file: str | None = None
    """An environment, for all that concerns it, or `manifest` or `profile ENV`, for its texts."""
    key: str | None = None
    """A dotted key; those below it count too."""
    actor: str | None = None
    topic: str | None = None
    since: str | None = None
    """A time as events have it."""
    until: str | None = None
    """A time as events have it."""
    limit: int | None = None
    """How many events at the most; the newest of them."""
    steps: bool = False
    """Whether the steps of deployments are wanted, below their line."""
    grep: str | None = None
    """A regular expression that is found in the reason or the summary, in either case."""
    matcher: "Callable[[str], Callable[[str], object]] | None" = None
    """What makes a search of a pattern, None for Python's `re`; raises `UsageError`."""
    reverse: bool = False
    """Whether the oldest comes first."""
    changes: bool = False
    """Whether each changed key is wanted as a row."""
    before: int | None = None
    """Only events at lower positions than this one, for paging."""
    after: int | None = None
    """Only events at higher positions."""
    upto: int | None = None
    """The event as of which it is told how deployments ended; None for the end of the period."""

    @property
    def names_a_step(self) -> bool:
        """Whether the events of deployments are asked for, by their type."""
        return f"{self.topic}.".startswith("deployment.") and self.topic != "deployment.started"

    written: bool = False
    """Whether values remember how people wrote them, for which texts are read."""

    @property
    def by_key(self) -> bool:
        """Whether the rows are those of keys."""
        return self.changes or self.key is not None


def history_rows(reader: "Reader", query: HistoryQuery) -> "Sequence[EventRow | KeyEventRow]":
    """Return the events, newest first; by key, a row for each key that they changed.

    A deployment is one line, its first event, which says how it ended by the end of the period.

    Raises `UsageError` for an environment, key, actor or type that never was, and for a period
    that ends before it begins.
    """
    if query.since is not None and query.until is not None:
        from tetra_es.refs import check_period  # few ask for both

        check_period(query.since, query.until)
    query = _understood(reader, query)
    rows = _events(reader, query)
    if not rows:
        from tetra_es_projections.queries.unknown import check_known  # most ask for what is there

        check_known(reader, file=query.file, actor=query.actor, topic=query.topic, key=query.key)
    if query.reverse:
        rows.reverse()
    if not query.by_key:
        return rows
    written = query.written and len(rows) <= _READ
    return [*_by_key(reader, rows, query.key, written=written)]


def _understood(reader: "Reader", query: HistoryQuery) -> HistoryQuery:
    """Return a query with names as the views have them, whatever command printed them."""
    if query.key is not None:
        query = query._replace(key=query.key.removeprefix("secret "))  # as `blame` lists it
    if query.actor is not None and query.actor.startswith("SHA256:"):
        from tetra_es_projections.queries.signers import owner_of  # few ask by a key

        query = query._replace(actor=owner_of(reader, query.actor) or query.actor)
    return query


def _events(reader: "Reader", query: HistoryQuery) -> "list[EventRow]":
    file = query.file
    edited = file is not None and (file == "manifest" or file.startswith("profile "))
    limit = query.limit or -1
    rows = reader.views.events.history(
        environment=None if edited else file,
        file=file if edited else None,
        key=query.key,
        actor=query.actor,
        topic=query.topic,
        since=query.since,
        until=query.until,
        before=query.before,
        after=query.after,
        limit=-1 if query.grep else limit,
        steps=query.names_a_step or query.key is not None,
    )
    rows = with_ends(reader, rows, _moment(reader, query))
    if query.grep is None:
        return rows
    found = [*_matching(rows, (query.matcher or _matcher)(query.grep))]
    return found if limit < 0 else found[:limit]


def _moment(reader: "Reader", query: HistoryQuery) -> int | None:
    """Return the newest event that counts where it is told how deployments ended; None for all."""
    if query.upto is not None or query.until is None:
        return query.upto
    return reader.views.events.newest_at(query.until) or 0


def _matching(rows: "Sequence[EventRow]", found: "Callable[[str], object]") -> "Iterator[EventRow]":
    """Yield the rows whose reason or summary a regular expression is found in."""
    return (row for row in rows if found(row.reason) or found(row.summary))


def _matcher(pattern: str) -> "Callable[[str], object]":
    """Return what says whether a pattern is found in a text."""
    import re
    import warnings

    from tetra_es.errors import UsageError

    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of later syntax
            return re.compile(pattern, re.IGNORECASE).search
    except re.error as error:
        raise UsageError(
            f"not a regular expression: {pattern!r}: {error}",
            hint="put a backslash before what stands for itself, such as \\( or \\[",
        ) from None
    except OverflowError:
        raise UsageError(
            f"not a regular expression: {pattern!r}: a count is too large",
            hint="use smaller counts",
        ) from None


def _by_key(
    reader: "Reader", rows: "Sequence[EventRow]", key: str | None, *, written: bool
) -> "Iterator[KeyEventRow]":
    """Yield a row for each key that the events changed; one for an event that changed none.

    Where what an event changed was purged, one row says so, and by key, what is left of it.
    """
    from tetra_es_projections.queries.tables.key_table import KeyEventRow  # few ask for keys
    from tetra_es_projections.queries.written import Texts

    texts = Texts(reader) if written else None
    events = reader.views.events
    items: list[int] | None = None
    for row in rows:
        purged = row.purged and reader.views.purged.of_changes(row.event)
        about = row[:-1]
        changed = events.changes(row.event, key=key)
        for one in changed:
            before, after = texts.of(row, one) if texts else (one.before, one.after)
            yield KeyEventRow(*about, one.key, before, after)
        if purged and key is not None:
            items = events.items_at(key) if items is None else items
            for part in reader.views.purged.parts(row.event, key, items):
                yield KeyEventRow(*about, *part, purged)
        elif not changed:
            yield KeyEventRow(*about, None, None, None, purged)
