"""Reading the replica of version 2: only what was admitted on this account, as it was admitted.

Where nothing is new, a row is compared with its pin and nothing is judged; what needs more than
rows, such as which events are void, opens the gate.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from tetra_es.disk.closing import Closing
from tetra_es.errors import IntegrityFailure, TetraEsError, Unavailable, Unfounded
from tetra_es.gate.pins.level import pinned_at
from tetra_es.log.chain import GENESIS, START, Head, link
from tetra_es.log.sqlite.reader import SqliteLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.events.base import Event
    from tetra_es.gate.opening import Opened
    from tetra_es.gate.reader import AdmittedLog
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Ending, Purge
    from tetra_es.model.secrets import Vault

_HINT = "somebody changed the store; `tetra-es verify` looks at all of it"


class AdmittedReplica(Closing):
    """The admitted events of a file; see `log.replica.Replica`."""

    def __init__(
        self,
        path: Path,
        admission: Admission,
        *,
        log: SqliteLog | None = None,
        recording: bool = False,
        behind: bool = False,
    ) -> None:
        """Open the file at `path`, or read through `log`, which is open.

        Raises `Unfounded` where it has no events, and what `open_organization` raises.
        """
        self.log = log or SqliteLog(path)
        self._admission = admission
        self._recording = recording
        self._behind = behind
        self._level: Callable[[int], bytes | None] | None = None
        try:
            self.look_again()
        except BaseException:
            self.log.close()
            raise

    def look_again(self) -> None:
        """Look at what is there now, after the first events were recorded."""
        self._head = self.log.head()
        if self._head == START or self._admission.proving:
            return
        if self._recording:
            _ = self.opened
            return
        window = pinned_at(self._admission.folder(), self.folder, self._head)
        if window is None:
            if self._admission.quick:
                raise TetraEsError(f"{self.path} has events that were not admitted yet")
            _ = self.opened
        else:
            self._level = window.at

    def open_again(self) -> None:
        """Open the gate again, whatever an interrupt left of what it knew."""
        self.__dict__.pop("opened", None)
        self.look_again()

    def follow(self) -> None:
        """Take in what others recorded since it was opened. Raises what `open_organization` does.

        One that is recorded to follows by its `GatedLog`.
        """
        if self._recording or self.log.head() == self._head:
            return
        if self._admission.proving and self.is_gated:
            from tetra_es.gate.proving import admit_more

            admit_more(self.opened, self.log)
            self.look_again()
        else:
            self.open_again()

    @property
    def path(self) -> Path:
        """The file that has them."""
        return self.log.path

    @property
    def folder(self) -> Path:
        """The organization's folder."""
        return self.path.parent.parent

    def state_folder(self) -> Path:
        """Return where this account keeps what it knows of the organization."""
        from tetra_es.gate.pins.places import StateFolder
        from tetra_es.gate.pins.standing import organization_of

        state = StateFolder(self._admission.folder())
        return state.pins(organization_of(self.log)).folder

    @cached_property
    def opened(self) -> Opened:
        """What the gate says. Raises what `open_organization` raises."""
        from tetra_es.gate.opening import open_organization
        from tetra_es.gate.pins.places import StateFolder, place_of_folder

        self.require_events()
        opened = open_organization(
            self.log,
            StateFolder(self._admission.folder()),
            place_of_folder(self.folder),
            ask=self._admission.ask,
            expect=self._expected,
            recording=self._recording,
            behind=self._behind,
            check=lambda: self._admission.check_derived(self.folder, self.log.head),
        )
        self._level = None
        self._say(opened)
        return opened

    def prove(self, hear: Callable[[Verdict], None], *, since: int = 1) -> Opened:
        """Admit all events from the start, or from `since` on, and read as the gate says then.

        `hear` is told each verdict. Nothing is pinned. Raises what `prove` of the gate raises.
        """
        from tetra_es.gate.pins.places import StateFolder, place_of_folder
        from tetra_es.gate.proving import prove

        self.require_events()
        opened = prove(
            self.log,
            StateFolder(self._admission.folder()),
            place_of_folder(self.folder),
            hear,
            ask=self._admission.ask,
            expect=self._expected,
            insist=self._admission.insist,
            since=since,
        )
        self.__dict__["opened"] = opened
        self._level = None
        if opened.founder:
            self._say_founder(opened)
        if opened.unpinned:
            self._admission.check_derived(self.folder, self.log.head)
        return opened

    def _say(self, opened: Opened) -> None:
        """Tell people who founded a history that is new here, and which new events are void."""
        from tetra_es.gate.opening import stop

        say = self._admission.say
        self._say_founder(opened)
        if (stopped := opened.stopped) is not None:
            say(f"{stop(stopped).message}; it does not count, nor does what comes after it")
        for verdict in opened.void:
            say(f"event #{verdict.record.position} is void and changes nothing: {verdict.what}")

    def _say_founder(self, opened: Opened) -> None:
        """Tell people who founded a history that is new here, unless they know it."""
        from tetra_es.crypto.ssh.keys import fingerprint
        from tetra_es.crypto.ssh.kinds import parse_public_line
        from tetra_es.gate.pins.standing import Standing

        if opened.standing is Standing.NEW and not self._admission.expect:
            key = fingerprint(parse_public_line(opened.founder))
            self._admission.say(
                f"this account had not seen this history before; it was founded with {key}"
            )

    @property
    def _expected(self) -> Head | None:
        expect = self._admission.expect
        return Head(*expect) if expect else None

    @property
    def is_gated(self) -> bool:
        """Whether the gate was opened."""
        return "opened" in self.__dict__

    @property
    def admitted(self) -> AdmittedLog:
        """The log as the gate admitted it."""
        from tetra_es.gate.reader import AdmittedLog

        return AdmittedLog(self.log, self.opened.gate.state, self.opened.hash_at)

    @property
    def ending(self) -> Ending:
        """Whether what is here ends where what was admitted on this account does."""
        from tetra_es.log.replica import Ending

        if self._level is not None:
            return Ending.WHOLE
        return Ending.EARLY if self.opened.is_behind else Ending.WHOLE

    def close(self) -> None:
        """Let go of the file."""
        self.log.close()

    def last_position(self) -> int:
        """Return the position of the newest admitted event, 0 where there is none."""
        return (self.opened.gate.state.head if self.is_gated else self._head).position

    def require_events(self) -> None:
        """Raise `Unfounded` where there is no event."""
        if self.log.head() == START:
            raise Unfounded(f"{self.path} has no events")

    def record(self, position: int) -> Record | None:
        """Return the event at `position`, None for none. Raises `IntegrityFailure`."""
        if not 1 <= position <= self.last_position():
            return None
        if self._level is None:
            return self.admitted.record(position)
        record = self.log.record(position)
        return None if record is None else self._checked(record, position)

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`. Raises `IntegrityFailure`."""
        if self._head == START and not self.is_gated:
            return
        yield from self.admitted.records(after, upto)

    def of_stream(
        self, stream: str, *, from_version: int = 1, descending: bool = False
    ) -> Iterator[Record]:
        """Yield the events of one stream from a version on, in its order or the newest first."""
        return self.admitted.of_stream(stream, from_version=from_version, descending=descending)

    def of_topics(self, topics: Sequence[str], upto: int) -> list[Record]:
        """Return the events of these kinds up to a position, in order."""
        found = (self.record(position) for position in self.log.positions_of(topics, upto))
        return [record for record in found if record is not None]

    def streams(self, prefix: str) -> list[str]:
        """Return the streams whose names begin with `prefix`."""
        return sorted(name for name in self.opened.gate.state.versions if name.startswith(prefix))

    def has_topic(self, topic: str, after: int, upto: int) -> bool:
        """Return whether an event of this kind is in `after` < position <= `upto`."""
        return any(each.topic == topic for each in self.records(after, upto))

    def event(self, record: Record) -> Event:
        """Return the event of a record in memory; see `log.forms.event_of`."""
        known = vars(record).get("event")
        if known is None:
            known = vars(record)["event"] = self._event(record)
        return known

    def _event(self, record: Record) -> Event:
        from tetra_es.log.forms import BodyMissing, event_of

        try:
            return event_of(record, self.body)
        except BodyMissing:
            pass
        try:
            return event_of(record, self.body, self.opened.gate.state.purged)
        except BodyMissing as error:
            self._check_purged_later(record.position, error.digest)
            raise

    def purge_of(self, digest: bytes) -> Purge | None:
        """Return what destroyed a body, None where nothing did."""
        position = self.opened.gate.state.purged.get(digest)
        record = None if position is None else self.record(position)
        if record is None:
            return None
        from tetra_es.log.replica import Purge

        state = json.loads(record.state)
        metadata = state["metadata"]
        return Purge(record.position, metadata["actor"], state["timestamp"], metadata["reason"])

    def what_purged(self, digest: bytes, position: int) -> Purge | None:
        """Return what destroyed a body of the event at `position`, None where nothing did.

        Raises `Unavailable` where that was after all that is read here.
        """
        found = self.purge_of(digest)
        if found is None:
            self._check_purged_later(position, digest)
        return found

    def void(self, position: int) -> str | None:
        """Return why the event at `position` changed nothing, None where it is valid."""
        return self.opened.gate.state.void.get(position)

    def stopped(self) -> str | None:
        """Return why what is stored after the newest event does not count; None for nothing."""
        if self._level is not None:
            return None
        from tetra_es.gate.opening import stop

        stopped = self.opened.stopped
        return stop(stopped).message if stopped else None

    def vault(self, environment: str) -> Vault:
        """Return the secrets of an environment as the admitted events make them."""
        from tetra_es.model.secrets import secrets_stream

        state = self.opened.gate.state
        vault = state.vault(environment).copy()
        vault.skip_to(state.versions.get(secrets_stream(environment), 0))
        return vault

    def state_text(self, position: int) -> str | None:
        """Return the TOML text that the event at `position` holds, None where there is none.

        Raises `Purged` where it was destroyed, `Unavailable` where it was so after all that is
        read here, `IntegrityFailure` where it is not there.
        """
        record = self.record(position)
        state = json.loads(record.state) if record else {}
        text = state.get("text")
        if not isinstance(text, str):
            return None
        if "rules" not in state["metadata"]:
            return text
        digest = bytes.fromhex(text)
        body = self.body(digest)
        if body is not None:
            return body.decode()
        if purge := self.purge_of(digest):
            from tetra_es.log.purged import name_of
            from tetra_es.log.replica import Purged

            name = name_of(record.topic, state) if record else ""
            raise Purged(f"{name} (#{position})", purge, name.rpartition("@")[0])
        if self.void(position) is None:  # which was admitted with its text
            self._check_purged_later(position, digest)
            raise IntegrityFailure(f"event #{position}: its text is missing", hint=_HINT)
        return None

    def _check_purged_later(self, position: int, digest: bytes) -> None:
        """Raise `Unavailable` where a body of an event was purged after the newest one here.

        Others may purge while an answer is made, which is as of before that.
        """
        from tetra_es.gate.outlook import Outlook

        last = self.last_position()
        with SqliteLog(self.path) as whole:
            told = Outlook(whole, last).told(digest, last)
        if told is not None:
            raise Unavailable(
                f"#{told.purge} purged meanwhile what event #{position} had",
                hint="try again in a moment",
            )

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none or it was purged."""
        return self.log.body(digest)

    def bodies(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield digest and bytes of every body; None where it was purged."""
        return self.log.bodies()

    def _checked(self, record: Record, position: int) -> Record:
        """Return a record if it is the one that is pinned at its position."""
        hash_at = self._level
        before = hash_at(position - 1) if hash_at and position > 1 else GENESIS
        expected = hash_at(position) if hash_at else None
        parts = (record.stream, record.version, record.topic, record.state)
        if (
            before is None
            or (record.position, record.previous, record.hash) != (position, before, expected)
            or link(before, position, *parts) != expected
        ):
            raise IntegrityFailure(
                f"event #{position}: is not the one that was admitted", hint=_HINT
            )
        return record
