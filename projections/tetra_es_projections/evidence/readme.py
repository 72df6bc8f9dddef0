"""The page for the auditor that lies in an archive."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from tetra_es.text import one_line

if TYPE_CHECKING:
    from tetra_es.integrity.checkpoint import Checkpoint
    from tetra_es.log.replica import Replica
    from tetra_es_projections.evidence.selection import Filter, Selection


def readme(log: Replica, selection: Selection, wanted: Filter, checkpoint: Checkpoint) -> bytes:
    """Return the page for one archive."""
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
            unsigned="" if checkpoint.signatures else " (nobody signed this one)",
        )
    )
    return text.encode()


def filter_words(wanted: Filter) -> str:
    """Return in words which events were asked for."""
    words = [f"those of {wanted.environment}"] if wanted.environment else ["all of them"]
    words += [f"since {wanted.since}"] if wanted.since else []
    words += [f"until {wanted.until}"] if wanted.until else []
    return ", ".join(words)
