"""The key that signs what a user records: in a file, or in an agent."""

from __future__ import annotations

import os
import shlex
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tetra_es.crypto.ssh.keys import Ed25519Key, create, fingerprint, public_line
from tetra_es.crypto.ssh.kinds import parse_public_line
from tetra_es.crypto.ssh.openssh_key import Outside, outside, seed_and_point
from tetra_es.crypto.ssh.wire import first
from tetra_es.errors import Refused, TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tetra_es.crypto.ssh.keys import SigningKey


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class OwnKey:
    """Where a user's signing key is. Its private half need not be in the file."""

    path: Path
    """The private key; its public half is beside it, as `PATH.pub`."""
    agent: Path | None = None
    """The socket of an SSH agent."""
    ask: Callable[[str], str] | None = None
    """Asks for a passphrase; None where nobody can be asked."""
    say: Callable[[str], None] = _silent
    """Tells somebody what is waited for."""

    def exists(self) -> bool:
        """Return whether there is a key, or the public half of one that an agent may hold."""
        return self.path.exists() or self._public_file.exists()

    def create(self) -> str:
        """Make a key; return its public line. Raises `Refused` where one is there already."""
        if (
            self._public_file.exists()
            and not self.path.exists()
            and self._held(self._public_beside())
        ):
            raise Refused(
                f"the SSH agent holds the key of {self._public_file}",
                hint="move that file away to make another key",
            )
        return create(self.path).public_line

    def load(self) -> SigningKey:
        """Return the key, ready to sign; asks for its passphrase where it has one.

        Raises `TetraEsError` when it is missing or cannot be used, `Refused` when others could
        read it.
        """
        data = self._read()
        if data is None:
            return self._held(self._public_beside()) or self._nowhere()
        plain = _plain(data)
        if plain is not None:
            return plain
        found = outside(data)
        if found is not None and (found.encrypted or first(found.public).startswith(b"sk-")):
            return self._held(found.public) or self._opened(data, found)
        return self._by_library(data)

    def public(self) -> str:
        """Return the key's public line, and ask nobody. Raises `TetraEsError` as `load` does."""
        data = self._read()
        if data is None:
            return public_line(self._public_beside())
        plain = _plain(data)
        if plain is not None:
            return plain.public_line
        found = outside(data)
        return public_line(found.public if found else self._by_library(data).blob)

    def where(self) -> str:
        """Return in words where the private half is. Raises `TetraEsError` as `load` does."""
        data = self._read()
        found = None if data is None or _plain(data) else outside(data)
        if data is not None and not (found and found.encrypted):
            self.load()
            return str(self.path)
        public = found.public if found else self._public_beside()
        if self._held(public):
            return f"{fingerprint(public)} in the SSH agent"
        return f"{self.path}, with a passphrase" if found else self._nowhere()

    @property
    def _public_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.pub")

    def _read(self) -> bytes | None:
        """Return what the private file holds; None where there is none."""
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TetraEsError(
                f"cannot read the signing key {self.path}: {error.strerror}"
            ) from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Refused(
                f"the signing key {self.path} is open to others",
                hint=f"`chmod 600 {shlex.quote(str(self.path))}` closes it",
            )
        return data

    def _public_beside(self) -> bytes:
        """Return the public key in the file beside the one that is missing."""
        try:
            text = self._public_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            raise TetraEsError(
                f"no signing key at {self.path}",
                hint="`tetra-es identity line` makes one, and prints what a signer needs to add "
                "you",
            ) from None
        try:
            return parse_public_line(text.strip())
        except UsageError as error:
            raise TetraEsError(f"{self._public_file}: {error.message}", hint=error.hint) from None

    def _held(self, public: bytes) -> SigningKey | None:
        """Return the key that an agent holds; None where there is no agent, or not this key."""
        if self.agent is None:
            return None
        from tetra_es.crypto.ssh.agent import AgentKey, holds

        return AgentKey(self.agent, public, self.say) if holds(self.agent, public) else None

    def _nowhere(self) -> NoReturn:
        if self.agent is None:
            another = self._another(self._public_file)
            raise TetraEsError(
                f"no signing key at {self.path}: its public half alone is there, and no SSH agent",
                hint=f"put it back from where you keep a copy; or {another}",
            )
        raise TetraEsError(
            f"no signing key at {self.path}, and the SSH agent does not hold it",
            hint="`ssh-add -L` lists what the agent of SSH_AUTH_SOCK holds",
        )

    def _opened(self, data: bytes, found: Outside) -> SigningKey:
        add = shlex.join(("ssh-add", str(self.path)))
        if not found.encrypted or first(found.public).startswith(b"sk-"):
            raise TetraEsError(
                f"the signing key {self.path} is a hardware key, and no SSH agent holds it",
                hint=f"`{add}` has the agent sign with it",
            )
        if self.ask is None:
            raise TetraEsError(
                f"the signing key {self.path} has a passphrase, and nobody can be asked",
                hint=f"`{add}` has an SSH agent sign with it",
            )
        return self._by_library(data, self.ask(f"Passphrase of {self.path}"))

    def _by_library(self, data: bytes, passphrase: str | None = None) -> SigningKey:
        from tetra_es.crypto.ssh.library_key import Unreadable, read

        try:
            return read(data, passphrase)
        except UsageError as error:
            what, hint = f"the signing key {self.path}: {error.message}", self._another()
        except Unreadable:
            what = f"the signing key {self.path} cannot be read: not an OpenSSH private key"
            hint = self._another()
            if passphrase is not None:
                what = f"the passphrase does not open the signing key {self.path}"
                same = shlex.join(("ssh-keygen", "-y", "-f", str(self.path)))
                hint = f"`{same}` tells whether it is the right one"
        raise TetraEsError(what, hint=hint)

    def _another(self, path: Path | None = None) -> str:
        here = str(path or self.path)
        old = shlex.join(("mv", here, f"{here}.old"))
        return (
            f"`{old}` moves it away, `tetra-es signer new` makes another; a signer then adds that"
        )


def _plain(data: bytes) -> Ed25519Key | None:
    """Return the key in a file such as `create` writes, None for all others."""
    found = seed_and_point(data)
    if found is None:
        return None
    seed, point = found
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return Ed25519Key(private) if private.public_key().public_bytes_raw() == point else None
