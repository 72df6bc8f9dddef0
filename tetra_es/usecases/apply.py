"""The pull way: what a server takes from a clone of the mirror, proven before anything is used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt
from tetra_es.crypto.ssh.keys import fingerprint, parse_public_line
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.events.config import EnvironmentState, OrganizationCreated
from tetra_es.events.metadata import Context
from tetra_es.integrity.store import verify_records
from tetra_es.layout import environment_file
from tetra_es.model.environment import environment_stream
from tetra_es.model.host import HostState, deployments_stream
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.deployable import Deployable, anchor
from tetra_es.usecases.secrets.ciphertexts import digest_of
from tetra_es.usecases.session import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.store.record import Record

_SOURCE = re.compile(r"[^ ]+ #(\d+) ([0-9a-f]{64})")


def check_history(records: Sequence[Record], trusted: str | None) -> str:
    """Check chain and signatures; return the organization's name.

    `trusted` is the fingerprint of the key that must have founded the organization: without it,
    a history that somebody else made from scratch is as sound as ours. Raises `IntegrityFailure`.
    """
    verify_records(records)
    founded = records[0].event
    if not isinstance(founded, OrganizationCreated):
        raise IntegrityFailure("the first event does not found an organization")
    key = fingerprint(parse_public_line(founded.key))
    if trusted is not None and key != trusted:
        raise IntegrityFailure(
            f"the organization was founded with the key {key}, not {trusted}",
            hint="compare it with `tetra-es signer list` where you work on the organization",
        )
    return founded.name


def newest_state(
    records: Sequence[Record],
    environment: str,
    sealed: Callable[[str], bytes],
    identities: Callable[[], Sequence[Identity]],
) -> Deployable:
    """Return the newest state of an environment in a history that was checked.

    `sealed` returns the age file of a key; each is compared with its signed digest first.
    """
    state = next(
        (
            record
            for record in reversed(records)
            if record.stream == environment_stream(environment)
            and isinstance(record.event, EnvironmentState)
        ),
        None,
    )
    if state is None or not isinstance(state.event, EnvironmentState):
        raise TetraEsError(
            f"{environment} has no state in this clone", hint="`git pull` it, or promote first"
        )
    stream = secrets_stream(environment)
    of_secrets = [record for record in records if record.stream == stream]
    vault = Vault(stream).fold(record.event for record in of_secrets)
    secrets = vault.sealed()
    return Deployable(
        environment=environment,
        revision=state.event.revision,
        position=state.position,
        anchor=anchor(state, *of_secrets[-1:]),
        document=ConfigDocument(environment_file(environment), state.event.text),
        secrets=tuple(secrets),
        values=_values(environment, secrets, sealed, identities),
    )


def _values(
    environment: str,
    secrets: Sequence[tuple[str, int, str]],
    sealed: Callable[[str], bytes],
    identities: Callable[[], Sequence[Identity]],
) -> Mapping[str, bytes]:
    files = {}
    for key, _, digest in secrets:
        files[key] = sealed(key)
        if digest_of(files[key]) != digest:
            raise IntegrityFailure(
                f"secrets/{environment}/{key}.age is not what the signed event says",
                hint="the clone was tampered with, or is not clean: `git status` in it",
            )
    known = identities() if files else []
    return {
        key: decrypt(data, known, name=f"{key} of {environment}") for key, data in files.items()
    }


def parse_anchor(source: str) -> tuple[int, str] | None:
    """Return position and hash of what a server says it has; None where it does not say."""
    match = _SOURCE.fullmatch(source)
    return (int(match[1]), match[2]) if match else None


def check_forward(records: Sequence[Record], state: Deployable, deployed: str) -> None:
    """Refuse to replace what is deployed by an older state, or by that of another history.

    `deployed` is what the server says of its present release. A rollback is a newer event with an
    older content, so it is no step back.
    """
    found = parse_anchor(deployed)
    if found is None:
        return
    position, hash_ = found
    if position > records[-1].position:
        raise Refused(
            f"the clone goes to #{records[-1].position}, and #{position} is deployed",
            hint="`git pull` in the clone; to go back, roll back where you work, and pull that",
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
            hint="roll back where you work on the organization, and pull that",
        )


class Unrecorded:
    """The journal of a server without a store: it follows the rules and records nothing."""

    def __init__(self, environment: str, host: str) -> None:
        self._target = HostState(deployments_stream(environment, host))

    def target(self) -> HostState:
        """Return the environment on this host."""
        return self._target

    def record(self, decide: Callable[[HostState, Context], object]) -> None:
        """Let `decide` decide on the target."""
        decide(self._target, Context("apply", "", "apply", utc_now()))
        self._target.collect_events()
