"""Check the stored bytes themselves: chain, signatures, streams, ciphertexts, snapshots."""

from __future__ import annotations

from hashlib import sha256
from heapq import merge
from typing import TYPE_CHECKING, Final

from tetra_es.errors import IntegrityFailure, Refused
from tetra_es.events.config import ORG_STREAM
from tetra_es.gate.gate import Gate
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.integrity.admitted import verify_admitted
from tetra_es.integrity.chain_verifier import ChainVerifier, StreamVerifier
from tetra_es.integrity.report import StoreReport
from tetra_es.model.secrets import Vault, secrets_stream
from tetra_es.store.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tetra_es.log.replica import Replica

VOID_HINT: Final = "`tetra-es upgrade` goes on: the event is void then, and changes nothing"


def verify_store(
    log: Replica, report: Callable[[int], None] | None = None, *, since: int = 1
) -> StoreReport:
    """Check every event of the store; `report` is told the positions as they are done.

    The events before `since` only have to be those that were admitted on this account; see
    `verify_admitted`.

    The file comes first: where an index differs from its table, other questions than the ones that
    are asked here would have other answers.
    """
    if isinstance(log, AdmittedReplica):
        return verify_admitted(log, report, since=since)
    if not isinstance(log, EventLog):
        raise TypeError(log)
    if since > 1:
        raise Refused(
            "an organization of the first edition is verified as a whole",
            hint="`tetra-es upgrade` brings it to today's rules",
        )
    return _verify_first_edition(log, report)


def _verify_first_edition(log: EventLog, report: Callable[[int], None] | None) -> StoreReport:
    result = StoreReport(findings=[f"{log.path.name} is damaged: {what}" for what in log.damage()])
    if result.findings:
        return result
    result.findings += _missing_rows(log)
    walk = ChainVerifier(log.snapshots())
    for record in log.records():
        problem = walk.check(record)
        if problem:
            # What follows hangs on it; more findings would only hide the first.
            result.findings.append(f"event #{record.position}: {problem}")
            if not walk.is_by_snapshot and _is_admitted(log):
                result.is_void, result.hint = True, VOID_HINT
            break
        result.events += 1
        if report:
            report(record.position)
    else:
        for stream, version in walk.snapshots:
            result.findings.append(f"snapshot of {stream} at version {version}: is of no event")
    result.head = walk.head
    result.snapshots = walk.snapshots_checked
    if not result.findings:
        try:
            _check_ciphertexts(log, walk.vaults(), result)
        except IntegrityFailure as error:
            result.findings.append(error.message)
    return result


def _is_admitted(log: EventLog) -> bool:
    """Return whether the gate refuses no event: what is not lawful is void then, and stops nobody.

    The first edition had no such events, and its verification ends at one.
    """
    try:
        return all(verdict.admitted for verdict in Gate(log).admit(log.records()))
    except IntegrityFailure:
        return False


def _check_ciphertexts(log: EventLog, vaults: Iterable[Vault], result: StoreReport) -> None:
    """Compare the ciphertexts with those that the events name, and with those that were purged."""
    wanted = {
        digest: (f"{vault.environment} {key} version {number}", version.purged)
        for vault in vaults
        for key, versions in vault.versions.items()
        for number, version in versions.items()
        for digest in version.digests
    }
    for digest, ciphertext in log.bodies():
        result.bodies += 1
        name, purged = wanted.pop(digest.hex(), ("", False))
        what = f"ciphertext {digest.hex()}" + (f" of {name}" if name else "")
        if ciphertext is None and name and not purged:
            result.findings.append(f"{what}: is gone, and no event purged it")
        elif ciphertext is not None and purged:
            result.findings.append(f"{what}: is there again, though it was purged")
        elif ciphertext is not None and sha256(ciphertext).digest() != digest:
            result.findings.append(f"{what}: its content was changed")
    result.findings += [
        f"ciphertext {digest} of {name}: is missing" for digest, (name, _) in wanted.items()
    ]


def checked_vault(log: Replica, environment: str) -> Vault:
    """Return the secrets of an environment as they are now, from checked events alone.

    Who can write to the store can put rows there, of events and of snapshots. So nothing is
    encrypted for, and nothing decrypted from, what no signer signed. Raises `IntegrityFailure`.
    """
    if isinstance(log, AdmittedReplica):
        return log.vault(environment)
    stream = secrets_stream(environment)
    walk = StreamVerifier()
    both = (log.of_stream(ORG_STREAM), log.of_stream(stream))
    for record in merge(*both, key=lambda record: record.position):
        if problem := walk.check(record):
            raise IntegrityFailure(
                f"event #{record.position}: {problem}",
                hint="somebody changed the store; `tetra-es verify` looks at all of it",
            )
    vault = walk.aggregates().get(stream)
    return vault if isinstance(vault, Vault) else Vault(stream)


def _missing_rows(log: EventLog) -> list[str]:
    unproven, orphaned = log.rows_without_counterpart()
    return [f"event #{position}: has no proof" for position in unproven[:1]] + [
        f"event #{position}: is missing, its proof is there" for position in orphaned[:1]
    ]
