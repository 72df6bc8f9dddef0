"""What later purge events say of bodies that are not there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.log import canonical
from tetra_es.log.purges import TOPICS

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Source
    from tetra_es.log.record import Record


class Told(NamedTuple):
    """What a purge event says of an event that needs a body."""

    purge: int
    """Its position: what it says counts once it is admitted."""
    verdict: str | None
    """`valid` or `void`; None where it does not say."""


class Outlook:
    """The purge events of a source after a position. They are looked for when one is needed."""

    def __init__(self, source: Source, after: int) -> None:
        self._source = source
        self._after = after
        self._found: dict[bytes, list[tuple[int, dict[int, str]]]] | None = None

    def told(self, digest: bytes, position: int) -> Told | None:
        """Return what is said of the event at `position`, which lacks a body; None for nothing."""
        for purge, named in self._purges().get(digest, ()):
            if purge > position:
                return Told(purge, named.get(position))
        return None

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
