"""The log in a git repository: `main` has a commit for each event, as the mirror has it.

A commit can be pushed only where `main` is at its parent: so an event is appended only where the
head is the one that it was decided on. A fetched branch is read as any clone is, and compared by
the events' hashes: a purge changes the commits of what it destroyed, and all after them. Until it
is finished there, `main` has other commits than the mirror, the *old line*, which this machine
knows by the commit that it saw last; what is appended meanwhile follows there.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import takewhile
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError, UsageError
from tetra_es.gate.lawful import is_lawful
from tetra_es.gate.pins.pins import Forked
from tetra_es.log.chain import START
from tetra_es.log.chain import Head as EventHead
from tetra_es.log.port import HeadMoved, Unknown
from tetra_es.log.shared import Repaired, Sent, Stray, Unfinished
from tetra_es_projections.mirror.addresses import without_account
from tetra_es_projections.mirror.refs import COMMIT, Head, note_shared
from tetra_es_projections.mirror.shared import others
from tetra_es_projections.mirror.shared.outgoing import New
from tetra_es_projections.mirror.shared.setting_aside import (
    beside_found,
    branch_for,
    not_let,
    reaches_purged,
)
from tetra_es_projections.mirror.shared.there import There
from tetra_es_projections.mirror.shared.transfer import (
    Forbidden,
    Lost,
    Moved,
    ask_main,
    push_main,
)
from tetra_es_projections.mirror.shared.trial import lets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.mirror.git import Git


class GitLog:
    """The log at `url`; see `log.shared.SharedLog`.

    `newest` returns the newest commit of the mirror at `mirror` and the position of its event;
    `mark` is what `mark` was the last time.
    """

    def __init__(
        self,
        mirror: Path,
        git: Git,
        url: str,
        replica: Replica,
        newest: Callable[[], tuple[str | None, int]],
        mark: str = "",
    ) -> None:
        self.address = url
        self._git = git
        self._replica = replica
        self._main = There(mirror, git, url, replica, newest, _parsed(mark))

    @property
    def shown(self) -> str:
        """Where it is, for people: without accounts and the like."""
        return without_account(self.address)

    def is_level(self) -> bool:
        """Ask whether it has just the events that are here; see `SharedLog`."""
        commit, _ = self._main.newest()
        return ask_main(self._main.mirror, self.address) == commit

    @property
    def mark(self) -> str:
        """How far the commits there are known to be right; see `SharedLog`."""
        main = self._main
        return f"{main.seen.position}:{main.seen.commit}" if main.seen else ""

    def close(self) -> None:
        """Remove what was fetched."""
        self._main.fetched.close()

    def fetch(self) -> EventHead:
        """Ask for the newest events; return the head. See `SharedLog`."""
        main = self._main
        own = main.ask()
        record = self._replica.record(self._replica.last_position())
        here = START if record is None else record.head
        if main.commit is None:
            return START
        if main.commit == own.commit:
            main.seen = own
            return here
        clone = main.read(main.commit)
        main.follow(clone, own)
        return here if clone.last == here.position else main.head_of(clone, clone.last)

    def fetch_sound(self) -> EventHead:
        """Do the same, and pass over the first thing that is not an event. See `SharedLog`."""
        main = self._main
        own = main.ask(checked=False)
        if main.commit is None:
            return START
        line = main.line(main.commit)
        clone = main.whole(line)
        try:
            main.follow(clone, own)
        except (Stray, Forked) as error:
            if clone and isinstance(error, Forked) and is_lawful(clone, error.position):
                raise
            same = zip(line, main.line(own.commit), strict=False)
            count = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], same))
            clone = main.clone = main.clone_at(line[count - 1]) if count else None
            main.at = Head(line[count - 1], count) if count else None
        return main.head_of(clone, clone.last) if clone else START

    def events(self, after: int) -> Iterator[Sent]:
        """Yield the events at positions higher than `after`, as of the last time."""
        main = self._main
        if main.clone is not None:
            for one in main.readable(main.clone.events(after)):
                yield Sent(one.record, one.bodies)

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, as of the last time."""
        main = self._main
        return main.readable(() if main.clone is None else main.clone.records(after, upto))

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        main = self._main
        return None if main.clone is None else main.clone.body(digest)

    def check(self, sent: Sequence[Sent]) -> None:
        """Raise `Stray` where the commits of the next events are not those that they make."""
        main = self._main
        if main.clone is None:
            return
        last = sent[-1].record.position
        if main.is_new_line:  # `settle` compares them, when the mirror is built again
            main.at = Head(main.clone.commits[last - 1], last)
            return
        before = sent[0].record.position - 1
        if main.at is None or main.at.position != before:
            raise TetraEsError(f"{self.shown} was not read up to #{before}", hint="try again")
        main.at = main.checked(main.clone, main.at, sent)

    def holds(self, at: EventHead) -> bool:
        """Ask whether the event with this hash is at this position."""
        main = self._main
        head = self.fetch()
        if at.position > head.position:
            return False
        if main.clone is not None and at.position <= main.clone.last:
            return main.head_of(main.clone, at.position) == at
        record = self._replica.record(at.position)
        return record is not None and record.head == at

    def append(self, after: EventHead, records: Sequence[Record], bodies: Iterable[bytes]) -> None:
        """Push the commits of new events. See `SharedLog`."""
        main = self._main
        at, there = main.at, main.commit
        if at is None or at.position != after.position or at.commit != there:
            raise HeadMoved(after, EventHead(after.position + 1, b""))
        if main.is_old_line:  # which is not kept here: it has what was purged
            main.ask()
            if main.commit != there:
                raise HeadMoved(after, EventHead(after.position + 1, b""))
        new = New(records, {sha256(body).digest(): body for body in bodies})
        end = main.written(at, new)
        try:
            push_main(main.root, self.address, end.commit)
        except Moved as error:
            raise HeadMoved(after, EventHead(after.position + 1, b"")) from error
        except Lost as error:
            raise Unknown(error.message) from error
        main.at, main.commit = end, end.commit
        main.clone = None

    def keeping_purged(self) -> Sequence[str]:
        """Ask which branches there keep what was purged. See `SharedLog`."""
        return [ref.shown for ref in self._keeping_purged()]

    def sweep(self) -> Unfinished | None:
        """Delete the branches there that `repair` made, and that keep what was purged."""
        try:
            found = self._keeping_purged()
            ours = [ref for ref in found if others.is_ours(ref)]
            left = others.delete(self._main.root, self.address, ours) if ours else []
        except TetraEsError as error:
            what = f"whether other branches keep what was purged is not known: {error.message}"
            return Unfinished(what, "`tetra-es share repair` looks again")
        gone = [ref.shown for ref in ours if ref not in left]
        if kept := [ref.shown for ref in found if ref.shown not in gone]:
            what = f"what was purged can still be read at {self.shown}, in {', '.join(kept)}"
            return Unfinished(what, "delete that there; `tetra-es doctor` tells what is left")
        if gone:
            return Unfinished(f"deleted {', '.join(gone)} there, which had what was purged", "")
        return None

    def _keeping_purged(self) -> list[others.Ref]:
        main = self._main
        commit, _ = main.newest()
        if commit is None:
            return []
        return others.keeping_purged(main.root, self._git, self.address, self._replica, commit)

    def lets(self) -> Sequence[str]:
        """Try what may be done to `main` there beside appending. See `SharedLog`."""
        commit, _ = self._main.newest()
        if commit is None or commit != self._main.commit:
            return ()
        before = next(iter(self._main.line(commit)[-2:-1]), None)
        return tuple(lets(self._main.root, self.address, commit, before))

    def grant(self, role: str, *, purge: bool = False) -> None:
        """Raise `UsageError`: who may push, the host's settings say."""
        del role, purge
        raise UsageError(
            "a git repository has no roles",
            hint="who may read it and push to main, its host's settings say",
        )

    def settle(self) -> Unfinished | None:
        """Push what the log lacks, and finish a purge there. See `SharedLog`."""
        main = self._main
        commit, position = main.newest()
        if commit is None:
            return None
        note_shared(main.mirror, commit)
        at = main.at
        if main.commit is None or main.commit == commit:
            if main.commit is None:
                self._push(commit)
            main.follows(Head(commit, position))
            return None
        if at is None or at.commit != main.commit or at.position > position:
            return None  # something there was not admitted
        if at.commit == main.own_at(at.position, commit):
            self._push(commit)
            main.follows(Head(commit, position))
            return None
        if main.is_new_line and main.seen:
            raise main.wrong(1, "its commits are not those of its events")
        return self._finish(at, Head(commit, position))

    def repair(self) -> Repaired | None:
        """Set `main` back to where the mirror is. See `SharedLog`."""
        main = self._main
        commit, position = main.newest()
        tip, at = main.commit, main.at
        if commit is None or tip is None or tip == commit:
            return None
        kept, count = None, 0
        if at is None or at.commit != tip or (main.is_new_line and main.seen):
            count = len(main.line(tip)) - (at.position if at else 0)
            if not reaches_purged(main.root, self._git, self._replica, tip, commit):
                kept = branch_for(tip)
        elif at.commit == main.own_at(at.position, commit):
            return None  # `settle` does the rest
        try:
            try:
                self._push(commit, lease=tip, keep=(tip, kept) if kept else None)
            except Forbidden as error:
                if kept is None or not (kept := beside_found(kept, error.rule)):
                    raise
                self._push(commit, lease=tip, keep=(tip, kept))
        except Forbidden as error:
            raise not_let(main.mirror, self.address, (tip, commit), error.rule) from error
        main.follows(Head(commit, position))
        return Repaired(f"#{position}", kept and kept.removeprefix("refs/heads/"), count)

    def _finish(self, at: Head, own: Head) -> Unfinished | None:
        """Put the commits of the mirror in the place of those that have what was purged."""
        main = self._main
        main.seen = at
        told = self.sweep()  # first: who is killed here begins again with that
        try:
            self._push(own.commit, lease=at.commit)
        except Forbidden as error:
            main.at, main.clone = at, None
            main.is_new_line, main.is_old_line = False, True
            return Unfinished(
                f"what was purged can still be read at {self.shown}, which refuses to replace "
                f"main: {error.rule}",
                "allow forced pushes to main there, then `tetra-es share repair` finishes it",
            )
        main.follows(own)
        return told

    def _push(
        self, commit: str, *, lease: str | None = None, keep: tuple[str, str] | None = None
    ) -> None:
        main = self._main
        try:
            push_main(main.root, self.address, commit, lease=lease, keep=keep)
        except Moved as error:
            raise HeadMoved(START, START) from error
        except Lost as error:
            raise TetraEsError(
                f"{self.shown} does not have all that is here: {error.message}",
                hint="`tetra-es pull` tries again",
            ) from error


def _parsed(mark: str) -> Head | None:
    """Return the commit that a mark names, None for another text."""
    position, _, commit = mark.partition(":")
    if not (position.isascii() and position.isdecimal() and COMMIT.fullmatch(commit)):
        return None
    return Head(commit, int(position))
