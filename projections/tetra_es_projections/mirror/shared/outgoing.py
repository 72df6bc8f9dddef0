"""The commits of events that are not in the replica yet: built as the mirror will build them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.few import Stored
from tetra_es_projections.mirror.objects import Tree, commit_ids
from tetra_es_projections.mirror.packs import Packs
from tetra_es_projections.mirror.rendering import render_all
from tetra_es_projections.tree import TreeProjector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.refs import Head


class New(NamedTuple):
    """Events that follow those of a replica, and bodies that they brought along."""

    records: Sequence[Record]
    bodies: Mapping[bytes, bytes | None]


class _WithNew:
    """A replica as it is going to be; see `bodies.ReadableLog`."""

    def __init__(self, replica: Replica, new: New) -> None:
        self._replica = replica
        self._new = new

    def last_position(self) -> int:
        """Return the position of the newest event."""
        return self._new.records[-1].position

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order."""
        new = (
            record
            for record in self._new.records
            if after < record.position and (upto is None or record.position <= upto)
        )
        first = self._new.records[0].position - 1
        old = self._replica.records(after, first if upto is None else min(first, upto))
        return chain(old if after < first else (), new)

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        """Return the events of these kinds up to a position, in order."""
        first = self._new.records[0].position - 1
        new = [record for record in self._new.records if record.position <= upto]
        return [
            *self._replica.of_topics(topics, min(first, upto)),
            *(record for record in new if record.topic in topics),
        ]

    def body(self, digest: bytes) -> bytes | None:
        """Return a body, None where there is none or it was purged."""
        body = self._new.bodies.get(digest)
        return self._replica.body(digest) if body is None else body

    def void(self, position: int) -> str | None:
        """Return why an event changes nothing, None where it is valid."""
        return self._replica.void(position)


def build(
    root: Path, mirror: Path, git: Git, replica: Replica, parent: Head, new: New
) -> tuple[Packs, list[tuple[int, str]]]:
    """Return position and id of the commits of new events, and their objects, not written yet.

    The first follows `parent`, whose event is the one before. They are for the repository at
    `root`, which has the objects of the one at `mirror` as well. Raises `TetraEsError`.
    """
    packs = Packs(root, also=mirror)
    content = TreeProjector.at(_WithNew(replica, new), parent.position)
    commits = list(render_all(new.records, content, None))
    stored = Stored(root, git, packs, commits, parent.commit)
    tree = Tree(stored.tree, stored.top())
    try:
        return packs, list(commit_ids(commits, tree, parent.commit, packs.add))
    except OSError as error:
        raise unusable(root, error) from error
