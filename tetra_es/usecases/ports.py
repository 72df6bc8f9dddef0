"""What use cases need from the layers above them; the interface hands it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeAlias

    from tetra_es.admission import Admission
    from tetra_es.errors import TetraEsError
    from tetra_es.gate.pins.bases import Base
    from tetra_es.layout import OrgLayout
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es.log.shared import SharedLog
    from tetra_es.model.standing import Standing
    from tetra_es.refs import Ref
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.merge import Side

    Report: TypeAlias = Callable[[str, int, int], None]
    """Is told what is being done, how far it is, and how far it goes."""


class Refs(Protocol):
    """Finds the events that REFs name."""

    def position_of(self, ref: Ref, file: str | None = None) -> int:
        """Return the position of the event that `ref` names; a revision of `file`, if given.

        It is an environment, `manifest` or `profile ENV`.

        Raises `UsageError` or `TetraEsError` where there is none.
        """

    def moment_of(self, ref: Ref, environment: str) -> int:
        """Return the last position at which what `ref` names was the present state.

        A revision stands until the next one begins; every other REF for one moment.
        """


class FileChange(Protocol):
    """A projected file that is not as it was written last."""

    @property
    def path(self) -> str:
        """Below the organization's folder."""

    @property
    def missing(self) -> bool:
        """Whether it is gone."""

    @property
    def problem(self) -> TetraEsError | None:
        """Why it cannot be read, as where a folder is in its place."""


class EditedBases(Protocol):
    """The bases of edited files: which revision each was written as last."""

    def of(self, path: str) -> Base | None:
        """Return the base of a file, None where it is not known."""

    def put(self, path: str, base: Base) -> None:
        """Give a file another base."""

    def recorded(self, path: str, position: int, *, merged: bool) -> None:
        """Note that an event recorded what a person saved, `merged` or as it was."""


class WorkingFiles(Protocol):
    """The projected files in the organization's folder."""

    @property
    def bases(self) -> EditedBases:
        """What the edited files were written as last."""

    def replace(self, path: str, digest: str, data: bytes) -> None:
        """Write an edited file as recorded, where its content still has this digest."""

    def changed(self) -> Sequence[FileChange]:
        """Return the files that are not as they were written last, by path.

        Those that cannot be read are among them.
        """

    def changed_by_hand(self) -> Sequence[FileChange]:
        """Return the edited files that are not as they were written last, by path."""

    def unknown_profiles(self) -> Sequence[str]:
        """Return the paths of overlays that somebody made and nobody recorded yet."""

    def read(self, path: str) -> str:
        """Return the text of a file. Raises `TetraEsError` where it is not UTF-8."""

    @property
    def parted(self) -> Sequence[str]:
        """Paths of edited files that had another name, a hard link, which keeps the old content."""

    @property
    def blocked(self) -> Sequence[TetraEsError]:
        """Why files could not be written as recorded last: something else is in their place."""

    def check_writable(self, path: str) -> None:
        """Raise `TetraEsError` where an edited file is a link to where nothing can be written."""

    def is_modified(self, path: str) -> bool:
        """Return whether a file is there and not as it was written last, if ever."""

    def is_missing(self, path: str) -> bool:
        """Return whether there is no file."""

    def back_up(self, path: str, position: int) -> str:
        """Move a hand-made file out of the way; return its new path.

        `position` is that of the newest event.
        """

    def restore(self, path: str, data: bytes) -> None:
        """Write a file where it is missing."""


class Projections(Protocol):
    """Everything derived from the events."""

    @property
    def log(self) -> Replica:
        """The events."""

    @property
    def files(self) -> WorkingFiles:
        """The files in the organization's folder."""

    @property
    def refs(self) -> Refs:
        """What REFs name, in step with the events after `catch_up`."""

    def merge_texts(
        self, base: str, mine: str, theirs: str, *, prefer: Side | None = None
    ) -> str | None:
        """Return what two changes of a text come to, None where they are in each other's way.

        With `prefer`, one of the two is taken there.
        """

    def serving_hosts(self, environment: str) -> Sequence[str]:
        """Return the hosts that an environment runs on, by what was recorded; not this machine."""

    def names_of(self, environment: str, host: str, machine: str | None = None) -> Sequence[str]:
        """Return all names of a host that an environment was deployed to."""

    def deployed_hosts(self) -> Mapping[str, Sequence[str]]:
        """Return the hosts that each environment was deployed to, by what was recorded."""

    def catch_up(self, report: Report | None = None) -> None:
        """Take in every event that is missing anywhere."""

    def shared_log(self, address: str, mark: str = "") -> SharedLog:
        """Return the log that several machines append to, as of `mark`; see `SharedLog.mark`.

        Raises `UsageError` for no address.
        """

    def signers(self) -> dict[str, str]:
        """Return name to public key line of those who may record."""

    @property
    def was_shared(self) -> bool:
        """Whether the organization was shared from this folder, wherever that was."""

    def note_shared(self) -> None:
        """Remember, beside the mirror, that it is; a fetch from a repository does that itself."""

    def unshare(self) -> None:
        """Forget that it was."""


