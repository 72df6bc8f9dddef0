"""What commands say to people, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.usecases.deploy.request import command_on
from tetra_es_cli.output import terminal
from tetra_es_cli.output.hints import with_options
from tetra_es_cli.output.table import printable, table_lines
from tetra_es_cli.output.times import short_time, whole_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tetra_es.usecases.sharing.place import SharingStatus
    from tetra_es_projections.queries.events import EventDetails, FoundEvent
    from tetra_es_projections.queries.status import HostStatus, OrganizationStatus

_SHOWN = 12
"""Changed keys that are shown of many."""


def behind_at(position: int) -> str:
    """Return what is said where something derived does not have the newest events."""
    return f"files, views and mirror are behind: all of them have the events up to #{position}"


def change_lines(changes: Sequence[Sequence[str | None]]) -> Iterator[str]:
    """Yield a line for each changed key, the first of many."""
    for path, before, after in changes[:_SHOWN]:
        yield f"  {change_line(path, before, after)}"
    if len(changes) > _SHOWN:
        more = len(changes) - _SHOWN
        yield f"  … and {more} more {'key' if more == 1 else 'keys'}"


def change_line(path: str | None, before: str | None, after: str | None) -> str:
    """Return one changed key, with values as they were written."""
    from tetra_es_projections.queries.written import as_written  # help asks for none of it

    before, after = as_written(before), as_written(after)
    if before is None:
        return f"+ {path} = {after}"
    if after is None:
        return f"- {path} = {before}"
    return f"~ {path} = {before} -> {after}"


def event_lines(found: FoundEvent) -> Iterator[str]:
    """Yield what there is to know about an event."""
    details, metadata = found.details, found.metadata
    yield f"event #{details.event}  {found.summary}"
    rows = {
        **({"void": f"it changed nothing: {_why_void(found.void)}"} if found.void else {}),
        "type": details.topic,
        "stream": f"{details.stream}, version {details.version}",
        "time": whole_time(found.time),
        **({} if details.effective == found.time else {"counts from": details.effective}),
        "actor": metadata["actor"],
        "reason": metadata["reason"],
        **_cause(found),
        "tool": metadata["tool"],
        "correlation": metadata["correlation"],
        "previous": details.previous,
        "hash": details.hash,
        "signed by": _signed_by(details),
        "commit": details.commit,
        **found.more,
    }
    for name, value in rows.items():
        yield f"  {name:12} {printable(value)}"
    for one in details.purged:
        yield f"  {'purged':12} {one['body']}, at #{one['event']}: {printable(one['reason'])}"
    if found.purges:
        yield "purged"
        yield from (f"  - {printable(str(named))}" for named in found.purges)
    if found.changes:
        yield "changes"
        yield from change_lines(found.changes)


def _cause(found: FoundEvent) -> dict[str, str]:
    """Return why a deployment failed, where that is what the event says."""
    cause = None if found.void else found.details.state.get("cause")
    return {} if cause is None or cause in found.summary else {"cause": cause}


def _why_void(rule: str) -> str:
    from tetra_es_projections.queries.void_rules import why_void  # few events are

    return why_void(rule)


def _signed_by(details: EventDetails) -> str:
    if details.signed_at == details.event:
        return details.key
    return f"{details.key}, by the signature of #{details.signed_at} over the batch"


def _behind(row: HostStatus) -> str:
    parts = []
    if row.behind:
        parts.append(f"{row.behind} {'revision' if row.behind == 1 else 'revisions'} behind")
    if row.outdated:
        what = "other versions of secrets than recorded"
        parts.append(f"with {what}: {', '.join(row.outdated)}")
    command = command_on(row.host, "deploy", row.environment)
    return f"{row.host} runs {row.running}, {', '.join(parts)} (`{command}`)"


def sharing_lines(shared: SharingStatus | None, unsent: int) -> Iterator[str]:
    """Yield where an organization is shared, and what waits to be sent there."""
    if shared and shared.problem:
        yield f"shared: {shared.problem} ({shared.remedy})"
    elif shared:
        asked = f"asked {short_time(shared.asked)}" if shared.asked else "not asked yet"
        yield f"shared at {shared.address}, {asked}"
        if shared.behind:
            yield f"behind: #{shared.position} is there (`tetra-es pull`)"
        if shared.moved:
            from shlex import quote  # for this alone

            yield f"the log goes on at {shared.moved} (`tetra-es share {quote(shared.moved)}`)"
    if unsent:
        yield (
            f"not recorded yet: {unsent} result{'s' * (unsent != 1)} of servers "
            "(`tetra-es record`, or any command that records)"
        )


def _removed_lines(found: OrganizationStatus) -> Iterator[str]:
    for one in found.removed:
        state = f"{one.environment}@{one.revision}, #{one.event}"
        yield f"not in the manifest any more: {one.environment} ({state})"


def status_lines(
    found: OrganizationStatus,
    environments: Sequence[Mapping[str, object]],
    servers: Sequence[Mapping[str, object]],
    more: Sequence[str] = (),
) -> Iterator[str]:
    """Yield how an organization stands, given its environments and servers by column.

    `more` comes after the first line.
    """
    yield f"organization {found.org}, {found.events} events, in {found.folder}"
    yield from map(with_options, more)
    columns = ("environment", "state", "event", "source", "time")
    yield from table_lines(environments, columns, terminal.width())
    yield from _removed_lines(found)
    if servers:
        yield from table_lines(
            servers,
            ("environment", "host", "running", "state", "since", "newest"),
            terminal.width(),
        )
    for row in found.servers:
        if row.behind or row.outdated:
            yield with_options(f"behind: {_behind(row)}")
    for position in found.void:
        yield with_options(f"void: #{position} changed nothing (`tetra-es event {position}`)")
    for path in found.unrecorded:
        yield with_options(
            f"not recorded yet: {path} (`tetra-es record`, or any command that depends on it)"
        )
        if path in found.typed_on:
            yield (
                f"  typed on what it was at #{found.typed_on[path]}: it is merged with what was "
                "recorded since"
            )
    for path in found.drift:
        yield with_options(
            f"drift: {path} was changed by hand "
            "(`tetra-es rebuild --force` keeps a copy and puts it back)"
        )
    for path in found.missing:
        yield with_options(f"missing: {path} (`tetra-es rebuild` puts it back)")
    for file in found.unreadable:
        yield with_options(f"cannot be read: {file.problem} ({file.remedy})")
