"""What a server takes from a clone of the mirror, proven before anything is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import decrypt
from tetra_es.crypto.ssh.keys import fingerprint, parse_public_line
from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.events.config import EnvironmentState, OrganizationCreated
from tetra_es.integrity.store import verify_records
from tetra_es.layout import environment_file
from tetra_es.model.environment import environment_stream
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.toml.document import ConfigDocument
from tetra_es.usecases.deploy.anchor import anchor, parse_anchor
from tetra_es.usecases.deploy.desired_state import DesiredState
from tetra_es.usecases.secrets.ciphertexts import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tetra_es.crypto.age.identity import Identity
    from tetra_es.log.record import Record


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
    ciphertext: Callable[[str], bytes],
    identities: Callable[[], Sequence[Identity]],
    update: str,
) -> DesiredState:
    """Return the newest state of an environment in a history that was checked.

    `ciphertext` returns the age file of a key; each is compared with its signed digest first.
    `update` is the command that gets the newest events.
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
            f"{environment} has no state in this clone",
            hint=f"promote it where you work on the organization; `{update}` gets that",
        )
    stream = secrets_stream(environment)
    of_secrets = [record for record in records if record.stream == stream]
    vault = Vault(stream).fold(record.event for record in of_secrets)
    secrets = vault.ciphertexts()
    return DesiredState(
        environment=environment,
        revision=state.event.revision,
        position=state.position,
        anchor=anchor(state, *of_secrets[-1:]),
        document=ConfigDocument(environment_file(environment), state.event.text),
        secrets=tuple(secrets),
        values=_values(environment, secrets, ciphertext, identities),
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


def check_forward(
    records: Sequence[Record], state: DesiredState, deployed: str, update: str
) -> None:
    """Refuse to replace what is deployed by an older state, or by that of another history.

    `deployed` is what the server says of its present release. A rollback is a newer event with an
    older content, so it does not go back. `update` is the command that gets the newest events.
    """
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
