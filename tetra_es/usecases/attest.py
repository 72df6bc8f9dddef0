"""What a signer says of the whole history: checkpoints, and the manifests of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import IntegrityFailure, Refused, TetraEsError
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.integrity.checkpoint import LARGEST, PREFIX, Checkpoint, parse
from tetra_es.integrity.extension import origin_at, tree_of
from tetra_es.integrity.signers import Signer, signers_at

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.crypto.ssh.own_key import OwnKey
    from tetra_es.log.replica import Replica


def own_signer(log: Replica, own_key: OwnKey) -> Signer:
    """Return the user, who signs how the history is now.

    Raises `Refused` where the key is not a signer's, `Behind` where newer events were admitted
    on this account: who gets the signature could not find out that they are left out.
    """
    check_edition(log)
    if isinstance(log, AdmittedReplica):
        log.opened.check_complete()
    key = own_key.load()
    for name, line in signers_at(log, log.last_position()).items():
        if line == key.public_line:
            return Signer(name, key)
    raise Refused(
        f"the key {own_key.path} is not that of a signer",
        hint="`tetra-es signer list` shows whose keys may sign",
    )


def make_checkpoint(log: Replica, own_key: OwnKey) -> Checkpoint:
    """Return a checkpoint of the history as it is, signed. Raises as `own_signer` does."""
    signer = own_signer(log, own_key)
    size = log.last_position()
    return Checkpoint(origin_at(log), size, tree_of(log, size).root()).signed(signer.key)


def checkpoint_in(file: Path) -> Checkpoint | None:
    """Return the checkpoint that a file is, None where it is something else.

    Raises `TetraEsError` where it cannot be read, `IntegrityFailure` for half a checkpoint.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise TetraEsError(f"cannot read {file}: {error.strerror}") from error
    try:
        return parse(data)
    except ValueError as error:
        if data.startswith(PREFIX.encode()):
            raise IntegrityFailure(f"{file} is not a sound checkpoint: {error}") from error
        return None


def check_edition(log: Replica) -> None:
    """Raise `Refused` where the events are those of the first edition."""
    if log.state_folder() is None:
        raise Refused(
            "the organization is one of the first edition",
            hint="`tetra-es upgrade` brings it to the rules of this one",
        )
