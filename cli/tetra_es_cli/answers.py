"""What the commands that only look answer; without click, so that quick answers share it.

Queries are imported where they are asked, and what prints their answers: a quick answer must not
pay for the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es_cli.output.model import Listing, Report
from tetra_es_cli.output.times import short_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.events import FoundEvent
    from tetra_es_projections.queries.history import HistoryQuery
    from tetra_es_projections.queries.reader import Reader

_ORGANIZATIONS = ("org", "events", "folder")
_HISTORY = ("event", "time", "actor", "summary", "reason")
_HISTORY_BY_KEY = ("event", "time", "actor", "key", "before", "after", "summary", "reason")
_SECRETS = ("key", "version", "actor", "time", "recipients")


def organizations(base: Path) -> Listing:
    """Return the organizations in a folder."""
    from tetra_es_projections.queries.organizations import organization_rows

    folder = base / "org"
    found = organization_rows(folder) if folder.is_dir() else []
    rows = [row._asdict() for row in found]
    return Listing(rows, _ORGANIZATIONS, empty=f"no organizations in {folder}")


def show(
    reader: Reader, file: str, ref: Ref | None = None, *, secrets: bool = False
) -> Listing | str:
    """Return the TOML of an environment or another file, or which secrets it has."""
    return (secret_versions if secrets else show_text)(reader, file, ref)


def show_text(reader: Reader, file: str, ref: Ref | None = None) -> str:
    """Return the TOML of an environment, of `manifest` or of `profile ENV`."""
    from tetra_es_projections.queries.states import text_at

    return text_at(reader, file, ref)


def value(reader: Reader, environment: str, key: str, ref: Ref | None = None) -> Report:
    """Return one value of an environment, as JSON and as lines."""
    from tetra_es_projections.queries.values import value_of

    return Report(*value_of(reader, environment, key, ref))


def secret_versions(reader: Reader, environment: str, ref: Ref | None = None) -> Listing:
    """Return the names and versions of an environment's secrets."""
    from tetra_es_projections.answers.environments import secret_versions as versions

    rows = versions(reader, environment, ref)
    return Listing(rows, ("key", "version"), empty=f"{environment} has no secrets")


def history_of(reader: Reader, **wanted: Any) -> Listing:
    """Return the events that a query with these fields asks for."""
    from tetra_es_projections.queries.history import HistoryQuery

    return history(reader, HistoryQuery(**wanted))


def history(reader: Reader, query: HistoryQuery) -> Listing:
    """Return the events that a query asks for."""
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.history import history as rows_of

    rows = rows_of(reader, query)
    shown = _HISTORY_BY_KEY if query.by_key else _HISTORY
    return Listing(
        rows,
        (*shown, "purged") if any(row["purged"] for row in rows) else shown,
        empty="no such events",
        csv_columns=columns.CHANGED if query.by_key else columns.HISTORY,
        cells=_history_cells(by_key=query.by_key),
        below="steps",
    )


def _history_cells(*, by_key: bool) -> Mapping[str, Callable[[Any], Any]]:
    cells: dict[str, Callable[[Any], Any]] = {"time": short_time, "purged": by_event}
    if by_key:
        from tetra_es_projections.queries.written import as_written

        cells |= {"before": as_written, "after": as_written}
    return cells


def by_event(event: int | None) -> str | None:
    """Return what a table says of something that an event purged."""
    return f"by #{event}" if event else None


def one_of_events(events: Sequence[int]) -> str | None:
    """Return what a table says of the events one of which did something."""
    if not events:
        return None
    from tetra_es_projections.queries.purged import among

    return among(events, "or")


def hosts(reader: Reader, host: str | None = None, ref: Ref | None = None) -> Listing:
    """Return what runs where, or ran there at a REF; with `host`, on that one alone."""
    from tetra_es_cli.output.hosts import host_listing
    from tetra_es_projections.answers.hosts import hosts as rows_of

    return host_listing(rows_of(reader, host, ref))


