"""The page for the auditor that lies in an archive."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from tetra_es.text import one_line

if TYPE_CHECKING:
    from tetra_es.integrity.checkpoint import Checkpoint
    from tetra_es.log.replica import Replica
    from tetra_es_projections.evidence.selection import Filter, Selection


_CHAIN: Final = """
{others} more have their record in chain.jsonl, without texts. With it the program sees by itself
that no event was left out, where each stream ends, and which events are void, but for what only
texts show that are not here.
"""
_NO_CHAIN: Final = """
That there are no newer ones, and which of them are void, is the word of who exported this. An
archive made with --chain has the record of every event, and shows it.
"""
_BY_TIME: Final = """
That no other event counts from that time is the word of who exported this, but for those just
before and after. An archive made with --chain has the record of every event, and shows it.
"""
_UNSIGNED: Final = """
Nobody signed this archive: anybody could have made it, and left out what is newest. One that a
signer exports shows who says so.
"""
_NOTHING: Final = """
No event is of these.
"""


def readme(
    log: Replica, selection: Selection, wanted: Filter, checkpoint: Checkpoint, chained: int
) -> bytes:
    """Return the page for one archive; `chained` events have no more than their record there."""
    organization = checkpoint.origin.split("/")[1]
    head = next(log.records(checkpoint.size - 1, checkpoint.size))
    title = f"Evidence of the configuration of {organization}"
    text = (
        (files(__package__) / "readme.txt")
        .read_text("utf-8")
        .format(
            organization=organization,
            line="=" * len(title),
            chosen=len(selection.chosen),
            context=len(selection.context),
            size=checkpoint.size,
            filter=one_line(filter_words(wanted)),
            head=head.hash.hex(),
            doubts=("" if checkpoint.signatures else _UNSIGNED)
            + _doubts(selection, wanted, checkpoint.size, chained),
            unsigned="" if checkpoint.signatures else " (nobody signed this one)",
        )
    )
    return text.encode()


def _doubts(selection: Selection, wanted: Filter, size: int, chained: int) -> str:
    """Return what the archive cannot show, or the record of all events shows."""
    found = "" if selection.chosen else _NOTHING
    if len(selection.chosen) + len(selection.context) == size:
        return found
    if chained:
        return found + _CHAIN.format(others=chained)
    return found + (_BY_TIME if wanted.environment is None else _NO_CHAIN)


def filter_words(wanted: Filter) -> str:
    """Return in words which events were asked for."""
    words = [f"those of {wanted.environment}"] if wanted.environment else ["all of them"]
    words += [f"since {wanted.since}"] if wanted.since else []
    words += [f"until {wanted.until}"] if wanted.until else []
    return ", ".join(words)
