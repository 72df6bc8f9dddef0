"""Whether the events of a batch are signed, by the one who says to have recorded them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.keys import fingerprint
from tetra_es.crypto.ssh.sshsig import BadSignature, verify
from tetra_es.gate.state import Signer
from tetra_es.gate.verdicts import Reason, Rejected
from tetra_es.log import chain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.gate.entry import Entry


def founders_of(entry: Entry) -> dict[str, Signer]:
    """Return the signers before event 1: the founder that it names.

    Raises `Rejected` where it founds nothing.
    """
    name, key = entry.state.get("signer"), entry.state.get("key")
    if entry.topic == "organization.created" and isinstance(name, str) and isinstance(key, str):
        return {name: Signer(key)}
    raise Rejected(Reason.FOUNDING, "the first event founds no organization", entry.record)


def check_signatures(
    batch: Sequence[Entry], signers: Mapping[str, Signer], *, pinned: bool = False
) -> Signer:
    """Return the signer of a batch, given the signers before it.

    Only its last event has to be signed: its hash covers the others. Where the batch is `pinned`,
    its signatures were checked before. Raises `Rejected`.
    """
    actor = batch[-1].actor
    signer = signers.get(actor)
    if signer is None:
        raise Rejected(Reason.SIGNER, f"{actor} was not a signer then", batch[-1].record)
    for entry in () if pinned else batch:
        if entry.record.signature or entry.is_last:
            _check(entry, signer)
    return signer


def _check(entry: Entry, signer: Signer) -> None:
    record = entry.record
    try:
        message = chain.signed_bytes(record.hash)
        blob = verify(message, record.signature, any_kind=not entry.is_old)
    except BadSignature as error:
        raise Rejected(Reason.SIGNATURE, f"its signature is not valid: {error}", record) from None
    if signer.key.split(" ")[1:2] != [base64.b64encode(blob).decode()]:
        raise Rejected(
            Reason.SIGNER,
            f"it is signed by {fingerprint(blob)}, which was not the key of {entry.actor} then",
            record,
        )
