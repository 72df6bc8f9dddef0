"""Deployments in the history: one line each, their steps below."""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tetra_es_projections.queries.reader import Reader
    from tetra_es_projections.queries.tables.event_table import EventRow

STARTED = "deployment.started"


def with_ends(
    reader: "Reader", rows: "Sequence[EventRow]", upto: int | None = None
) -> "list[EventRow]":
    """Return rows in which the first event of a deployment says how it ended, too.

    As it was known after the event at the position `upto`.
    """
    begun = [row.event for row in rows if row.type == STARTED]
    ends = reader.views.events.ends(begun, upto)
    return [
        row._replace(summary=f"{row.summary}: {_end(*ends[row.event])}")
        if row.event in ends
        else row
        for row in rows
    ]


def with_steps(reader: "Reader", rows: "Iterable[dict[str, Any]]") -> "Iterator[dict[str, Any]]":
    """Yield rows as JSON has them, those of deployments with their `steps`."""
    for row in rows:
        if row["type"] == STARTED:
            steps = reader.views.events.steps_of(row["event"])
            yield {**row, "steps": [step._asdict() for step in steps]}
        else:
            yield row


def _end(outcome: str, step: str, cause: str) -> str:
    match outcome:
        case "serving":
            return "done"
        case "failed" | "reverting":
            return f"{outcome if outcome == 'failed' else 'failed, reverting'} at {step}: {cause}"
        case "reverted":
            return f"reverted after {step or 'it'}: {cause}"
        case _:
            return outcome
