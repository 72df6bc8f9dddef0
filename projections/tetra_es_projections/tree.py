"""Which files an event changes, and to what: shared by the org's folder and the mirror's tree."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from tetra_es.crypto.ssh.allowed import allowed_signers
from tetra_es.errors import IntegrityFailure, TetraEsError, UsageError
from tetra_es.events import config, secrets
from tetra_es.layout import (
    MANIFEST,
    SOURCE,
    environment_file,
    profile_file,
    recipients_file,
    secret_file,
)
from tetra_es.log.naming import FIRST_EDITION, rules_and_state
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es_projections.bodies import BodiesOf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es.events.base import Event
    from tetra_es.log.record import Record
    from tetra_es.log.replica import Replica
    from tetra_es_projections.bodies import ReadableLog

ALLOWED_SIGNERS = "allowed_signers"

SIGNER_TOPICS = tuple(
    cls.TOPIC for cls in (config.OrganizationCreated, config.SignerAdded, config.SignerRemoved)
)

_SOURCE_STREAM: Final = f"env:{SOURCE_OF_TRUTH}"

_EDITED_TOPICS: Final = tuple(
    cls.TOPIC
    for cls in (
        config.OrganizationCreated,
        config.ManifestEdited,
        config.ProfileEdited,
        config.EnvironmentCreated,
        config.EnvironmentEdited,
        config.EnvironmentPromoted,
        config.EnvironmentRolledBack,
        config.EnvironmentImported,
    )
)
"""Events that give an edited file a text."""

TOMBSTONE = b"""\
This version of the secret was purged: its ciphertext no longer exists.
The event of the kind secret.purged tells when, by whom and why.
"""
"""What stands in commits of format 1 where a purged age file was."""

TOMBSTONE_2 = b"""\
This was purged: its content no longer exists.
The event secret.purged or bodies.purged that lists its digest tells when, by whom and why.
"""
"""What stands in commits of format 2 where a purged body was."""


def _no_body(_: bytes) -> bytes | None:
    return None


def _nothing_is_void(_: int) -> bool:
    return False


class TreeProjector:
    """The projected files while events are applied, one after the other."""

    def __init__(
        self,
        load_signers: Callable[[], dict[str, str]] = dict,
        body: Callable[[bytes], bytes | None] = _no_body,
        is_void: Callable[[int], bool] = _nothing_is_void,
    ) -> None:
        """Begin with the signers that `load_signers` returns.

        `body` returns the body with a digest, None for one that was purged; `is_void` says of a
        position whether its event changes nothing.
        """
        self._load_signers = load_signers
        self.body = body
        self.is_void = is_void

    @cached_property
    def signers(self) -> dict[str, str]:
        """Name to public key line of those who may sign after the events applied so far.

        Looked up only when an event changes it: few do, and the look-up reads the whole store.
        """
        return self._load_signers()

    @classmethod
    def at(cls, log: ReadableLog, position: int) -> TreeProjector:
        """Return the content as it is after the event at `position`."""
        found = BodiesOf(log, all_of_them=not position)

        def signers() -> dict[str, str]:
            earlier = cls(is_void=found.is_void)
            for record in log.of_topics(SIGNER_TOPICS, position):
                earlier.apply_record(record)
            return earlier.signers

        return cls(signers, found.body, found.is_void)

    def apply_record(self, record: Record) -> dict[str, bytes | None]:
        """Return path to new bytes of the files that an event changes, None for one that goes.

        Raises `IntegrityFailure` that names the event.
        """
        if self.is_void(record.position):
            return {}
        try:
            rules, state = rules_and_state(record)
            if rules == FIRST_EDITION:
                return self.apply(record.event)
            return self.apply_state(record.topic, state)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise IntegrityFailure(
                f"event #{record.position} ({record.topic}) makes no files: {error}",
                hint="run `tetra-es verify` to find out what was changed",
            ) from error

    def apply(self, event: Event) -> dict[str, bytes | None]:
        """Return path to new bytes of the files that an event of the first edition changes.

        None for one that goes. Raises `ValueError` and the like for an event that tetra-es cannot
        have recorded.
        """
        fields, topic = vars(event), event.TOPIC
        text = {file: fields["text"].encode() for file in _text_files(topic, fields)}
        age_files = {
            file: self.body(bytes.fromhex(digest)) or TOMBSTONE
            for file, digest in _age_files(topic, fields).items()
        }
        return {**text, **self._others(topic, fields), **age_files}

    def apply_state(self, topic: str, state: Mapping[str, Any]) -> dict[str, bytes | None]:
        """Return the same for an event of rules 1 or later, as it is stored."""
        named = {
            file: TOMBSTONE_2 if (body := self.body(bytes.fromhex(digest))) is None else body
            for file, digest in body_files(topic, state).items()
        }
        return {**self._others(topic, state), **named}

    def _others(self, topic: str, fields: Mapping[str, Any]) -> dict[str, bytes | None]:
        """Return the files that do not hold a body, and those that go."""
        match topic:
            case config.OrganizationCreated.TOPIC | config.SignerAdded.TOPIC:
                self.signers[fields["signer"]] = fields["key"]
                return self._signers_file()
            case config.SignerRemoved.TOPIC:
                del self.signers[fields["signer"]]
                return self._signers_file()
            case secrets.RecipientAdded.TOPIC | secrets.RecipientRemoved.TOPIC:
                file = _named(recipients_file, fields["environment"])
                return {file: _recipients_file(fields["recipients"])}
            case secrets.SecretRemoved.TOPIC:
                return {_named(secret_file, fields["environment"], fields["key"]): None}
            case secrets.SecretsRestored.TOPIC:
                environment = fields["environment"]
                return {_named(secret_file, environment, key): None for key in fields["removed"]}
            case _:
                return {}

    def _signers_file(self) -> dict[str, bytes | None]:
        return {ALLOWED_SIGNERS: allowed_signers(self.signers).encode()}


def body_files(topic: str, state: Mapping[str, Any]) -> dict[str, str]:
    """Return path to digest of the files that are bodies of a valid event of rules 1 or later."""
    texts = dict.fromkeys(_text_files(topic, state), state.get("text", ""))
    return texts | _age_files(topic, state)


def files_of_bodies(record: Record) -> dict[str, bytes]:
    """Return path to digest of the files that are bodies of an event, if it is valid."""
    try:
        rules, state = rules_and_state(record)
        if rules == FIRST_EDITION:
            found = _age_files(record.topic, vars(record.event))
        else:
            found = body_files(record.topic, state)
        return {path: bytes.fromhex(digest) for path, digest in found.items()}
    except (ValueError, TypeError, KeyError, TetraEsError):
        return {}


_STATES: Final = frozenset(
    cls.TOPIC for cls in config.CONFIG_EVENTS if issubclass(cls, config.EnvironmentState)
)


def _text_files(topic: str, fields: Mapping[str, Any]) -> list[str]:
    """Return the path of the file whose text an event has, if it has one."""
    if topic in _STATES:
        return [_named(environment_file, fields["environment"])]
    if topic == config.ProfileEdited.TOPIC:
        return [_named(profile_file, fields["environment"])]
    if topic in (config.ManifestEdited.TOPIC, config.OrganizationCreated.TOPIC):
        return [MANIFEST]
    return []


def _age_files(topic: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Return path to digest of the age files that an event puts in place."""
    match topic:
        case secrets.SecretSet.TOPIC:
            pairs = [(fields["key"], fields["digest"])]
        case secrets.SecretsReEncrypted.TOPIC | secrets.SecretsRestored.TOPIC:
            pairs = [(key, digest) for key, _, digest in fields["secrets"]]
        case _:
            pairs = []
    return {_named(secret_file, fields["environment"], key): digest for key, digest in pairs}


def _named(spell: Callable[..., str], *names: str) -> str:
    """Return the path of a file. Raises `ValueError` for a name that would lead elsewhere."""
    try:
        return spell(*names)
    except UsageError as error:
        raise ValueError(error.message) from error


def _recipients_file(recipients: dict[str, str]) -> bytes:
    lines = (f"# {name}\n{recipient}\n" for name, recipient in sorted(recipients.items()))
    return "".join(lines).encode()


def recorded_digest(log: Replica, path: str, upto: int) -> str | None:
    """Return the SHA-256, hexadecimal, of the text that an edited file had after the event `upto`.

    None where it had none.
    """
    stream = _SOURCE_STREAM if path == SOURCE else config.ORG_STREAM
    content = TreeProjector.at(log, upto)
    for record in log.of_stream(stream, descending=True):
        if record.position <= upto and record.topic in _EDITED_TOPICS:
            if content.is_void(record.position):
                continue
            if (digest := files_of_bodies(record).get(path)) is not None:
                return digest.hex()  # the text itself may have been purged
            data = content.apply_record(record).get(path)
            if data is not None:
                return sha256(data).hexdigest()
    return None
