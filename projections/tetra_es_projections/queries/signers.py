"""Who may sign, now or at some state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.crypto.ssh.allowed import allowed_signers
from tetra_es.crypto.ssh.keys import fingerprint_of_line
from tetra_es.integrity.signers import terms
from tetra_es_projections.queries.refs import moment_of

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader


class SignerRow(NamedTuple):
    """A signer and their key."""

    signer: str
    may: list[str] | None
    """What they may do alone, such as `promote:dev`; None where they may do everything."""
    fingerprint: str
    key: str
    """Public key line."""


def signer_rows(reader: Reader, ref: Ref | None = None) -> list[SignerRow]:
    """Return the signers by name, those of then with a REF."""
    signers, limits = _signers(reader, ref)
    return [
        SignerRow(name, limits.get(name), fingerprint_of_line(line), line)
        for name, line in sorted(signers.items())
    ]


def owner_of(reader: Reader, key: str) -> str | None:
    """Return the signer who has, or had, the key with a fingerprint; None where nobody had."""
    for term in terms(reader.log):
        if fingerprint_of_line(term.key) == key:
            return term.signer
    return None


def signers_file(reader: Reader, ref: Ref | None = None) -> str:
    """Return the `allowed_signers` file that `ssh-keygen -Y verify` takes."""
    return allowed_signers(_signers(reader, ref)[0])


def _signers(reader: Reader, ref: Ref | None) -> tuple[dict[str, str], dict[str, list[str] | None]]:
    """Return name to key, and name to limits of those who were added."""
    position = None if ref is None else moment_of(reader.views, ref)
    now = [term for term in terms(reader.log, position) if term.until is None]
    return {term.signer: term.key for term in now}, {term.signer: term.may for term in now}
