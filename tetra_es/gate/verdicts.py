"""What the gate says of an event, and why: a few verdicts, and reasons with stable names."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tetra_es.log.record import Record


class Kind(StrEnum):
    """The verdicts."""

    VALID = "valid"
    """It happened."""
    VOID = "void"
    """A signer recorded it and broke a rule: it keeps its place and changes nothing."""
    REFUSED = "refused"
    """It was never an event: nobody stores it, or what comes after it."""
    UNKNOWN = "unknown"
    """A newer version recorded it: this one stops before it."""


class Reason(StrEnum):
    """Why a verdict is not `valid`. The names never change: other programs give the same."""

    # Refused
    SIZE = "size"
    POSITION = "position"
    PREVIOUS = "previous"
    HASH = "hash"
    CANONICAL = "canonical"
    METADATA = "metadata"
    STREAM_VERSION = "stream-version"
    BATCH = "batch"
    SIGNATURE = "signature"
    SIGNER = "signer"
    BODY = "body"
    FOUNDING = "founding"

    # Unknown
    UNKNOWN_RULES = "unknown-rules"
    UNKNOWN_FORMAT = "unknown-format"

    # Void
    FLOOR = "floor"
    TOPIC = "topic"
    FORM = "form"
    UNUSED = "unused"
    FOUNDED_AGAIN = "founded-again"
    ROLE = "role"
    BATCH_VOID = "batch-void"
    PURGED = "purged"
    REVISION = "revision"
    TEXT = "text"
    CHANGES = "changes"
    MANIFEST = "manifest"
    LOCAL = "local"
    ENVIRONMENT = "environment"
    SOURCE_REVISION = "source-revision"
    VIA = "via"
    PROFILE = "profile"
    RULES = "rules"
    VALUES = "values"
    ORDER = "order"
    TARGET = "target"
    RECIPIENTS = "recipients"
    SECRETS = "secrets"
    CIPHERTEXT = "ciphertext"
    COMPROMISED = "compromised"
    SIGNER_TAKEN = "signer-taken"
    SIGNER_MISSING = "signer-missing"
    LAST_SIGNER = "last-signer"
    UPGRADE = "upgrade"
    PURGE = "purge"
    MOVED = "moved"


class Verdict(NamedTuple):
    """What the gate says of one event."""

    kind: Kind
    record: Record
    reason: Reason | None = None
    """None for `valid`."""
    what: str = ""
    """The same in words, to go on after "event #41: "."""

    @property
    def admitted(self) -> bool:
        """Whether the event is one: valid, or void."""
        return self.kind in (Kind.VALID, Kind.VOID)


class Broken(Exception):
    """A rule is broken: the event is void."""

    def __init__(self, reason: Reason, what: str) -> None:
        super().__init__(what)
        self.reason = reason


class Rejected(Exception):
    """It is not an event, or one that only a newer version knows."""

    def __init__(self, reason: Reason, what: str, record: Record | None = None) -> None:
        super().__init__(what)
        self.reason = reason
        self.record = record
        """The one that is meant, where it is not the one that is being looked at."""

    @property
    def kind(self) -> Kind:
        """`unknown` or `refused`."""
        unknown = self.reason in (Reason.UNKNOWN_RULES, Reason.UNKNOWN_FORMAT)
        return Kind.UNKNOWN if unknown else Kind.REFUSED


class Lacking(Exception):
    """A body is not there."""

    def __init__(self, digest: bytes, *, needed: bool) -> None:
        super().__init__(f"body {digest.hex()} is missing")
        self.digest = digest
        self.needed = needed
        """Whether a rule has to look into it; else it only has to be there."""