def blame(
    reader: Reader, environment: str, key: str | None = None, ref: Ref | None = None
) -> Listing:
    """Return where the values of an environment come from."""
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.environments import blame as rows_of
    from tetra_es_projections.queries.written import as_written

    rows = rows_of(reader, environment, key, ref)
    *shown, _, one_of = columns.BLAME
    note = ""
    if any(row[one_of] for row in rows):
        from tetra_es_projections.queries.purged import purges_of

        shown.append(one_of)
        note = f"{purges_of(reader, environment)}: ONE_OF lists the events that may have given it"
    return Listing(
        rows,
        shown,
        empty=f"{environment} has no state yet",
        csv_columns=columns.BLAME,
        cells={
            "revision": lambda number: number and f"{environment}@{number}",
            "value": as_written,
            "time": short_time,
            "one_of": one_of_events,
        },
        note=note,
    )


def status(reader: Reader, ref: Ref | None = None) -> Report:
    """Return how the organization stands, or stood at a REF."""
    from tetra_es.usecases.sharing.place import sharing_status, unsent
    from tetra_es_cli.output.lines import sharing_lines, status_lines
    from tetra_es_projections.answers.status import status_value
    from tetra_es_projections.queries.status import organization_status

    found = organization_status(reader, ref)
    shared, waiting = None, 0
    if ref is None:
        shared = sharing_status(reader.layout, reader.admission, found.events, reader.log)
        waiting = unsent(reader.layout, reader.admission)
    environments = [{**row._asdict(), "time": short_time(row.time)} for row in found.environments]
    servers = [{**row._asdict(), "since": short_time(row.since)} for row in found.servers]
    value = status_value(found, shared and shared._asdict(), waiting)
    lines = status_lines(found, environments, servers, list(sharing_lines(shared, waiting)))
    return Report(value, lines)


def quick_status(reader: Reader, ref: Ref | None = None) -> Report | None:
    """Return the same where nothing is wrong with it; None where `status` has to end with 1."""
    found = status(reader, ref)
    return None if found.value["left_out"] else found


def environments(reader: Reader) -> Listing:
    """Return the environments in promotion order."""
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.environments import environments as rows_of

    return Listing(
        rows_of(reader), columns.ENVIRONMENTS, cells={"time": short_time, "revision": _or_none}
    )


def _or_none(revision: int) -> int | None:
    """Return a revision, None for 0: nothing was promoted yet."""
    return revision or None


def event(reader: Reader, ref: Ref) -> Report:
    """Return one event, whole."""
    from tetra_es_projections.queries.events import find_event

    return event_report(find_event(reader, ref))


def event_report(found: FoundEvent) -> Report:
    """Return an event: for programs with the fields that it has in `history`, and more."""
    from tetra_es_cli.output.lines import event_lines
    from tetra_es_projections.answers.events import event_value

    return Report(event_value(found), event_lines(found))


def signers(reader: Reader, ref: Ref | None = None) -> Listing:
    """Return who may sign."""
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.people import signers as rows_of

    return Listing(rows_of(reader, ref), columns.SIGNERS, cells={"may": _limits})


def members(reader: Reader) -> Listing:
    """Return who takes part."""
    from tetra_es_projections.answers.people import members as rows_of

    cells = {"may": _limits, "reads": ", ".join}
    return Listing(rows_of(reader), ("name", "fingerprint", "may", "reads"), cells=cells)


def _limits(may: list[str] | None) -> str:
    return "everything" if may is None else ", ".join(may)


def allowed_signers(reader: Reader, ref: Ref | None = None) -> str:
    """Return the `allowed_signers` file that `ssh-keygen -Y verify` takes."""
    from tetra_es_projections.queries.signers import signers_file

    return signers_file(reader, ref)


def secrets(reader: Reader, environment: str) -> Listing:
    """Return the secrets of an environment, never their values."""
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.environments import secrets as rows_of

    rows = rows_of(reader, environment)
    cells: Mapping[str, Callable[[Any], Any]] = {
        "time": short_time,
        "recipients": ", ".join,
        "compromised": lambda marked: "yes" if marked else "-",
    }
    shown = columns.SECRETS if any(row["compromised"] for row in rows) else _SECRETS
    empty = f"{environment} has no secrets"
    return Listing(rows, shown, empty=empty, csv_columns=columns.SECRETS, cells=cells)


def recipients(reader: Reader, environment: str, ref: Ref | None = None) -> Listing:
    """Return who can read the secrets of an environment, or could at a REF."""
    from tetra_es_projections.answers import columns
    from tetra_es_projections.answers.environments import recipients as rows_of

    rows = rows_of(reader, environment, ref)
    return Listing(rows, columns.RECIPIENTS, empty=f"{environment} has no recipients")