class SharingProjections(Protocol):
    """The mirror, by which an organization may be shared."""

    def shared_log(self, address: str, mark: str = "") -> SharedLog:
        """Return the log that several machines append to. Raises `UsageError` for no address."""


class Differences(Protocol):
    """How what is derived stands to the events."""

    @property
    def findings(self) -> Sequence[str]:
        """In what it differs from what the events up to its own position make, a sentence each."""

    @property
    def behind(self) -> int | None:
        """The newest event that all of it has, None where that is the newest one."""


class ComparedProjections(Protocol):
    """Everything derived, to be compared with the events."""

    @property
    def log(self) -> Replica:
        """The events."""

    def differences(self, report: Report | None = None) -> Differences:
        """Return what differs from the events, and whether all of them are in what is derived."""

    @property
    def refs(self) -> Refs:
        """What REFs name, as far as the views have the events."""

    def lost_events(self) -> str | None:
        """Return a sentence where something derived has events that the log no longer has."""

    def kept_for_people(self) -> Sequence[str]:
        """Return the branches of the mirror that keep what people committed in it."""


class RebuiltProjections(Protocol):
    """Everything derived, to be thrown away and built again."""

    @property
    def log(self) -> Replica:
        """The events."""

    @property
    def files(self) -> WorkingFiles:
        """The files in the organization's folder."""

    def lost_events(self) -> str | None:
        """Return a sentence where something derived has events that the log no longer has."""

    def rebuild(self, *, force: bool = False, report: Report | None = None) -> Sequence[str]:
        """Build everything again; return where files are now that were changed by hand."""

    def set_unknown_aside(self) -> Sequence[str]:
        """Move files that no event made out of the way; return where they are now."""

    def differences(self, report: Report | None = None) -> Differences:
        """Return what differs from the events, and whether all of them are in what is derived."""


class Remote(Protocol):
    """A copy of the mirror elsewhere."""

    @property
    def remote(self) -> str:
        """What we call it."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def commit(self) -> str | None:
        """The commit that it had when we last pushed or asked; None for never."""

    @property
    def behind(self) -> int | None:
        """Commits of ours that it lacks; None where its history is another one."""


class Pushed(Protocol):
    """A push to a copy of the mirror elsewhere."""

    @property
    def commits(self) -> int:
        """How many the copy had not had, by what we knew of it."""

    @property
    def commit(self) -> str:
        """The one that its branch is at now."""


class Remotes(Protocol):
    """The copies of the mirror elsewhere."""

    def rows(self) -> Sequence[Remote]:
        """Return them, as of the last push."""

    def add(self, name: str, url: str, shared: str | None = None) -> None:
        """Add a remote, not the address `shared`. Raises `UsageError` or `Refused`."""

    def remove(self, name: str) -> None:
        """Forget a remote. Raises `UsageError` for none."""

    def push(self, name: str, shared: str | None = None, *, force: bool = False) -> Pushed:
        """Push the history to a remote that is not the address `shared`."""


class MirroredProjections(Protocol):
    """The mirror, and what keeps it in step with the events."""

    @property
    def remotes(self) -> Remotes:
        """The copies of the mirror elsewhere."""

    def catch_up(self, report: Report | None = None) -> None:
        """Take in every event that is missing anywhere."""

    def check_mirror(self) -> None:
        """Compare the mirror with the events. Raises `IntegrityFailure` where it differs."""


class Deployments(Protocol):
    """What is recorded of environments and their servers, to be looked at."""

    @property
    def log(self) -> Replica:
        """The events."""

    def serving_hosts(self, environment: str) -> Sequence[str]:
        """Return the hosts that an environment runs on, by what was recorded; not this machine."""

    def names_of(self, environment: str, host: str, machine: str | None = None) -> Sequence[str]:
        """Return all names of a host that an environment was deployed to; none where it was not.

        `machine` is the id that it tells, where it was asked.
        """

    def standing(self, environment: str, host: str) -> Standing | None:
        """Return how what a host has stands to the present state; None where it has nothing."""

    def document(self, environment: str) -> ConfigDocument:
        """Return the present TOML of an environment.

        Raises `UsageError` for an unknown one, `TetraEsError` where it has no state yet.
        """

    def secret_names(self, environment: str) -> Collection[str]:
        """Return the keys of an environment's present secrets."""


class Clone(Protocol):
    """A clone of the mirror, which anybody may have put anything into."""

    @property
    def root(self) -> Path:
        """Its folder."""

    @property
    def update(self) -> str:
        """The command that gets it the newest events, for hints."""

    def events(self, after: int = 0) -> Iterator[tuple[Record, object]]:
        """Yield the events with positions higher than `after`, each with the bodies it names."""

    def body(self, digest: bytes) -> bytes | None:
        """Return a body that an event names, None where no commit has it or it was purged."""

    def records(self) -> Iterator[Record]:
        """Yield its events, in order; nothing of them is checked but that they are events.

        Raises `TetraEsError` where there is none, `IntegrityFailure` for another file.
        """

    def ciphertext(self, environment: str, key: str) -> bytes:
        """Return the age file of a secret, to be compared with its digest."""


