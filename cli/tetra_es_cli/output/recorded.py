"""Saying what was recorded, the same way for every command that records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tetra_es_cli.output import next_step
from tetra_es_cli.output.console import note, warn
from tetra_es_cli.output.emit import write_raw
from tetra_es_cli.output.formats import encoded, render
from tetra_es_cli.output.lines import change_lines
from tetra_es_cli.output.model import Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es_projections.queries.recorded import RecordedEvents, RecordedRow


class Printing(Protocol):
    """How a command that records was told to print."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing was recorded."""

    @property
    def output(self) -> str:
        """The format."""


def emit_recorded(
    recorded: RecordedEvents,
    how: Printing,
    *,
    nothing: str = "",
    keys: bool = True,
    more: Sequence[str] = (),
) -> None:
    """Print what was recorded; `nothing` where nothing was, and `more` lines for people."""
    from tetra_es_projections.queries.recorded import rows_of

    rows = rows_of(recorded)
    lines = [*_lines(rows, how, nothing=nothing, keys=keys), *more]
    from tetra_es_projections.answers.changes import change_rows

    value = [{**row._asdict(), "changes": change_rows(row.changes)} for row in rows]
    write_raw(encoded(render(Report(value, lines), how.output)))
    if how.output == "text" and next_step.is_wanted():
        step = next_step.next_step(recorded)
        if step:
            note(f"next: {step}")


def warn_unused(allow: Sequence[str], recorded: RecordedEvents) -> None:
    """Say which of the keys given with `--allow` needed no exception."""
    from tetra_es_projections.queries.recorded import exceptions_in

    used = exceptions_in(recorded)
    for key in allow:
        if key not in used:
            warn(f"nothing new at {key} looks like a secret: no exception was recorded")


def _lines(
    rows: Sequence[RecordedRow], how: Printing, *, nothing: str, keys: bool
) -> Iterator[str]:
    if not rows and nothing:
        yield nothing
    for row in rows:
        yield f"{row.summary} ({f'#{row.event}' if row.event else 'dry run'})"
        if keys:
            yield from change_lines(row.changes)
    if how.dry_run:
        yield "nothing was recorded: this was a dry run"
