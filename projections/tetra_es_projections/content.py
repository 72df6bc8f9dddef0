"""Which files an event changes, and to what: shared by the org's folder and the mirror's tree."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tetra_es.domain import events
from tetra_es.errors import IntegrityFailure, UsageError
from tetra_es.names import check_environment
from tetra_es.signing.allowed import allowed_signers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.store.log import EventLog
    from tetra_es.store.record import Record

MANIFEST = "manifest.toml"
ALLOWED_SIGNERS = "allowed_signers"

SIGNER_TOPICS = tuple(
    cls.TOPIC for cls in (events.OrganizationCreated, events.SignerAdded, events.SignerRemoved)
)


def environment_path(environment: str) -> str:
    """Return the path of an environment's TOML in the org's folder and in the mirror."""
    return f"environments/{_checked(environment)}.toml"


def profile_path(environment: str) -> str:
    """Return the path of the org's overlay for an environment's profile."""
    return f"profiles/{_checked(environment)}.toml"


def _checked(environment: str) -> str:
    """Return a name that cannot lead out of the folder, whatever a signed event says."""
    try:
        return check_environment(environment)
    except UsageError as error:
        raise ValueError(error.message) from error


class Content:
    """The projected files while events are applied, one after the other."""

    def __init__(self, load_signers: Callable[[], dict[str, str]] = dict) -> None:
        self._load_signers = load_signers

    @cached_property
    def signers(self) -> dict[str, str]:
        """Name to public key line of those who may sign after the events applied so far.

        Looked up only when an event changes it: few do, and the look-up reads the whole store.
        """
        return self._load_signers()

    @classmethod
    def at(cls, log: EventLog, position: int) -> Content:
        """Return the content as it is after the event at `position`."""

        def signers() -> dict[str, str]:
            earlier = cls()
            for record in log.of_topics(SIGNER_TOPICS, position):
                earlier.apply(record.event)
            return earlier.signers

        return cls(signers)

    def apply_record(self, record: Record) -> dict[str, bytes]:
        """Return what `apply` does. Raises `IntegrityFailure` that names the event."""
        try:
            return self.apply(record.event)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IntegrityFailure(
                f"event #{record.position} ({record.topic}) makes no files: {error}",
                hint="run `tetra-es verify` to find out what was changed",
            ) from error

    def apply(self, event: events.Event) -> dict[str, bytes]:
        """Return path to new bytes of the files that `event` changes.

        Raises `ValueError` and the like for an event that tetra-es cannot have recorded.
        """
        match event:
            case events.EnvironmentState():
                return {environment_path(event.environment): event.text.encode()}
            case events.ProfileEdited():
                return {profile_path(event.environment): event.text.encode()}
            case events.ManifestEdited():
                return {MANIFEST: event.text.encode()}
            case events.OrganizationCreated():
                self.signers[event.signer] = event.key
                return {MANIFEST: event.text.encode(), **self._signers_file()}
            case events.SignerAdded():
                self.signers[event.signer] = event.key
                return self._signers_file()
            case events.SignerRemoved():
                del self.signers[event.signer]
                return self._signers_file()
            case _:
                return {}

    def _signers_file(self) -> dict[str, bytes]:
        return {ALLOWED_SIGNERS: allowed_signers(self.signers).encode()}
