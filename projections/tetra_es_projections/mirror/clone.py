"""Reading the events in a clone of the mirror, and the bodies that they name.

It is what a server has that has no store, and what a lost store is restored from.

Of the clone its objects alone are read, through a git folder of our own: neither its configuration
nor its work tree has a say. Its maker could have put anything into it. The chain and the signatures
of the events count, which the reader of these records checks.
"""

from __future__ import annotations

import json
import re
import shlex
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from tetra_es.crypto.ssh.sshsig import dearmor
from tetra_es.errors import IntegrityFailure, TetraEsError
from tetra_es.layout import secret_file
from tetra_es.log import canonical
from tetra_es.log.record import Record
from tetra_es_projections.mirror.failures import GitMissing
from tetra_es_projections.mirror.folder import git_folder
from tetra_es_projections.mirror.format1 import event_path
from tetra_es_projections.mirror.listing import NOT_A_FILE, blobs, in_commit
from tetra_es_projections.mirror.named_bodies import body_in, locate, read
from tetra_es_projections.mirror.refs import BRANCH, all_refs, head_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tetra_es_projections.mirror.git import Git
    from tetra_es_projections.mirror.named_bodies import BlobRefs, Mirrored

_NAME: Final = re.compile(r"events/\d{4,}/\d{2}/\d{8,}\.json", re.ASCII)
_TEXTS: Final = ("stream", "topic", "previous", "hash", "signature")
_HINT: Final = "get a fresh clone, or compare it with another one"

_BATCH: Final = 500
"""Events that are read at once."""
_RECENT: Final = 64
"""Bodies of the events before that stay at hand."""


