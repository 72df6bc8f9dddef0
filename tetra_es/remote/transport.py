"""How a session gets to a server: through the system's own OpenSSH client, or not at all.

The remote command is one line that every login shell takes alike, fish and csh too: it has single
quotes around each word and neither a single quote, a backslash nor an exclamation mark in one. The
agent itself, and all that it is told, comes through standard input: nothing of a configuration is
ever an argument, and `ps` shows nothing.
"""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tetra_es.errors import UsageError
from tetra_es.names import LOCALHOST
from tetra_es.schema.hosts import HOST_HINT, is_host, ssh_words

if TYPE_CHECKING:
    from collections.abc import Sequence

READ = 'read -r tetra_agent && eval "$(printf %s "$tetra_agent" | base64 -d)"'
"""A shell that reads the agent's text, a line of base64, and becomes it."""
_AS_ROOT = (
    'if [ "$(id -u)" = 0 ]; then exec /bin/sh -c "$0"; fi; '
    # What sudo has to say is told apart by its words.
    'LC_ALL=C; export LC_ALL; exec sudo -n /bin/sh -c "$0"'
)
_AS_ROOT_ASKED = (
    'if [ "$(id -u)" = 0 ]; then exec /bin/sh -c "$0"; fi; '
    "LC_ALL=C; export LC_ALL; "
    # -k: what sudo remembers would let the password go to the shell behind it.
    'exec sudo -k -S -p "$1" /bin/sh -c "$0"'
)
REMOTE = f"exec /bin/sh -c '{_AS_ROOT}' '{READ}'"
"""What the server's login shell is asked to run: a shell that reads the agent's text, as root."""


@dataclass(frozen=True)
class Sudo:
    """The password for sudo on the servers, and what is said on the way to being root.

    Both are new for each session, so that nothing else that a login shell prints is taken for them.
    """

    password: str = field(repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def prompt(self) -> str:
        """What sudo says, on standard error, when it wants the password."""
        return f"[tetra-es {self.nonce}] "

    @property
    def ready(self) -> str:
        """The line that the shell says when it is root and reads the agent's text."""
        return f"tetra-es shell {self.nonce}"

    @property
    def remote(self) -> str:
        """As `REMOTE`, for a sudo that asks."""
        read = f"echo; echo {self.ready}; {READ}"
        return f"exec /bin/sh -c '{_AS_ROOT_ASKED}' '{read}' '{self.prompt}'"


_OPTIONS = (
    # Neither a terminal, nor X11, nor the agent: root there would have the use of our keys.
    *("-T", "-x", "-a"),
    *("-o", "ConnectTimeout=15"),
    *("-o", "ServerAliveInterval=5"),
    *("-o", "ServerAliveCountMax=3"),
    *("-o", "RequestTTY=no"),
    *("-o", "RemoteCommand=none"),
    *("-o", "PermitLocalCommand=no"),
    *("-o", "ClearAllForwardings=yes"),
)


class Transport(Protocol):
    """A way to run the agent somewhere."""

    @property
    def host(self) -> str:
        """Name of the server, for people and events."""

    @property
    def patient(self) -> bool:
        """Whether a person may be asked for a password before the agent answers."""

    @property
    def password(self) -> str | None:
        """What to give to a sudo that asks; None where it must not ask."""

    def argv(self, sudo: Sudo | None = None) -> list[str]:
        """Return the local command whose standard input and output are the agent's.

        With `sudo`, those of a shell that says so when it is root.
        """


@dataclass(frozen=True)
class Ssh:
    """The system's OpenSSH client. Raises `UsageError` for what cannot be a destination."""

    destination: str
    """What `ssh` takes: a host of ~/.ssh/config, `user@host`, `user@[::1]`,
    `ssh://user@host:port`."""
    command: Sequence[str] = ("ssh",)
    interactive: bool = False
    """Whether ssh may ask for a password or a passphrase."""
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not is_host(self.destination):
            raise UsageError(
                f"not a destination for ssh: {self.destination!r}",
                hint=f"use {HOST_HINT}",
            )

    @property
    def host(self) -> str:
        """The destination as it was given."""
        return self.destination

    @property
    def patient(self) -> bool:
        """Whether ssh may ask a person."""
        return self.interactive

    @property
    def by_hand(self) -> str:
        """What a person types to see what ssh says, for a shell."""
        words = [word for word in ssh_words(self.destination) if word != "--"]
        return shlex.join([*self.command, *words, "true"])

    def argv(self, sudo: Sudo | None = None) -> list[str]:
        """Return the ssh command."""
        remote = sudo.remote if sudo else REMOTE
        batch = () if self.interactive else ("-o", "BatchMode=yes")
        return [*self.command, *_OPTIONS, *batch, *ssh_words(self.destination), remote]


@dataclass(frozen=True)
class Local:
    """This machine itself: the same agent, without ssh."""

    host: str = LOCALHOST
    patient: bool = False
    password: str | None = field(default=None, repr=False)

    def argv(self, sudo: Sudo | None = None) -> list[str]:
        """Return the command that runs what ssh would have the server run."""
        return ["/bin/sh", "-c", sudo.remote if sudo else REMOTE]
