"""What a server is like, as its agent told: typed, and nothing but told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tetra_es.events.deployments import Code
    from tetra_es.release.release import Service

UNKNOWN = "unknown"
STAGED = "staged"
ARMED = "armed"
REVERTING = "reverting"
CONFIRMING = "confirming"
CONFIRMED = "confirmed"
REVERTED = "reverted"
DISCARDED = "discarded"


@dataclass(frozen=True)
class Owner:
    """Who holds the lock of an environment on a server."""

    who: str
    origin: str
    """The machine that the session comes from, as its user named it."""
    since: str
    """RFC 3339, UTC, by the server's clock."""


@dataclass(frozen=True)
class Outcome:
    """How far a deployment got, as its server knows it.

    `unknown`: never heard of. `staged`: its files are there, nothing is changed. `armed`: under
    way; it will be reverted unless it is confirmed. `reverting`, `confirming`: decided, not yet
    cleaned up. `confirmed`, `reverted`, `discarded`: over.
    """

    deployment: str
    state: str
    cause: str = ""
    """Why it was reverted: `request`, `deadline`, `boot` or `disconnected`."""
    down: tuple[str, ...] = ()
    """Units that ran before it and do not, now that it is reverted, with what systemd says."""

    @property
    def undecided(self) -> bool:
        """Whether it is switched, or may be, and neither kept nor put back yet."""
        return self.state in {ARMED, REVERTING}

    @property
    def over(self) -> bool:
        """Whether the server will do nothing more about it."""
        return self.state in {UNKNOWN, CONFIRMED, REVERTED, DISCARDED}


@dataclass(frozen=True)
class Entry:
    """What is at a path. `kind`: absent, file, link, folder or other."""

    kind: str
    mode: int = 0
    owner: str = ""
    group: str = ""
    size: int = 0
    digest: str = field(default="", repr=False)
    """SHA-256 of a file, hexadecimal. Not for events when the file holds secrets."""
    target: str = ""
    """Of a link."""


@dataclass(frozen=True)
class Space:
    """Where a path's bytes would go: two paths of one `device` share what is `free`."""

    device: str
    free: int
    """Bytes."""


@dataclass(frozen=True)
class Listener:
    """A process that listens on a TCP port."""

    port: int
    pid: int
    command: str
    unit: str
    """The systemd unit that the process belongs to, or nothing."""


@dataclass(frozen=True)
class UnitState:
    """A unit, in systemd's own words."""

    name: str
    load: str
    """`loaded`, `not-found`, `masked`, `bad-setting`."""
    active: str
    """`active`, `inactive`, `failed`, `activating`, `deactivating`."""
    sub: str
    enabled: str
    """`enabled`, `disabled`, … or nothing when there is no unit file."""
    pid: int
    restarts: int
    since: str
    """When it became active, as systemd prints it, or nothing."""
    result: str
    """`success`, `exit-code`, `signal`, `oom-kill`, `start-limit-hit`, …"""
    memory: int
    """Bytes in use, 0 when not accounted."""
    stale: bool = False
    """Whether its file is newer than what systemd has read."""
    drop_ins: str = ""
    """Paths of files that change it, separated by blanks."""

    @property
    def running(self) -> bool:
        """Whether systemd takes it for up."""
        return self.active == "active"


@dataclass(frozen=True)
class ServiceHealth:
    """What one service answered last."""

    service: str
    unit: str
    port: int | None
    healthy: bool
    status: str
    """`200`, another HTTP status, `no answer`, or why the unit does not count as up."""

    @property
    def stopped(self) -> bool:
        """Whether its unit does not run, and did not fail: somebody stopped it, most likely."""
        return self.status.startswith("the unit is inactive")


@dataclass(frozen=True)
class DeployedFile:
    """A file as it was deployed."""

    path: str
    mode: int
    owner: str
    group: str
    digest: str = field(repr=False)
    secret: bool = False


@dataclass(frozen=True)
class Deployed:
    """What was confirmed last on a server for an environment."""

    deployment: str
    source: str
    """What was deployed, as the deployment named it, such as `dev@7`."""
    files: tuple[DeployedFile, ...]
    links: Mapping[str, str]
    """Target by path."""
    units: Mapping[str, bool]
    """Whether each is enabled, by name."""
    services: tuple[Service, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    """Digest of the TOML's values that a service was started with, by its name."""


@dataclass(frozen=True)
class Taken:
    """Something that another environment has on the server."""

    kind: str
    """`file` (or link), `folder`, `port`, or `user`: one who may read the other's secrets."""
    name: str
    other: str
    """`organization/environment`."""


@dataclass(frozen=True)
class Facts:
    """A server, at one moment."""

    systemd: int
    """systemd's version, 0 where it does not run."""
    state: str
    """`running`, `degraded`, `starting`, … or `offline`."""
    time: int
    """Seconds since 1970 by the server's clock."""
    tools: frozenset[str]
    """Which of the programs that the agent asks for are there."""
    users: Mapping[str, bool]
    """Whether each user that was asked for exists."""
    groups: Mapping[str, bool]
    entries: Mapping[str, Entry]
    """By path: of the release asked for, and of what is deployed."""
    names: Mapping[str, tuple[str, ...]]
    """Which variables the files with secrets set, by path; what to, is not told."""
    texts: Mapping[str, bytes] = field(repr=False)
    """The content of the files without secrets, by path."""
    spaces: Mapping[str, Space]
    listeners: tuple[Listener, ...]
    units: Mapping[str, UnitState]
    current: Deployed | None
    deployments: tuple[Outcome, ...]
    """Newest first."""
    owner: Owner | None
    """Who holds the lock, if anybody does."""
    machine: str | None
    """Its machine id, by which it is known under every name; None where it has none."""
    taken: tuple[Taken, ...]
    """What of the release is that of another environment here."""

    code: Code | None = None
    """The application's code, where it is in a git repository."""

    @property
    def pending(self) -> Outcome | None:
        """The deployment that is neither kept nor put back yet, if there is one."""
        return next((each for each in self.deployments if each.undecided), None)