class Clone:
    """A clone of the mirror, or a mirror, bare or not, as of the commit that HEAD names."""

    def __init__(self, root: Path, git: Git, commit: str | None = None, *, place: str = "") -> None:
        """Open the clone at `root`, as of a commit. Raises `TetraEsError` where there is none.

        `place` is where it comes from, for people, where that is not the folder.
        """
        self.root = root
        self._place = place
        self._git = git
        self._commit = commit
        self._head, self._files = self._listed()
        self._names = sorted(name for name in self._files if name.startswith("events/"))
        self._where: dict[bytes, bytes] = {}
        """Digest to blob of the bodies of the first events."""
        self._indexed = 0
        """The position of the last of these events."""
        self._recent: dict[bytes, bytes | None] = {}

    @property
    def update(self) -> str:
        """The command that gets it the newest events, for hints."""
        bare = git_folder(self.root) == self.root
        get = ("fetch", "origin", "main:main") if bare else ("pull", "--ff-only")
        return shlex.join(("git", "-C", str(self.root), *get))

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order.

        Raises `TetraEsError` where there is none at all, `IntegrityFailure` for another file.
        """
        for batch in self._batches(after, upto):
            yield from batch

    def events(self, after: int = 0) -> Iterator[Mirrored]:
        """Yield the events with positions higher than `after`, each with the bodies that it names.

        Raises as `records` does, and `IntegrityFailure` where the clone lacks commits.
        """
        for batch in self._batches(after):
            for one in read(self.root, self._git, batch, self._places(batch)):
                self._recent = one.bodies | dict(islice(self._recent.items(), _RECENT))
                yield one

    def body(self, digest: bytes) -> bytes | None:
        """Return a body that an event names, None where no commit has it or it was purged.

        Those of the last events that `events` yielded are at hand; others are looked for.
        """
        if digest in self._recent:
            return self._recent[digest]
        if digest not in self._where:
            for batch in self._batches(self._indexed):
                self._places(batch)
                if digest in self._where:
                    break
        try:
            blob = self._where[digest]
            return body_in(blobs(self.root, self._git, [blob])[0], digest)
        except KeyError:
            return None

    def _batches(self, after: int, upto: int | None = None) -> Iterator[list[Record]]:
        if not self._names:
            raise self._no_clone("has no events")
        start = bisect_right(self._names, event_path(after))
        end = len(self._names) if upto is None else bisect_right(self._names, event_path(upto))
        for at in range(start, end, _BATCH):
            found = self._read(self._names[at : min(at + _BATCH, end)])
            yield [_record_in(name, data) for name, data in found.items()]

    def _places(self, batch: list[Record]) -> list[BlobRefs]:
        """Return where the bodies of a batch are; they are remembered."""
        first = bisect_left(self._names, event_path(batch[0].position))
        commits = self.commits[first : first + len(batch)]
        if len(commits) < len(batch):
            raise IntegrityFailure(
                f"{self._shown} does not have the commits of all its events", hint=_HINT
            )
        found = locate(self.root, self._git, list(zip(commits, batch, strict=True)))
        for each in found:
            self._where |= {digest: place.identifier for digest, place in each.items()}
        if first <= bisect_right(self._names, event_path(self._indexed)):
            self._indexed = max(self._indexed, batch[-1].position)
        return found

    @property
    def last(self) -> int:
        """How many events there are."""
        return len(self._names)

    @property
    def is_whole(self) -> bool:
        """Whether it has the events from the first on, and a commit for each of them alone."""
        last = self._names[-1] if self._names else ""
        return last == event_path(self.last) and len(self.commits) == self.last

    @cached_property
    def commits(self) -> list[str]:
        """The commits up to HEAD, of which the first ones are those of the events, in order."""
        arguments = ("--first-parent", "--reverse", self._head)
        try:
            return self._git.read(self.root, "rev-list", *arguments).decode().split()
        except GitMissing:
            raise
        except TetraEsError as error:
            raise self._unreadable(error) from error

    def ciphertext(self, environment: str, key: str) -> bytes:
        """Return the age file of a secret, which the caller compares with its digest."""
        path = secret_file(environment, key)
        if path not in self._files:
            raise IntegrityFailure(f"{path} is not in {self._shown}", hint=_HINT)
        return self._read([path])[path]

    @property
    def _shown(self) -> str:
        return self._place or f"the clone {self.root}"

    def _listed(self) -> tuple[str, Mapping[str, bytes]]:
        try:
            refs = all_refs(self.root)
            # A host may call another branch its default, which is then not there.
            head = self._commit or head_of(self.root, refs) or self._main_of(refs)
        except OSError as error:
            raise self._no_clone("has no events") from error
        if head is None:
            raise self._no_clone("has no events")
        try:
            return head, in_commit(self.root, self._git, head)
        except GitMissing:
            raise
        except TetraEsError as error:
            raise self._unreadable(error) from error

    def _main_of(self, refs: Mapping[str, str]) -> str | None:
        """Return the commit of the branch `main`, of this or else of what it was cloned from."""
        if not (git_folder(self.root) / "HEAD").is_file():
            return None
        return refs.get(BRANCH) or refs.get("refs/remotes/origin/main")

    def _read(self, names: list[str]) -> dict[str, bytes]:
        for name in names:
            if self._files[name] == NOT_A_FILE:
                raise IntegrityFailure(f"{name} cannot be read: it is not a file", hint=_HINT)
        try:
            found = blobs(self.root, self._git, [self._files[name] for name in names])
        except GitMissing:
            raise
        except TetraEsError as error:
            raise self._unreadable(error) from error
        return dict(zip(names, found, strict=True))

    def _unreadable(self, error: TetraEsError) -> IntegrityFailure:
        return IntegrityFailure(f"{self._shown} cannot be read: {error.message}", hint=_HINT)

    def _no_clone(self, what: str) -> TetraEsError:
        return TetraEsError(
            f"{self._place or self.root} {what}: it is not a clone of a mirror",
            hint="check the address"
            if self._place
            else "`git clone URL FOLDER` makes one; URL is what the mirror is pushed to",
        )


def _record_in(name: str, data: bytes) -> Record:
    """Return the event in a file. Raises `IntegrityFailure` for what is not an event's file."""
    try:
        return _record_of(name, data)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IntegrityFailure(f"{name} cannot be read: {error}", hint=_HINT) from error


def _record_of(name: str, data: bytes) -> Record:
    """Return the event in a file. Raises `ValueError` and the like."""
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of an event")
    record = _record(json.loads(data))
    if name != event_path(record.position):
        raise ValueError(f"it is event #{record.position}")
    return record


def _record(value: dict[str, Any]) -> Record:
    position, version = value["event"], value["version"]
    if not (type(position) is type(version) is int):
        raise ValueError("its numbers are not integers")
    if not all(isinstance(value[name], str) for name in _TEXTS):
        raise ValueError("its texts are not strings")
    for name in _TEXTS:
        value[name].encode()  # raises for half of a surrogate pair
    return Record(
        position,
        value["stream"],
        version,
        value["topic"],
        canonical.encode(value["state"]),
        bytes.fromhex(value["previous"]),
        bytes.fromhex(value["hash"]),
        dearmor(value["signature"]) if value["signature"] else b"",
    )
