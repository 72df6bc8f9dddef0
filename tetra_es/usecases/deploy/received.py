"""What a server takes from a clone of the mirror, admitted before anything is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt
from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.events.config import EnvironmentState
from tetra_es.gate.gate import Gate
from tetra_es.gate.opening import open_organization
from tetra_es.gate.pins.places import StateFolder, place_of_folder
from tetra_es.layout import environment_file
from tetra_es.log.chain import START, Head
from tetra_es.log.forms import event_of
from tetra_es.model.secrets import secrets_stream
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.deploy.anchor import anchor, parse_anchor
from tetra_es.usecases.deploy.desired_state import DesiredState
from tetra_es.usecases.secrets.ciphertexts import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.gate.state import State
    from tetra_es.log.record import Record
    from tetra_es.usecases.ports import Clone

_HINT = "do not use this copy; compare it with another one"


class Received:
    """The history in a clone: admitted in memory, and compared with what this account pinned."""

    def __init__(self, clone: Clone, trusted: str | None, state_dir: Path | None) -> None:
        """Admit the events of a clone.

        `trusted` is the fingerprint of the key that must have founded the organization: without
        it, a history that somebody else made from scratch is as sound as ours. Without a state
        folder nothing is compared with what was here before. Raises `IntegrityFailure`.
        """
        self.clone = clone
        log = _CloneLog(clone)
        self.records: Sequence[Record] = log.all
        try:
            self.state = _admitted(log, state_dir)
        except IntegrityFailure as error:
            raise IntegrityFailure(error.message, hint=_HINT) from error
        key = fingerprint(parse_public_line(self.state.founder))
        if trusted is not None and key != trusted:
            raise IntegrityFailure(
                f"the organization was founded with the key {key}, not {trusted}",
                hint="compare it with `tetra-es signer list` where you work on the organization",
            )

    @property
    def organization(self) -> str:
        """Its name."""
        return self.state.name


class _CloneLog:
    """A clone as the gate reads it; see `gate.opening.ReadableLog`."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self.all = list(clone.records())
        self.body = clone.body
        self.root = clone.root

    def head(self) -> Head:
        """Return the newest event's position and hash."""
        return self.all[-1].head if self.all else START

    def holds(self, at: Head) -> bool:
        """Return whether the event with this hash is at this position."""
        there = 0 < at.position <= len(self.all)
        return at == START or (there and self.all[at.position - 1].head == at)

    def records(self, after: int = 0, upto: int | None = None) -> Iterator[Record]:
        """Yield the events with `after` < position <= `upto`."""
        if upto is not None:
            yield from self.all[after:upto]
            return
        for record, _ in self._clone.events(after):  # which has their bodies at hand
            yield record


def _admitted(log: _CloneLog, state_dir: Path | None) -> State:
    if state_dir is None:
        gate = Gate(log)
        for verdict in gate.admit(log.records()):
            if not verdict.admitted:
                raise IntegrityFailure(f"event #{verdict.record.position}: {verdict.what}")
        return gate.state
    place = place_of_folder(log.root)
    opened = open_organization(log, StateFolder(state_dir), place)
    if (stopped := opened.stopped) is not None:
        raise IntegrityFailure(f"event #{stopped.record.position}: {stopped.what}")
    return opened.gate.state


def newest_state(
    received: Received, environment: str, identities: Callable[[], Sequence[Identity]]
) -> DesiredState:
    """Return the newest state of an environment in a history that was admitted.

    Age files come from the clone; each is compared with its signed digest first.
    """
    clone, records = received.clone, received.records
    newest = received.state.environment(environment).newest
    if newest is None:
        raise TetraEsError(
            f"{environment} has no state in this clone",
            hint=f"promote it where you work on the organization; `{clone.update}` gets that",
        )
    record = records[newest.position - 1]
    event = event_of(record, clone.body)
    if not isinstance(event, EnvironmentState):
        raise TypeError(event)
    stream, void = secrets_stream(environment), received.state.void
    of_secrets = [each for each in records if each.stream == stream and each.position not in void]
    secrets = received.state.vault(environment).ciphertexts()
    return DesiredState(
        environment=environment,
        revision=event.revision,
        position=record.position,
        anchor=anchor(record, *of_secrets[-1:]),
        document=ConfigDocument(environment_file(environment), event.text),
        secrets=tuple(secrets),
        values=_values(
            environment, secrets, lambda key: clone.ciphertext(environment, key), identities
        ),
    )


def _values(
    environment: str,
    secrets: Sequence[tuple[str, int, str]],
    ciphertext: Callable[[str], bytes],
    identities: Callable[[], Sequence[Identity]],
) -> Mapping[str, bytes]:
    files = {}
    for key, _, digest in secrets:
        files[key] = ciphertext(key)
        if digest_of(files[key]) != digest:
            raise IntegrityFailure(
                f"secrets/{environment}/{key}.age is not what the signed event says",
                hint="the clone was tampered with: get a fresh one",
            )
    known = identities() if files else []
    return {
        key: decrypt(data, known, name=f"{key} of {environment}", environment=environment)
        for key, data in files.items()
    }


def check_forward(received: Received, state: DesiredState, deployed: str) -> None:
    """Refuse to replace what is deployed by an older state, or by that of another history.

    `deployed` is what the server says of its present release. A rollback is a newer event with an
    older content, so it does not go back.
    """
    records, update = received.records, received.clone.update
    found = parse_anchor(deployed)
    if found is None:
        return
    position, hash_ = found
    if position > records[-1].position:
        raise Refused(
            f"the clone goes to #{records[-1].position}, and #{position} is deployed",
            hint=f"`{update}` gets the newer events; to go back, roll back where you work, and "
            "get that",
        )
    there = next((record for record in records if record.position == position), None)
    if there is None or there.hash.hex() != hash_:
        raise IntegrityFailure(
            f"event #{position}, which is deployed, is another one in this clone",
            hint="one of the two histories is not the organization's: find out which",
        )
    newest = parse_anchor(f"{state.environment} {state.anchor}")
    if newest and newest[0] < position:
        raise Refused(
            f"#{position} is deployed, and the newest state here is #{newest[0]}",
            hint=f"roll back where you work on the organization; `{update}` gets that",
        )
