"""`main` as it is there: fetched, and compared with the commits that are here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START
from tetra_es.log.chain import Head as EventHead
from tetra_es.log.purges import TOPICS
from tetra_es.log.shared import REPAIR_HINT, RERECORD_HINT, Stray
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.clone import Clone
from tetra_es_projections.mirror.failures import GitMissing, NoRoom, unusable
from tetra_es_projections.mirror.refs import Head
from tetra_es_projections.mirror.shared.fetched import Fetched
from tetra_es_projections.mirror.shared.outgoing import New, build
from tetra_es_projections.mirror.shared.transfer import Damaged, fetch_main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import Sent
    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.named_bodies import Mirrored
    from tetra_es_projections.mirror.packs import Packs

Found = TypeVar("Found")


class There:
    """`main` of the repository at `url`, as of the last time that it was asked.

    `newest` returns the newest commit of the mirror at `mirror` and the position of its event;
    `seen` is the newest commit there that was right when it was looked at last.
    """

    def __init__(
        self,
        mirror: Path,
        git: Git,
        url: str,
        replica: Replica,
        newest: Callable[[], tuple[str | None, int]],
        seen: Head | None,
    ) -> None:
        self.mirror = mirror
        self._git = git
        self.url = url
        self._replica = replica
        self.newest = newest
        self.seen = seen
        self.fetched = Fetched(mirror, replica)
        self.commit: str | None = None
        """Where it is."""
        self.clone: Clone | None = None
        """The branch, unless it has just the commits that are here."""
        self.at: Head | None = None
        """The commit there of the newest event that is here, or is about to be."""
        self.is_new_line = False
        """Whether a purge may have given the events other commits there than this machine saw."""
        self.is_old_line = False
        """Whether a purge is not finished there."""

    @property
    def shown(self) -> str:
        """Where it is, for people: without accounts and the like."""
        return without_account(self.url)

    @property
    def root(self) -> Path:
        """The repository that has what was fetched, and what the mirror has."""
        return self.fetched.root

    def follows(self, own: Head) -> None:
        """Note that it is where the mirror is."""
        self.commit, self.at, self.seen, self.clone = own.commit, own, own, None
        self.is_new_line = self.is_old_line = False

    def ask(self, *, checked: bool = True) -> Head:
        """Fetch; return the commit of the newest event that is here."""
        commit, position = self.newest()
        if commit is None:
            raise TetraEsError(
                f"the mirror {self.mirror} is missing", hint="`tetra-es rebuild` builds it again"
            )
        self.fetched.begin(commit)
        own = self._own(Head(commit, position), self._replica.last_position())
        self.clone, self.at, self.is_new_line = None, own, False
        try:
            self.commit = fetch_main(self.root, self.url, checked=checked)
        except Damaged as error:
            raise self.stray(error.message) from error
        return own

    def follow(self, clone: Clone | None, own: Head) -> None:
        """Take what is there for the newest events; raise `Forked` or `Stray` where it is not."""
        if clone is None:
            raise self.stray("main there has no events")
        shared = min(clone.last, self._replica.last_position())
        self._compare(clone, shared)
        self.clone = clone
        self.at = self._followed(clone, shared, own)

    def _followed(self, clone: Clone, shared: int, own: Head) -> Head:
        """Return the commit there of the newest event that both have.

        Raises `Stray` unless it is the one that is here, or one that a purge explains.
        """
        found = Head(clone.commits[shared - 1], shared)
        ours = own.commit if own.position == shared else self.own_at(shared, own.commit)
        if found.commit == ours:
            return found
        seen, wrong = self.seen, None
        if seen and seen.position <= clone.last and seen.commit == clone.commits[seen.position - 1]:
            try:
                self._check_since(clone, seen, shared)
            except Stray as error:  # a purge may have changed what was appended since
                wrong = error
            else:
                return found
        purges = self._replica.of_topics(TOPICS, self._replica.last_position())
        after = seen.position if seen else 0
        if not any(each.position > after for each in purges) and not any(
            each.topic in TOPICS for each in self.readable(clone.records(shared))
        ):
            what = f"its commits up to #{shared} are not those of its events"
            raise wrong or self.wrong(1, what)
        if seen:
            self.is_new_line = True
        else:  # this machine never looked at it: what is there counts
            self.seen = found
        return found

    def _check_since(self, clone: Clone, seen: Head, shared: int) -> None:
        """Raise `Stray` unless later commits are those of events that are here."""
        events = self.readable(clone.events(seen.position))
        if sent := [each for each in events if each.record.position <= shared]:
            self.checked(clone, seen, sent)

    def _compare(self, clone: Clone, shared: int) -> None:
        """Raise `Forked` where another event is at a position that both have."""
        ours = self._replica.record(shared)
        if ours is None or ours.head == self.head_of(clone, shared):
            return
        low, high = 0, shared  # at low they are the same, at high they are not
        while high - low > 1:
            middle = (low + high) // 2
            ours = self._replica.record(middle)
            if ours is not None and ours.head == self.head_of(clone, middle):
                low = middle
            else:
                high = middle
        ours = self._replica.record(high)
        error = Forked(high, ours.hash if ours else None, self.head_of(clone, high).hash)
        error.hint = RERECORD_HINT
        raise error

    def read(self, commit: str) -> Clone:
        """Return what is there. Raises `Stray` where `main` has commits of no event."""
        clone = self.clone_at(commit)
        if clone is None:
            raise self.stray("main there has no events")
        if not clone.is_whole:
            raise self.stray("main there has commits that no event made")
        return clone

    def whole(self, line: list[str]) -> Clone | None:
        """Return the branch as of the last commit up to which each has an event."""
        low, found = 0, None  # at low, or nowhere, it is so; at high it is not
        high = len(line) + 1
        at = len(line)
        while high - low > 1:
            clone = self.clone_at(line[at - 1])
            if clone and clone.is_whole:
                low, found = at, clone
            else:
                high = at
            at = (low + high) // 2
        return found

    def clone_at(self, commit: str) -> Clone | None:
        """Return the branch as of a commit, None where that has no events."""
        try:
            return Clone(self.root, self._git, commit)
        except (GitMissing, NoRoom):
            raise
        except TetraEsError:
            return None

    def _own(self, newest: Head, last: int) -> Head:
        """Return the commit of an event as the mirror has it, or will have it.

        It may not have it yet: another command may have left that to the next.
        """
        if newest.position > last:  # the store is an older copy
            return Head(self.own_at(last, newest.commit), last)
        if newest.position == last:
            return newest
        return self.written(newest, New([*self._replica.records(newest.position, last)], {}))

    def own_at(self, position: int, commit: str) -> str:
        """Return the commit of an event among a commit of ours and those before it."""
        found = self.line(commit)
        return found[position - 1] if position <= len(found) else ""

    def checked(self, clone: Clone, parent: Head, sent: Sequence[Sent | Mirrored]) -> Head:
        """Return the commit of the last of some events. Raises `Stray` where one is another."""
        bodies = {digest: body for each in sent for digest, body in each.bodies.items()}
        _, commits = self._build(parent, New([each.record for each in sent], bodies))
        for position, commit in commits:
            found = clone.commits[position - 1]
            if found != commit:
                what = f"commit {found[:12]} is not the one that event #{position} makes"
                raise self.wrong(position, what)
        return Head(commits[-1][1], commits[-1][0])

    def _build(self, parent: Head, new: New) -> tuple[Packs, list[tuple[int, str]]]:
        return build(self.root, self.mirror, self._git, self._replica, parent, new)

    def written(self, parent: Head, new: New) -> Head:
        """Write the commits of events that follow; return the last one."""
        packs, commits = self._build(parent, new)
        try:
            packs.write()
        except OSError as error:
            raise unusable(self.root, error) from error
        position, commit = commits[-1]
        return Head(commit, position)

    def line(self, commit: str) -> list[str]:
        """Return a commit and those before it, the first one first."""
        listed = self._git.read(self.root, "rev-list", "--first-parent", "--reverse", commit)
        return listed.decode().split()

    def head_of(self, clone: Clone, position: int) -> EventHead:
        """Return position and hash of an event there, as it says."""
        for record in self.readable(clone.records(position - 1, position)):
            return record.head
        return START

    def readable(self, found: Iterable[Found]) -> Iterator[Found]:
        """Yield what is read there. Raises `Stray` where it cannot be read."""
        try:
            yield from found
        except IntegrityFailure as error:
            raise self.stray(error.message.replace(str(self.root), "there")) from error

    def wrong(self, position: int, what: str) -> Stray:
        """Return the error for something at a position that no event made."""
        return Stray(f"{self.shown}: {what}", position, hint=REPAIR_HINT)

    def stray(self, what: str) -> Stray:
        """Return the same where the position is not known."""
        return self.wrong(1, what)
