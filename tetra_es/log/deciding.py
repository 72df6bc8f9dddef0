"""Deciding, linking, signing and appending, again and again until it is in: above every engine."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from tetra_es.errors import TetraEsError
from tetra_es.log.linking import link
from tetra_es.log.port import HeadMoved, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.log.chain import Head
    from tetra_es.log.linking import Draft
    from tetra_es.log.port import AppendableLog
    from tetra_es.log.record import Record

Result = TypeVar("Result")

ATTEMPTS: Final = 50
"""Times that something is decided again when others append in between."""

PATIENCE: Final = 10.0
"""Seconds that a log which does not answer is asked again."""

_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.5


class ConflictError(TetraEsError):
    """Others kept saving to the same log."""


class Decision(NamedTuple, Generic[Result]):
    """What was decided, and on what."""

    after: Head
    """The head of the events that it rests on."""
    drafts: Sequence[Draft]
    """What is to be appended, one batch; nothing where there is nothing to do."""
    bodies: Sequence[bytes]
    result: Result


class Appended(NamedTuple, Generic[Result]):
    """What is in the log now."""

    records: list[Record]
    result: Result


class Recorder(Generic[Result]):
    """Records what `decide` decides, each time on the head of then.

    A decision is thrown away as a whole when the log has moved on: a rule may read more streams
    than it writes. Where the log did not answer, it is asked for the hashes of **all** attempts
    before another is made, and after that one failed. Two attempts follow the same head, or one
    is found: so nothing is recorded twice.
    """

    def __init__(
        self,
        log: AppendableLog,
        key: SigningKey,
        decide: Callable[[], Decision[Result]],
        once: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        """With `once`, only the last event of a batch is signed; see `link`."""
        self.log = log
        self.key = key
        self.decide = decide
        self.once = once
        self.patience = patience
        self._open: list[Appended[Result]] = []
        """The attempts that were not answered."""
        self._sent: list[Head] = []

    def record(self) -> Appended[Result]:
        """Return what is in the log then; no records where there was nothing to do.

        Raises what `decide` raises, `ConflictError` where others kept appending, `Unknown` where
        an attempt may be in the log or not, `TetraEsError` where nothing was recorded.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                from secrets import randbelow  # few are tried again

                sleep(randbelow(1000) / 1000 * min(_LONGEST_PAUSE, _PAUSE * 2**attempt))
            try:
                if done := self._look_until_answered() or self._attempt():
                    return done
            except TetraEsError as error:
                if not self._open or isinstance(error, Unknown):
                    raise
                raise Unknown(error.message) from error
        if self._open:
            raise Unknown
        raise ConflictError(
            f"gave up after {ATTEMPTS} attempts: others keep changing the same thing",
            hint="try again; nothing was recorded",
        )

    def has_recorded(self) -> bool:
        """Return whether something is in the log, for a command that was interrupted.

        Raises `TetraEsError` where the log stays silent.
        """
        return any(map(self.log.holds, self._sent))

    def _attempt(self) -> Appended[Result] | None:
        """Decide and append; None where it has to be tried again."""
        decision = self.decide()
        if not decision.drafts:
            if self._open:
                raise Unknown
            return Appended([], decision.result)
        records = link(decision.after, decision.drafts, self.key, once=self.once)
        done = Appended(records, decision.result)
        self._sent.append(records[-1].head)
        try:
            self.log.append(decision.after, records, bodies=decision.bodies)
        except HeadMoved:
            return None
        except Unknown:
            self._open.append(done)
            return None
        return done

    def _look_until_answered(self) -> Appended[Result] | None:
        """Return the attempt that is in the log though it did not say so.

        Those that cannot be in it any more are dropped: another event is at their position.
        Raises `Unknown` where the log stays silent.
        """
        if not self._open:
            return None
        end, pause = monotonic() + self.patience, _PAUSE
        while True:
            try:
                return self._look()
            except TetraEsError as error:
                if monotonic() + pause > end:
                    raise Unknown(error.message) from error
            sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _look(self) -> Appended[Result] | None:
        # First the head: an attempt that comes in after that is not at a position up to it.
        head = self.log.head()
        for done in self._open:
            if self.log.holds(done.records[-1].head):
                return done
        self._open = [done for done in self._open if done.records[0].position > head.position]
        return None


def record(
    log: AppendableLog,
    key: SigningKey,
    decide: Callable[[], Decision[Result]],
    *,
    once: bool = False,
    patience: float = PATIENCE,
) -> Appended[Result]:
    """Decide, link, sign and append, again where others got in between; see `Recorder`."""
    return Recorder(log, key, decide, once, patience).record()
