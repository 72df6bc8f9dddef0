"""The bodies that rules look at: found, compared with their digests, and texts read once."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from tetra_es.errors import IntegrityFailure
from tetra_es.gate.verdicts import Lacking, Reason, Rejected
from tetra_es.log import canonical
from tetra_es.toml.document import ConfigDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from tetra_es.gate.lineage import StateAt
    from tetra_es.log.record import Record

_REMEMBERED: Final = 32
"""Texts that stay in memory: each is looked at again when the next of its file comes."""


class Source(Protocol):
    """Where events come from; every log is one."""

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""

    def body(self, digest: bytes) -> bytes | None:
        """Return the body with this SHA-256, None where there is none."""


class Bodies:
    """The bodies of a source, and of what is about to be appended to it."""

    def __init__(
        self, source: Source, readers: Callable[[Collection[bytes]], dict[int, str]]
    ) -> None:
        self._source = source
        self.readers = readers
        """Returns position and verdict (`valid`, `void`) of every event so far that names one of
        some bodies, or that could not be judged without it."""
        self._texts: OrderedDict[bytes, ConfigDocument] = OrderedDict()
        self.new: Mapping[bytes, bytes] = {}
        """Bodies that the source does not have yet."""
        self.excused: set[bytes] = set()
        """Those that may be missing now: no rule looks into them."""

    def check_there(self, digest: bytes) -> None:
        """Raise `Lacking` where a body is not there, that no rule has to look into."""
        if digest in self.excused or digest in self._texts:
            return
        if self._lookup(digest) is None:
            raise Lacking(digest, needed=False)

    def text(self, at: StateAt, name: str = "") -> ConfigDocument:
        """Return the text of a state, called `name`. Raises `Lacking` where it is not there."""
        document = self._texts.get(at.digest)
        if document is None:
            body = self._lookup(at.digest)
            text = self._inline(at) if body is None else _decoded(body)
            if text is None:
                raise Lacking(at.digest, needed=True)
            document = self._texts[at.digest] = ConfigDocument(name, text)
            if len(self._texts) > _REMEMBERED:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(at.digest)
        return document

    def _lookup(self, digest: bytes) -> bytes | None:
        body = self.new.get(digest)
        if body is None:
            try:
                body = self._source.body(digest)
            except IntegrityFailure as error:
                raise Rejected(Reason.BODY, error.message) from error
        if body is not None and sha256(body).digest() != digest:
            raise Rejected(Reason.BODY, f"body {digest.hex()}: its content was changed")
        return body

    def _inline(self, at: StateAt) -> str | None:
        """Return the text that an event of the first edition holds itself."""
        for record in self._source.records(at.position - 1, at.position):
            text = canonical.decode(record.state).get("text")
            if isinstance(text, str) and sha256(text.encode()).digest() == at.digest:
                return text
        return None


def _decoded(body: bytes) -> str:
    """Return a body as text. A body that is not UTF-8 is not TOML either, and stays so."""
    return body.decode(errors="surrogateescape")
