"""What later purge events say of bodies that are not there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.gate.verdicts import Kind, Reason
from tetra_es.log import canonical
from tetra_es.log.purges import TOPICS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from tetra_es.gate.bodies import Source
    from tetra_es.gate.verdicts import Verdict
    from tetra_es.log.record import Record


class Told(NamedTuple):
    """What a purge event says of an event that needs a body."""

    purge: int
    """Its position: what it says counts once it is admitted."""
    verdict: str | None
    """`valid` or `void`; None where it does not say."""


class Contested(Exception):
    """Several purge events name a body: which of them is valid has to be found out first."""


class Outlook:
    """The purge events of a source after a position. They are looked for when one is needed."""

    def __init__(self, source: Source, after: int, void: Container[int] = ()) -> None:
        """`void` has the positions of purge events that are known to be void."""
        self._source = source
        self._after = after
        self._void = void
        self._found: dict[bytes, list[tuple[int, dict[int, str]]]] | None = None

    def told(self, digest: bytes, position: int, *, needed: bool = False) -> Told | None:
        """Return what is said of the event at `position`, which lacks a body; None for nothing.

        Where it is `needed`, a purge event that does not name the event is void.
        """
        return next(self._all(digest, position, needed=needed), None)

    def check_uncontested(self, digest: bytes, position: int, *, needed: bool) -> None:
        """Raise `Contested` where several purge events may have purged what an event lacks."""
        found = self._all(digest, position, needed=needed)
        if next(found, None) and next(found, None):
            raise Contested

    def _all(self, digest: bytes, position: int, *, needed: bool) -> Iterator[Told]:
        for purge, named in self._purges().get(digest, ()):
            said = named.get(position)
            if purge > position and purge not in self._void and (said is not None or not needed):
                yield Told(purge, said)

    def _purges(self) -> dict[bytes, list[tuple[int, dict[int, str]]]]:
        if self._found is None:
            self._found = {}
            for record in self._source.records(self._after):
                if record.topic in TOPICS:
                    self._note(record, self._found)
        return self._found

    @staticmethod
    def _note(record: Record, found: dict[bytes, list[tuple[int, dict[int, str]]]]) -> None:
        """Take in a purge event, of whose form nothing is known yet."""
        try:
            state = canonical.decode(record.state)
            digests = [bytes.fromhex(each) for each in state["digests"]]
            named = {each["position"]: str(each["verdict"]) for each in state.get("named_by", ())}
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        for digest in digests:
            found.setdefault(digest, []).append((record.position, named))


_CERTAIN: Final = (Reason.FLOOR, Reason.TOPIC, Reason.FORM, Reason.ROLE, Reason.UNUSED)
"""Reasons that are the same whatever is said of events whose bodies are gone."""


class LookedAhead:
    """Finds out which purge events are void while a history is judged ahead."""

    def __init__(self) -> None:
        self.void: set[int] = set()
        """Those that are certainly void."""
        self.is_misled = False
        """Whether an event was judged by what one of them says, so that it has to be done again."""

    def stop(self, purges: Iterable[int]) -> None:
        """Take in that it cannot go on from an event which was judged by what these say."""
        for purge in purges:
            self.void.add(purge)
            self.is_misled = True

    def note(self, verdict: Verdict, *, is_relied_on: bool) -> None:
        """Take in the verdict of the next event."""
        if verdict.kind is not Kind.VOID or verdict.record.topic not in TOPICS:
            return
        misleads = is_relied_on and not self.is_misled
        if misleads or verdict.reason in _CERTAIN:
            self.void.add(verdict.record.position)
        self.is_misled |= is_relied_on