class CopiedEvent(Protocol):
    """An event in a copy of a history."""

    @property
    def record(self) -> Record:
        """The event with its proof, of which nothing is checked yet."""

    @property
    def bodies(self) -> Mapping[bytes, bytes | None]:
        """Digest to bytes of those that it names; None, or not there, where the copy lacks them."""


class HistoryCopy(Protocol):
    """A copy of a history, which anybody may have put anything into."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order. Nothing is checked yet."""

    def events(self) -> Iterator[CopiedEvent]:
        """Yield all events, in order, each with its bodies."""


class OtherCopy(Protocol):
    """A copy of a history to compare with, which anybody may have put anything into."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`, in order. Nothing is checked yet."""

    def body(self, digest: bytes) -> bytes | None:
        """Return a body that an event names, None where there is none or it was purged."""


class OpenedProjections(
    ComparedProjections, RebuiltProjections, MirroredProjections, SharingProjections, Protocol
):
    """Everything derived from one log, opened for what is not about one event."""


class Derived(Protocol):
    """Opens what is derived from the events."""

    def __call__(self, layout: OrgLayout, log: Replica) -> AbstractContextManager[Projections]:
        """Return what is derived from a log."""

    def check_git(self) -> None:
        """Raise `TetraEsError` where there is no git: the mirror could not be written."""

    def check_free(self, layout: OrgLayout) -> None:
        """Raise `TetraEsError` where something derived is there without its events.

        Or where something else is in its place.
        """


class ProjectionsAgain(Projections, RebuiltProjections, Protocol):
    """Everything derived from the events, which may have to be built again."""


class DerivedAgain(Protocol):
    """Opens what is derived from the events, and may have to be built again."""

    def __call__(self, layout: OrgLayout, log: Replica) -> AbstractContextManager[ProjectionsAgain]:
        """Return what is derived from a log."""


class DerivedOfCopy(Derived, Protocol):
    """Opens what is derived from events that are restored."""

    def check_not_ahead(self, layout: OrgLayout, position: int) -> None:
        """Raise `Refused` where the mirror that is there has events after a position."""

    def copy_at(self, place: str) -> AbstractContextManager[HistoryCopy]:
        """Open a backup, an organization's folder, a clone of a mirror, or one at an address."""

    def shared_copy(self, url: str) -> AbstractContextManager[tuple[str, HistoryCopy]]:
        """Open what is shared by the git repository at an address, which is yielded, too."""

    def of_store(self, layout: OrgLayout) -> AbstractContextManager[Projections]:
        """Return what is derived from the store that is there; the caller holds the lock."""


class DerivedElsewhere(DerivedOfCopy, Protocol):
    """Opens what is derived from events, here and in a clone that is made for a while."""

    def on(self, admission: Admission) -> DerivedElsewhere:
        """Return the same for what is admitted elsewhere."""

    def keep_line(self, layout: OrgLayout, position: int, ref: str) -> None:
        """Keep the mirror's commits under a ref, and set `main` back to an event's commit."""


class Listener(Protocol):
    """Is told what happens beside the result, for the person at the keyboard."""

    def edit_recorded(self, path: str, position: int | None) -> None:
        """A file that somebody changed was recorded; in a dry run without a position."""

    def caught_up(self, environment: str, host: str, position: int | None) -> None:
        """What an earlier command did on a host, and could not record, is recorded now."""

    def edit_merged(self, path: str, base: str, newer: Sequence[str], *, dry_run: bool) -> None:
        """What somebody saved was typed on the revision `base`, and merged with `newer` ones."""

    def edit_waits(self, path: str, *, missing: bool, wrong: str | None) -> None:
        """A file that somebody changed, and that nothing depended on, was not recorded.

        `wrong` says what keeps it from being recorded, if it is not TOML.
        """

    def key_made(self, path: Path) -> None:
        """A signing key was made at `path`, since there was none."""

    def backed_up(self, path: str) -> None:
        """A generated file that was changed by hand was moved to `path`."""

    def parted(self, path: str) -> None:
        """An edited file that had another name, a hard link, has no longer: that keeps the old."""

    def in_doubt(self, where: str | None) -> None:
        """Events were sent there, and may have been recorded; with None, that is known again."""

    def received(self, first: int, last: int) -> None:
        """These events, which others recorded, were taken over."""

    def warned(self, message: str, hint: str | None = None) -> None:
        """Something is most likely not as somebody meant it, and stopped nothing."""

    def recorded(self, positions: Sequence[int]) -> None:
        """These events were recorded, all or up to where the command was interrupted."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Something takes long: how far it is, and how far it goes."""
