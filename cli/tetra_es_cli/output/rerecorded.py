"""What `pull --rerecord` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.usecases.forks.take_over import Rerecorded
    from tetra_es.usecases.rerecord.again import Outcome


def lines_of(done: Rerecorded, *, dry_run: bool) -> Iterator[str]:
    """Yield a line for what was taken over, and one for each batch."""
    if done.theirs > done.fork:
        took = "would take over" if dry_run else "took over"
        theirs = _range(done.fork + 1, done.theirs)
        yield f"{took} {theirs}; the histories fork after #{done.fork}"
    for outcome in done.outcomes:
        yield f"  {_what(outcome)}: {_became(outcome, dry_run=dry_run)}"
    for position in done.voided:
        yield f"  #{position}: was void, and changed nothing"
    if done.kept is not None:
        yield f"  kept the old store as {done.kept.store}, its commits as {done.kept.ref}"
        for path in done.kept.edited:
            yield f"  {path} has changes that are not recorded, and stays as it is"


def refusal(done: Rerecorded, *, dry_run: bool) -> Refused | None:
    """Return the error where something was left, None where nothing was."""
    left = [outcome for outcome in done.outcomes if outcome.left]
    if not left:
        return None
    what = "would not be" if dry_run else "was not" if len(left) == 1 else "were not"
    return Refused(
        f"{len(left)} of {len(done.outcomes)} {what} recorded again",
        hint="do by hand what is still wanted of that; the rest stands",
    )


def _what(outcome: Outcome) -> str:
    batch, record = outcome.batch, outcome.batch.events[-1].record
    return f"{_range(batch.first, batch.last)} {record.topic} {record.stream}"


def _became(outcome: Outcome, *, dry_run: bool) -> str:
    if outcome.left:
        return f"not recorded again: {outcome.left}"
    if not outcome.recorded:
        return "is there already"
    done = "would be recorded again as" if dry_run else "recorded again as"
    return f"{done} {_range(outcome.recorded[0], outcome.recorded[-1])}"


def _range(first: int, last: int) -> str:
    return f"#{first}" if first == last else f"#{first} to #{last}"
