"""Keys in an SSH agent: they sign there, and never leave it.

Format: draft-miller-ssh-agent, sections 3.5 (listing) and 3.6 (signing).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature

from tetra_es.crypto.ssh import kinds
from tetra_es.crypto.ssh.keys import SigningKey, fingerprint
from tetra_es.crypto.ssh.wire import first, pack, unpack
from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWERS_WITHIN: Final = 10
"""Seconds that an agent has for listing its keys."""
SIGNS_WITHIN: Final = 120
"""Seconds that a person has to confirm a signature, or to touch a hardware key."""

_FAILURE: Final = 5
_LIST, _LISTED = 11, 12
_SIGN, _SIGNED = 13, 14
_RSA_SHA2_512: Final = 4
"""The flag that asks for SHA-512 with an RSA key, in the place of SHA-1."""
_LARGEST: Final = 256 * 1024
"""Bytes of a message; OpenSSH's agent takes and sends none that is larger."""


class AgentKey(SigningKey):
    """A key that an agent holds."""

    asks = True

    def __init__(self, place: Path, blob: bytes, say: Callable[[str], None]) -> None:
        """`place` is the agent's socket, `say` tells what is waited for."""
        super().__init__(blob)
        self._place = place
        self._say = say

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`. Raises `TetraEsError` where the agent does not sign."""
        kind = first(self.blob)
        if kind.startswith(b"sk-"):
            self._say(f"touch the hardware key {fingerprint(self.blob)}")
        flags = _RSA_SHA2_512 if kind == b"ssh-rsa" else 0
        request = bytes([_SIGN]) + pack(self.blob, data) + flags.to_bytes(4, "big")
        answer = _ask(self._place, request, SIGNS_WITHIN)
        try:
            if answer[0] != _SIGNED:
                raise TetraEsError(
                    f"the SSH agent does not sign with {fingerprint(self.blob)}",
                    hint="`ssh-add -l` lists its keys; it may have asked you to confirm",
                )
            (signature,) = unpack(answer[1:], 1)
            kinds.check(self.blob, signature, data)
        except (InvalidSignature, ValueError, IndexError) as error:
            raise TetraEsError(
                f"what the SSH agent signed with {fingerprint(self.blob)} cannot be used: "
                f"{str(error) or 'it does not match'}"
            ) from None
        return signature


def holds(place: Path, blob: bytes) -> bool:
    """Return whether the agent at a socket has a key. Raises `TetraEsError` where it is silent."""
    answer = _ask(place, bytes([_LIST]), ANSWERS_WITHIN)
    if answer[:1] != bytes([_LISTED]):
        return False
    try:
        count, rest = int.from_bytes(answer[1:5], "big"), answer[5:]
        return blob in unpack(rest, 2 * count)[::2]  # each with a comment
    except ValueError:
        raise TetraEsError(f"the SSH agent at {place} sends no list of keys") from None


def _ask(place: Path, request: bytes, seconds: int) -> bytes:
    """Return the answer to one request, without its length."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(str(place))
            connection.sendall(pack(request))
            size = int.from_bytes(_read(connection, 4), "big")
            if not 0 < size <= _LARGEST:
                raise OSError(None, "it sends what is not an answer")
            return _read(connection, size)
        except TimeoutError:
            raise TetraEsError(
                f"the SSH agent at {place} did not answer for {seconds} s",
                hint="`ssh-add -l` asks it, too; it may wait for you to confirm",
            ) from None
        except OSError as error:
            raise TetraEsError(
                f"cannot ask the SSH agent at {place}: {error.strerror or error}",
                hint="SSH_AUTH_SOCK names it; `ssh-add -l` asks it, too",
            ) from None


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError(None, "it closed the connection")
        data += more
    return data
