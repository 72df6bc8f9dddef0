"""The log in a git repository: `main` has a commit for each event, as the mirror has it.

A commit can be pushed only where `main` is at its parent: so an event is appended only where the
head is the one that it was decided on. A fetched branch is read as any clone is, and compared by
the events' hashes, never by commit ids: a purge changes all commits after it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError, UsageError
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START
from tetra_es.log.chain import Head as EventHead
from tetra_es.log.port import HeadMoved, Unknown
from tetra_es.log.shared import Sent
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.clone import Clone
from tetra_es_projections.mirror.failures import unusable
from tetra_es_projections.mirror.refs import Head
from tetra_es_projections.mirror.shared.outgoing import New, build
from tetra_es_projections.mirror.shared.transfer import Lost, Moved, ask_main, fetch_main, push_main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git

_REPAIR: Final = "somebody pushed there by hand; `tetra-es share repair` sets it aside"


class GitLog:
    """The log at `url`; see `log.shared.SharedLog`.

    `mirror` returns the newest commit of the mirror at `root` and the position of its event.
    """

    def __init__(
        self,
        root: Path,
        git: Git,
        url: str,
        replica: Replica,
        mirror: Callable[[], tuple[str | None, int]],
    ) -> None:
        self._root = root
        self._git = git
        self.address = url
        self._replica = replica
        self._mirror = mirror
        self._at: Head | None = None
        """The commit of the newest event that is here, or is about to be."""
        self._there: str | None = None
        """Where `main` is there."""
        self._clone: Clone | None = None
        """The branch there, unless it has just the events that are here."""
        self._is_other = False
        """Whether the events that are here have other commits there."""

    @property
    def shown(self) -> str:
        """Where it is, for people: without accounts and the like."""
        return without_account(self.address)

    def is_level(self) -> bool:
        """Ask whether it has just the events that are here; see `SharedLog`."""
        commit, _ = self._mirror()
        return ask_main(self._root, self.address) == commit

    def fetch(self) -> EventHead:
        """Ask for the newest events; return the head. See `SharedLog`."""
        here = self._head_here()
        at = self._place(self._replica.last_position())
        self._there = fetch_main(self._root, self.address)
        self._clone, self._is_other = None, False
        if self._there is None:
            return START
        if self._there == at.commit:
            return here
        self._clone = clone = self._read(self._there)
        shared = min(clone.last, here.position)
        self._compare(clone, shared)
        self._is_other = shared > 0 and not self._is_ours(clone, shared, at)
        return here if clone.last == here.position else _head(clone, clone.last)

    def events(self, after: int) -> Iterator[Sent]:
        """Yield the events at positions higher than `after`, as of the last time."""
        if self._clone is not None:
            for one in self._clone.events(after):
                yield Sent(one.record, one.bodies)

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, as of the last time."""
        return iter(()) if self._clone is None else self._clone.records(after, upto)

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        return None if self._clone is None else self._clone.body(digest)

    def check(self, sent: Sequence[Sent]) -> None:
        """Raise `Refused` where the commits of the next events are not those that they make."""
        if self._is_other or self._clone is None:
            return
        records = [each.record for each in sent]
        bodies = {digest: body for each in sent for digest, body in each.bodies.items()}
        parent = self._place(records[0].position - 1)
        _, commits = build(self._root, self._git, self._replica, parent, New(records, bodies))
        for position, commit in commits:
            found = self._clone.commits[position - 1]
            if found != commit:
                raise self._stray(
                    f"commit {found[:12]} is not the one that event #{position} makes"
                )
        self._at = Head(commits[-1][1], commits[-1][0])

    def holds(self, at: EventHead) -> bool:
        """Ask whether the event with this hash is at this position."""
        head = self.fetch()
        if at.position > head.position:
            return False
        if self._clone is not None and at.position <= self._clone.last:
            return _head(self._clone, at.position) == at
        record = self._replica.record(at.position)
        return record is not None and record.head == at

    def append(self, after: EventHead, records: Sequence[Record], bodies: Iterable[bytes]) -> None:
        """Push the commits of new events. See `SharedLog`."""
        if self._is_other:
            raise self._stray(f"its commits up to #{after.position} are not those of its events")
        new = New(records, {sha256(body).digest(): body for body in bodies})
        end = self._write(new)
        try:
            push_main(self._root, self.address, end.commit)
        except Moved as error:
            raise HeadMoved(after, EventHead(after.position + 1, b"")) from error
        except Lost as error:
            raise Unknown(error.message) from error
        self._at, self._there = end, end.commit

    def grant(self, role: str, *, purge: bool = False) -> None:
        """Raise `UsageError`: who may push, the host's settings say."""
        del role, purge
        raise UsageError(
            "a git repository has no roles",
            hint="who may read it and push to main, its host's settings say",
        )

    def close(self) -> None:
        """Do nothing: each answer is a process of its own."""

    def settle(self) -> None:
        """Push what the log lacks, and what a purge left there. See `SharedLog`."""
        commit, position = self._mirror()
        if commit is None or self._there == commit:
            self._is_other, self._clone = False, None
            return
        clone = self._clone if self._there else None
        if clone is not None and clone.last > position:
            return  # something there was not admitted
        lease = None
        if self._is_other:
            if not self._was_purged():
                raise self._stray(f"its commits up to #{position} are not those of its events")
            lease = self._there
        try:
            push_main(self._root, self.address, commit, lease=lease)
        except (Moved, Lost) as error:
            raise TetraEsError(
                f"{self.shown} does not have all that is here: {error}",
                hint="`tetra-es pull` tries again",
            ) from error
        self._there, self._is_other, self._clone = commit, False, None

    def _place(self, last: int) -> Head:
        """Return the commit of an event, the newest that is here.

        The mirror may not have it yet: another command may have left that to the next.
        """
        if self._at is None or self._at.position != last:
            commit, position = self._mirror()
            if commit is None:
                raise TetraEsError(
                    f"the mirror {self._root} is missing", hint="`tetra-es rebuild` builds it again"
                )
            if position > last:  # the store is an older copy
                commit, position = self._line(commit)[last - 1], last
            self._at = Head(commit, position)
            if position < last:
                self._at = self._write(New([*self._replica.records(position, last)], {}))
        return self._at

    def _write(self, new: New) -> Head:
        """Write the commits of events that follow; return the last one."""
        parent = self._place(new.records[0].position - 1)
        packs, commits = build(self._root, self._git, self._replica, parent, new)
        try:
            packs.write()
        except OSError as error:
            raise unusable(self._root, error) from error
        position, commit = commits[-1]
        return Head(commit, position)

    def _head_here(self) -> EventHead:
        record = self._replica.record(self._replica.last_position())
        return START if record is None else record.head

    def _read(self, commit: str) -> Clone:
        """Return what is there. Raises `Refused` where `main` has commits of no event."""
        try:
            clone = Clone(self._root, self._git, commit)
        except IntegrityFailure:
            raise
        except TetraEsError as error:
            raise self._stray("main there has no events") from error
        if not clone.is_whole:
            raise self._stray("main there has commits that no event made")
        return clone

    def _compare(self, clone: Clone, shared: int) -> None:
        """Raise `Forked` where another event is at a position that both have."""
        ours = self._replica.record(shared)
        if ours is None or ours.head == _head(clone, shared):
            return
        low, high = 0, shared  # at low they are the same, at high they are not
        while high - low > 1:
            middle = (low + high) // 2
            ours = self._replica.record(middle)
            if ours is not None and ours.head == _head(clone, middle):
                low = middle
            else:
                high = middle
        ours = self._replica.record(high)
        raise Forked(high, ours.hash if ours else None, _head(clone, high).hash)

    def _is_ours(self, clone: Clone, shared: int, at: Head) -> bool:
        """Return whether the commit of the last event that both have is the one that is here."""
        if shared == at.position:
            return clone.commits[shared - 1] == at.commit
        return clone.commits[shared - 1] == self._line(at.commit)[shared - 1]

    def _line(self, commit: str) -> list[str]:
        """Return a commit and those before it, the first one first."""
        listed = self._git.read(self._root, "rev-list", "--first-parent", "--reverse", commit)
        return listed.decode().split()

    def _was_purged(self) -> bool:
        from tetra_es.log.purges import TOPICS

        return bool(self._replica.of_topics(TOPICS, self._replica.last_position()))

    def _stray(self, what: str) -> Refused:
        return Refused(f"{self.shown}: {what}", hint=_REPAIR)


def _head(clone: Clone, position: int) -> EventHead:
    """Return position and hash of an event of a clone, as it says."""
    for record in clone.records(position - 1, position):
        return record.head
    return START
