"""Admitting events: the only way in, from wherever they come.

First what makes an event (else refused: chain, signature, order in its stream, form, batch), then
the numbered rules (else void). Batches are admitted whole or not at all.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tetra_es.gate.bodies import Bodies
from tetra_es.gate.entry import Entry
from tetra_es.gate.outlook import Contested, LookedAhead, Outlook
from tetra_es.gate.readers import readers_of
from tetra_es.gate.rules import RULE_SETS
from tetra_es.gate.signatures import check_signatures, founders_of
from tetra_es.gate.state import State
from tetra_es.gate.verdicts import Broken, Kind, Lacking, Reason, Rejected, Verdict
from tetra_es.log.counting import count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from tetra_es.gate.bodies import Source
    from tetra_es.gate.outlook import Told
    from tetra_es.gate.pins.judged import PinnedVerdicts
    from tetra_es.gate.state import Signer
    from tetra_es.log.chain import Head
    from tetra_es.log.record import Record


class Judged(NamedTuple):
    """A whole batch with its verdicts, for `Gate.take`."""

    entries: list[Entry]
    verdicts: list[Verdict]


class Gate:
    """Admits events, in order. What it knows is in `state`."""

    def __init__(
        self,
        source: Source,
        state: State | None = None,
        known: Callable[[int], bytes | None] = lambda _: None,
        judged: PinnedVerdicts | None = None,
    ) -> None:
        """Begin before event 1, or with the state after events that were admitted before.

        `source` has the events that are going to be admitted, and all before them: rules look at
        earlier texts, and at what later events purged. `known` returns the hash that is pinned at
        a position: signatures of such events were checked when they were pinned. `judged` has what
        the rules said of them then.
        """
        self.state = state or State()
        self._source = source
        self._known = known
        self._judged = judged
        self._bodies = Bodies(source, self.readers)
        self._void_purges: set[int] = set()
        """Purge events that would be relied on, and are void."""
        self._outlook = Outlook(source, self.state.head.position, self._void_purges)
        self._owed: dict[int, Record] = {}
        """Position of a purge event to the first event that was taken at its word."""
        self._ahead: LookedAhead | None = None
        """Where it only finds out which purge events are void."""
        self._is_settled = False

    def read_from(self, source: Source) -> None:
        """Have rules look at another source from now on, which has the same events and more."""
        self._source = source
        self._bodies = Bodies(source, self.readers)
        self._outlook = Outlook(source, self.state.head.position, self._void_purges)

    @property
    def firm(self) -> bool:
        """Whether nothing was taken at the word of a purge event that is still to come.

        Only then may the hashes of what was admitted be pinned.
        """
        return not self._owed

    def admit(self, records: Iterable[Record]) -> Iterator[Verdict]:
        """Admit events that follow the last one that was; yield the verdict of each.

        It ends after the first that is refused or unknown. The state is then that of before its
        batch. Where the refused one is not the next, but one that a void purge event spoke for,
        this gate is of no use any more.
        """
        self._outlook = Outlook(self._source, self.state.head.position, self._void_purges)
        self._is_settled = self._ahead is not None
        batch: list[Entry] = []
        after = self.state.head
        for record in records:
            try:
                entry = Entry(record, after)
                _check_batch(batch, entry)
                batch.append(entry)
                after = record.head
                if not entry.is_last:
                    continue
                judged = self._judge_settled(batch)
                self.take(judged)
            except Rejected as error:
                yield Verdict(error.kind, error.record or record, error.reason, str(error))
                return
            yield from judged.verdicts
            batch = []
        if batch:
            yield Verdict(
                Kind.REFUSED, batch[0].record, Reason.BATCH, "the end of its batch is missing"
            )

    def judge(self, records: Iterable[Record], bodies: Iterable[bytes] = ()) -> Judged:
        """Return the verdicts of one whole batch that is not in the source yet; change nothing.

        Raises `Rejected` where it is refused or unknown.
        """
        batch: list[Entry] = []
        after = self.state.head
        for record in records:
            batch.append(_joined(batch, Entry(record, after)))
            after = record.head
        if not batch or not batch[-1].is_last:
            raise Rejected(Reason.BATCH, "the end of its batch is missing")
        self._bodies.new = {sha256(body).digest(): body for body in bodies}
        try:
            return self._judge(batch)
        finally:
            self._bodies.new = {}

    def take(self, judged: Judged) -> None:
        """Take in a batch that was judged, and is next."""
        state = self.state
        for entry, verdict in zip(*judged, strict=True):
            is_void = verdict.kind is Kind.VOID
            counted = count(
                state.reached,
                entry.position,
                entry.topic,
                entry.state,
                void=is_void,
                may_correct=state.may_correct,
            )
            state.set(reached=counted.reached)
            if not is_void:
                RULE_SETS[entry.rules].apply(entry, state)
            else:
                state.put(state.void, entry.position, str(verdict.reason))
            state.put(state.versions, entry.record.stream, entry.record.version)
            if entry.position == 1:
                state.set(organization=entry.record.hash.hex())
            state.set(head=entry.record.head)
            relied_on = self._owed.get(entry.position)
            if self._ahead is not None:
                self._ahead.note(verdict, is_relied_on=relied_on is not None)
            elif relied_on is not None and verdict.kind is Kind.VOID:
                what = f"a body that it names is missing, and #{entry.position} did not purge it"
                raise Rejected(Reason.BODY, what, relied_on)
            self._owed.pop(entry.position, None)

    def readers(self, digests: Collection[bytes]) -> dict[int, str]:
        """Return position and verdict of each event so far that names one of some bodies.

        Also of each that cannot be judged without one, such as the next state after a text. What
        a purge event has to list.
        """
        return readers_of(self._source, self.state, digests)

    def _judge_settled(self, batch: list[Entry]) -> Judged:
        """Judge a batch; find out before which purge events are void, where that is contested."""
        try:
            return self._judge(batch)
        except Contested:
            self._settle()
            return self._judge(batch)

    def _settle(self) -> None:
        """Judge ahead, until no event is judged by what a void purge event says.

        Else a signer could list all bodies in such an event, and the next honest purge of one would
        have nobody admit this history any more. Those of signers with limits are left out first,
        all at once: such a signer could record any number of them, and what one says may have
        another event refused than the one that relied on it.
        """
        from tetra_es.gate.roles import Roles  # few histories need it

        self._is_settled = True
        sketch = Gate(self._source, self.state.copy())
        later = _whole_batches(self._source.records(self.state.head.position), self.state.head)
        self._void_purges |= Roles(sketch.state, sketch._verdicts).limited_purges(later)
        while True:
            ahead = Gate(self._source, self.state.copy(), self._known, self._judged)
            ahead._void_purges |= self._void_purges
            ahead._ahead = found = LookedAhead()
            for each in ahead.admit(self._source.records(self.state.head.position)):
                if not each.admitted:
                    relied = ahead._owed.items()
                    found.stop(purge for purge, record in relied if record == each.record)
            self._void_purges |= found.void
            if not found.is_misled:
                return

    def _judge(self, batch: list[Entry]) -> Judged:
        self._check_streams(batch)
        signers = self.state.signers if self.state.organization else founders_of(batch[0])
        pinned = all(self._known(each.position) == each.record.hash for each in batch)
        signer = check_signatures(batch, signers, pinned=pinned)
        verdicts = self._pinned(batch) if pinned else None
        verdicts = verdicts or self._verdicts(batch, signer)
        if not self.state.organization and verdicts[0].kind is Kind.VOID:
            what = next(each.what for each in verdicts if each.reason is not Reason.BATCH_VOID)
            raise Rejected(Reason.FOUNDING, what, batch[0].record)
        return Judged(batch, verdicts)

    def _pinned(self, batch: list[Entry]) -> list[Verdict] | None:
        """Return what was said of a batch that is pinned, None where that is not known."""
        judged = self._judged
        if judged is None or batch[-1].position > judged.upto:
            return None
        return [
            Verdict(Kind.VOID, each.record, Reason(judged.void[each.position]))
            if each.position in judged.void
            else Verdict(Kind.VALID, each.record)
            for each in batch
        ]

    def _check_streams(self, batch: list[Entry]) -> None:
        versions: dict[str, int] = {}
        for entry in batch:
            stream, version = entry.record.stream, entry.record.version
            before = versions.get(stream) or self.state.versions.get(stream, 0)
            if version != before + 1:
                raise Rejected(
                    Reason.STREAM_VERSION,
                    f"it is number {version} of {stream}, which has {before}",
                    entry.record,
                )
            versions[stream] = version

    def _verdicts(self, batch: list[Entry], signer: Signer) -> list[Verdict]:
        """Return the verdicts of a batch whose events are signed; the state stays."""
        broken: Broken | None = None
        culprit = batch[-1]
        if len(batch) == 1:
            broken = self._broken(culprit, signer)
        else:
            self.state.begin()
            try:
                for entry in batch:
                    if broken := self._broken(entry, signer):
                        culprit = entry
                        break
                    RULE_SETS[entry.rules].apply(entry, self.state)
                else:
                    broken = RULE_SETS[culprit.rules].check_batch(batch, self.state)
            finally:
                self.state.roll_back()
        if broken is None:
            return [Verdict(Kind.VALID, entry.record) for entry in batch]
        for entry in batch:
            self._check_bodies(entry)
        others = f"#{culprit.position}, which is in its batch, is void"
        return [
            Verdict(Kind.VOID, entry.record, broken.reason, str(broken))
            if entry is culprit
            else Verdict(Kind.VOID, entry.record, Reason.BATCH_VOID, others)
            for entry in batch
        ]

    def _broken(self, entry: Entry, signer: Signer) -> Broken | None:
        """Return the rule that an event breaks, None where it breaks none."""
        if entry.rules < self.state.floor:
            what = f"it follows rules {entry.rules}, and {self.state.floor} are the least now"
            return Broken(Reason.FLOOR, what)
        broken: Broken | None = None
        while True:
            try:
                RULE_SETS[entry.rules].check(entry, self.state, self._bodies, signer)
            except Lacking as lacking:
                if not lacking.needed and self._is_purged(entry, lacking.digest):
                    self._bodies.excused.add(lacking.digest)
                    continue
                broken = self._told(entry, lacking)
                self._check_bodies(entry)
            except Broken as error:
                broken = error
            break
        self._bodies.excused.clear()
        return broken

    def _check_bodies(self, entry: Entry) -> None:
        """Raise `Rejected` where a body that an event names is missing and no event purged it.

        Of events that are void, and of those that no rule could look at as a whole: every copy has
        the same bodies.
        """
        for digest in _names_of(entry):
            try:
                self._bodies.check_there(digest)
            except Lacking as lacking:
                if not self._is_purged(entry, digest):
                    what = f"{lacking}, and no event purged it"
                    raise Rejected(Reason.BODY, what, entry.record) from lacking

    def _is_purged(self, entry: Entry, digest: bytes) -> bool:
        """Return whether a body that no rule looks into was purged, or is going to be."""
        if digest in self.state.purged:
            return True
        told = self._tell(digest, entry.position, needed=False)
        if told is None:
            return False
        self._owed.setdefault(told.purge, entry.record)
        return True

    def _tell(self, digest: bytes, position: int, *, needed: bool) -> Told | None:
        """Return what a later purge event says of the event at `position`; None for nothing."""
        if not self._is_settled:
            self._outlook.check_uncontested(digest, position, needed=needed)
        return self._outlook.told(digest, position, needed=needed)

    def _told(self, entry: Entry, lacking: Lacking) -> Broken | None:
        """Return what a later purge event says of an event that lacks a body."""
        told = self._tell(lacking.digest, entry.position, needed=True)
        if told is None or told.verdict is None:
            raise Rejected(Reason.BODY, f"{lacking}, and no event purged it", entry.record)
        self._owed.setdefault(told.purge, entry.record)
        if told.verdict == Kind.VALID:
            return None
        return Broken(Reason.PURGED, f"#{told.purge} purged what it needs, and says it is void")


def _names_of(entry: Entry) -> Sequence[bytes]:
    """Return the digests of the bodies that an event names; none where it has no lawful form."""
    try:
        return RULE_SETS[entry.rules].names(entry)
    except Broken:
        return ()


def _whole_batches(records: Iterable[Record], after: Head) -> Iterator[list[Entry]]:
    """Yield the batches that follow an event, up to where they are whole and linked."""
    batch: list[Entry] = []
    for record in records:
        try:
            batch.append(_joined(batch, Entry(record, after)))
        except Rejected:
            return
        after = record.head
        if batch[-1].is_last:
            yield batch
            batch = []


def _check_batch(batch: list[Entry], entry: Entry) -> None:
    """Raise `Rejected` unless an event is the next of a batch that has begun, or begins one."""
    if not batch and entry.batch[0] != 1:
        raise Rejected(Reason.BATCH, "its batch does not begin with it")
    if batch and not entry.goes_on(batch[-1]):
        raise Rejected(Reason.BATCH, "the end of its batch is missing", batch[0].record)


def _joined(batch: list[Entry], entry: Entry) -> Entry:
    _check_batch(batch, entry)
    return entry
