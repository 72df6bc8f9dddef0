"""Where a text is found: in keys, values, reasons, summaries, and names of people and secrets."""

from __future__ import annotations

import heapq
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import IntegrityFailure, UsageError
from tetra_es_projections.queries.environments import require_environment
from tetra_es_projections.queries.hosts import hosts_at, moment_of_ref
from tetra_es_projections.queries.refs import moment_of
from tetra_es_projections.queries.signers import signer_rows
from tetra_es_projections.queries.tables.key_table import ChangeRow
from tetra_es_projections.queries.tables.purged_table import NO_DOUBT
from tetra_es_projections.queries.tables.search_table import ALL, KeyHit, SearchTable
from tetra_es_projections.queries.written import AT_ONCE, Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.hosts import HostAt
    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow
    from tetra_es_projections.queries.tables.purged_table import Doubt, Gaps

KINDS: Final = ("key", "value", "secret", "reason", "summary", "actor")
"""What a text may be found in, in the order in which one event's rows are listed."""

LONGEST: Final = 1000
"""Characters that are searched for at the most."""

_SECRETS: Final = "secrets "


class SearchRow(NamedTuple):
    """Where a text is."""

    kind: str
    """One of `KINDS`."""
    where: str | None
    """The environment, `manifest` or `profile ENV`; None for what concerns all of them."""
    key: str | None
    """The key or the secret; None for what is found in the event itself."""
    before: str | None
    """What the event found there, as TOML or as `version 2`; None for nothing."""
    after: str | None
    """What it left there."""
    in_force: bool | None
    """Whether it is still so: the value stands, the key or secret is there, the person may sign,
    something that the event changed is as it left it. None for an event that changed no key, and
    where a purge took what would tell."""
    hosts: list[str]
    """The hosts that run a state with it."""
    event: int
    """The event with it; the newest one of a key, a secret and a person."""
    environment: str | None
    time: str | None
    """None, as what follows, where it is not known which event it was."""
    actor: str | None
    reason: str | None
    summary: str | None
    purged: int | None
    """The event that purged what was changed here, or since."""
    one_of: list[int]
    """The events one of which changed it, where it is not known which: the last one is `event`."""


class Search(NamedTuple):
    """What is looked for; None lets all pass."""

    text: str
    """Any part of a word or value, in either case."""
    file: str | None = None
    """An environment, for all that concerns it, or `manifest` or `profile ENV`, for its text."""
    kinds: tuple[str, ...] = ()
    """Some of `KINDS`, all of them where none is given."""
    ref: Ref | None = None
    """As it was there: events after it do not count."""
    limit: int | None = None
    """The newest events with the text at the most, each with all of its rows."""
    before: int | None = None
    """Events before this position alone, for the next page."""
    written: bool = False
    """Whether values remember how people wrote them, for which some texts are read."""


class _Occurrence(NamedTuple):
    """One place of the text, before anything else is known of it."""

    position: int
    kind: str
    change: KeyHit | None = None
    name: str | None = None


def search(reader: Reader, wanted: Search) -> list[SearchRow]:
    """Return where a text is found, the newest event first.

    Raises `UsageError` for no text, one that is too long, or an unknown environment.
    """
    if not 0 < len(wanted.text) <= LONGEST:
        problem = f"a text of more than {LONGEST} characters" if wanted.text else "an empty text"
        raise UsageError(f"{problem} cannot be searched for", hint="give a part of a key or value")
    if wanted.file not in (None, "manifest"):
        require_environment(reader, str(wanted.file).removeprefix("profile "))
    finder = _Finder(reader, wanted)
    found: list[SearchRow] = []
    events = groupby(
        heapq.merge(*finder.sources(), key=lambda one: -one.position),
        key=lambda one: one.position,
    )
    for number, (position, occurrences) in enumerate(events):
        if number == wanted.limit:
            break
        found += finder.rows(position, list(occurrences))
    return found


