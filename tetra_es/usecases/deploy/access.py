"""Getting to servers: through which client, and in whose name."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.remote.server import Server
from tetra_es.remote.transport import Local, Ssh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tetra_es.remote.transport import Transport

SESSION_GRACE = 15
"""Seconds that the session of a killed deployment may take to end: it puts back the old state."""


@dataclass(frozen=True)
class Access:
    """How an organization's servers are reached."""

    organization: str
    ssh: Sequence[str]
    """The command that stands for ssh."""
    interactive: bool
    """Whether ssh may ask a person for a password or a passphrase."""
    who: Callable[[], str]
    """Returns in whose name a server is locked."""
    origin: Callable[[], str]
    """Returns from which machine."""
    password: str | None = field(default=None, repr=False)
    """What to give to a sudo that asks for a password there."""

    def to(self, host: str) -> Transport:
        """Return the way to a host. Raises `UsageError` for what cannot be a destination."""
        return Ssh(host, command=self.ssh, interactive=self.interactive, password=self.password)

    def here(self) -> Transport:
        """Return the way to this machine itself."""
        return Local(password=self.password)

    def open(self, transport: Transport, environment: str) -> Server:
        """Open a session, for looking alone. Raises `Unreachable`."""
        return Server.open(transport, self.organization, environment)

    @contextmanager
    def locked(self, transport: Transport, environment: str) -> Iterator[Server]:
        """Open a session with the server's lock, for changing it. Raises `Locked`."""
        with self.open(transport, environment) as server:
            server.lock(self.who(), self.origin(), wait=SESSION_GRACE)
            yield server
