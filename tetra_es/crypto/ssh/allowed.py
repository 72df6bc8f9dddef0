"""The `allowed_signers` file that `ssh-keygen -Y verify` reads (ssh-keygen(1), ALLOWED SIGNERS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.sshsig import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping


def allowed_signers(signers: Mapping[str, str]) -> str:
    """Return the file's text for `signers`, name to public key line, sorted by name."""
    return "".join(
        f'{name} namespaces="{NAMESPACE}" {key}\n' for name, key in sorted(signers.items())
    )