class _Finder:
    """A search under way."""

    def __init__(self, reader: Reader, wanted: Search) -> None:
        self._reader = reader
        self._wanted = wanted
        self._table = SearchTable(reader.views.connection, wanted.text)
        self._newest = ALL if wanted.ref is None else moment_of(reader.views, wanted.ref)
        self._upto = min(self._newest, ALL if wanted.before is None else wanted.before - 1)
        self._running: list[tuple[HostAt, int]] | None = None
        self._signers: set[str] | None = None
        self._gaps: dict[str, Gaps] = {}
        self._texts = Texts(reader, AT_ONCE) if wanted.written else None

    def sources(self) -> Iterator[Iterable[_Occurrence]]:
        """Yield the occurrences by source, each newest first."""
        only = self._wanted.file
        files = _files(only)
        if self._asked("value"):
            yield (
                _Occurrence(hit.position, "value", hit)
                for hit in self._table.values(self._upto, files)
            )
        if self._asked("key", "secret"):
            hits = self._table.keys(self._upto, self._newest, files)
            occurrences = (_Occurrence(hit.position, _kind_of(hit), hit) for hit in hits)
            yield (one for one in occurrences if self._asked(one.kind))
        if self._asked("reason", "summary"):
            texts = self._table.texts(self._upto, only)
            found = (
                _Occurrence(at, "reason" if in_reason else "summary") for at, in_reason in texts
            )
            yield (one for one in found if self._asked(one.kind))
        if self._asked("actor"):
            # Of everybody one event, so that a name is not as many rows as its events. The newest
            # of all, which another page may have.
            actors = self._table.actors(self._newest, only)
            yield (_Occurrence(at, "actor", name=name) for at, name in actors if at <= self._upto)

    def rows(self, position: int, occurrences: list[_Occurrence]) -> Iterator[SearchRow]:
        """Yield the rows of one event. Where its keys are listed, its summary need not be."""
        event = self._reader.views.events.find(position)
        if event is None:
            raise IntegrityFailure(
                f"event #{position} is not in the views", hint="run `tetra-es verify`"
            )
        if any(one.change for one in occurrences):
            occurrences = [one for one in occurrences if one.kind != "summary"]
        for one in sorted(occurrences, key=_order):
            change = one.change
            alike = self._gaps_of(change.file).alike(change.item, position) if change else []
            before, after = self._values(event, change) if change else (None, None)
            yield SearchRow(
                kind=one.kind,
                where=_where(change) if change else event.environment,
                key=change.key if change else None,
                before=before,
                after=after,
                in_force=self._in_force(one),
                hosts=self._hosts(change) if change else [],
                event=position,
                environment=event.environment,
                time=None if alike else event.time,
                actor=None if alike else event.actor,
                reason=None if alike else event.reason,
                summary=None if alike else event.summary,
                purged=event.purged if change is None else self._doubt(change).purge,
                one_of=alike,
            )

    def _values(self, event: EventRow, change: KeyHit) -> tuple[str | None, str | None]:
        """Return the values of a change, which remember how they were written where asked to."""
        if self._texts is None or change.file.startswith(_SECRETS):
            return change.before, change.after
        row = ChangeRow(change.position, change.key, change.before, change.after)
        return self._texts.of(event, row)

    def _asked(self, *kinds: str) -> bool:
        return not self._wanted.kinds or any(kind in self._wanted.kinds for kind in kinds)

    def _in_force(self, one: _Occurrence) -> bool | None:
        if one.change:
            if not self._doubt(one.change).known:
                return None
            return one.change.stands and self._is_newest(one.change.item, one.position)
        if one.kind == "actor":
            if self._signers is None:
                self._signers = {row.signer for row in signer_rows(self._reader, self._wanted.ref)}
            return one.name in self._signers
        items = self._table.items_of(one.position)
        return any(self._is_newest(item, one.position) for item in items) if items else None

    def _doubt(self, change: KeyHit) -> Doubt:
        """Return what is not known of a key, by the newest event that counts."""
        gaps = self._gaps_of(change.file)
        since = self._table.newest_of(change.item, self._newest)
        doubt = gaps.doubt(change.item, since, self._newest) if gaps else NO_DOUBT
        purge = doubt.purge if since == change.position else None
        return doubt._replace(purge=purge or gaps.purge_of(change.position))

    def _gaps_of(self, file: str) -> Gaps:
        if (gaps := self._gaps.get(file)) is None:
            gaps = self._gaps[file] = self._reader.views.purged.gaps(file)
        return gaps

    def _is_newest(self, item: int, position: int) -> bool:
        return self._table.newest_of(item, self._newest) == position

    def _hosts(self, change: KeyHit) -> list[str]:
        """Return the hosts whose running state has what a change left, or the secret's version."""
        if not change.stands:
            return []
        environment = _where(change)
        there = [(row, at) for row, at in self._states_on_hosts() if row.environment == environment]
        if change.file.startswith(_SECRETS):
            return [row.host for row, _ in there if change.after == _versions(row).get(change.key)]
        if change.file != environment:
            return []
        return [
            row.host
            for row, at in there
            if self._table.newest_of(change.item, at) == change.position
        ]

    def _states_on_hosts(self) -> list[tuple[HostAt, int]]:
        """Return the hosts that run something, each with the position of the state."""
        if self._running is None:
            self._running = []
            for row in hosts_at(self._reader, moment_of_ref(self._reader, self._wanted.ref)):
                if row.running and row.revision:
                    at = self._reader.views.states.position_of_revision(
                        row.environment, row.revision
                    )
                    self._running.append((row, at or 0))
        return self._running


def _files(only: str | None) -> tuple[str, ...]:
    """Return what concerns an environment; of another file, that alone."""
    if only is None or only == "manifest" or only.startswith("profile "):
        return (only,) if only else ()
    return only, f"profile {only}", f"{_SECRETS}{only}"


def _kind_of(hit: KeyHit) -> str:
    return "secret" if hit.file.startswith(_SECRETS) else "key"


def _where(change: KeyHit) -> str:
    return change.file.removeprefix(_SECRETS)


def _versions(row: HostAt) -> Mapping[str, str]:
    return {each["key"]: f"version {each['version']}" for each in row.secrets}


def _order(one: _Occurrence) -> tuple[int, str, str]:
    change = one.change
    named = (change.file, change.key) if change else (one.name or "", "")
    return KINDS.index(one.kind), *named
