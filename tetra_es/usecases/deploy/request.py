"""What a person asks for: which servers, and what to put on them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.names import LOCALHOST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.refs import Ref


@dataclass(frozen=True)
class HostSelection:
    """Which servers of an environment are meant."""

    environment: str
    hosts: Sequence[str] = ()
    """As ssh takes them; none stands for those that the environment has."""
    local: bool = False
    """This machine itself."""


@dataclass(frozen=True)
class DeployRequest(HostSelection):
    """A deployment that somebody asks for."""

    ref: Ref | None = None
    """Which state; by default the present one."""
    identities: Sequence[Path] = ()
    """Files to decrypt with; none stands for one's own."""
    create_user: bool = False
    take_over: bool = False
    """Whether what another history put there may be replaced."""
    replace_unmanaged: bool = False
    """Whether files that no release of ours has put there may be replaced, with copies of them."""
    replace_drift: bool = False
    """Whether those may that a release of ours put there and somebody changed, with copies."""
    restart: bool = False
    """Whether services are restarted where a server has it all already."""
    parallel: int | None = None
    """Hosts at a time; None, here and below, stands for what the environment's TOML says."""
    pause: int | None = None
    """Seconds between two batches of hosts."""
    canary: int | None = None
    """Hosts that come before all others."""
    rollback_all: bool = False
    """Whether hosts that have it already go back when another one fails."""


@dataclass(frozen=True)
class ApplyRequest:
    """What a machine that pulls is to have."""

    environment: str
    create_user: bool
    replace_unmanaged: bool
    replace_drift: bool
    who: str
    """In whose name the machine is locked."""
    again: str
    """The command that does the same, for hints."""


def command_on(host: str, *words: str) -> str:
    """Return a command of `tetra-es` on an environment's one server, to be pasted into a shell."""
    which = ["--local"] if host == LOCALHOST else ["--to", host]
    return shlex.join(["tetra-es", *words, *which])
