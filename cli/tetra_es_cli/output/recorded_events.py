"""Saying what was recorded, the same way for every command that records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.events.config import ScanExceptionAdded
from tetra_es_cli.output.console import warn
from tetra_es_cli.output.plain import emit, emit_json
from tetra_es_projections.descriptions import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.usecases.unit_of_work import Recorded

_SHOWN = 12


def as_row(recorded: Recorded) -> dict[str, Any]:
    """Return an event as the rows of `history -o json` have it, without its hash.

    `event` is null in a dry run.
    """
    event = recorded.event
    return {
        "event": recorded.position,
        "environment": getattr(event, "environment", None),
        "revision": getattr(event, "revision", None),
        "type": event.TOPIC,
        "actor": event.metadata["actor"],
        "time": event.timestamp,
        "reason": event.metadata["reason"],
        "summary": summary(event),
        "changes": getattr(event, "changes", []),
    }


def emit_recorded(
    recorded: Sequence[Recorded], output: str, *, dry_run: bool, nothing: str, keys: bool = True
) -> None:
    """Print what was recorded; `nothing` where nothing was."""
    if output == "json":
        emit_json([as_row(one) for one in recorded])
        return
    if not recorded:
        emit(nothing)
    for one in recorded:
        position = f"#{one.position}" if one.position else "dry run"
        emit(f"{summary(one.event)} ({position})")
        changes = getattr(one.event, "changes", [])
        if keys:
            emit_changes(changes)
    if dry_run:
        emit("nothing was recorded: this was a dry run")


def warn_unused(allow: Sequence[str], recorded: Sequence[Recorded]) -> None:
    """Say which of the keys given with `--allow` needed no exception."""
    used = {one.event.key for one in recorded if isinstance(one.event, ScanExceptionAdded)}
    for key in allow:
        if key not in used:
            warn(f"nothing new at {key} looks like a secret: no exception was recorded")


def emit_changes(changes: Sequence[Sequence[str | None]]) -> None:
    """Print changed keys, the first of many."""
    for path, before, after in changes[:_SHOWN]:
        emit(f"  {change_line(path, before, after)}")
    if len(changes) > _SHOWN:
        emit(f"  … and {len(changes) - _SHOWN} more keys")


def change_line(path: str | None, before: str | None, after: str | None) -> str:
    """Return one changed key for people."""
    if before is None:
        return f"+ {path} = {after}"
    if after is None:
        return f"- {path} = {before}"
    return f"~ {path} = {before} -> {after}"
