"""The values that rendering gives and that a deployment carries out.

They hold no path of the machine that renders and no time: the same environment and secrets give
the same release, so that what is on a server can be compared with what should be there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from tetra_es.release.health import Check
    from tetra_es.toml.keys import KeyPath

Runner: TypeAlias = Literal["tsm", "direct"]
"""Who supervises the services: Tetra's own service manager, or systemd itself."""


@dataclass(frozen=True)
class HealthSettings:
    """When services that are asked count as healthy. Times are in seconds."""

    deadline: int = 60
    """The most that the whole check may take."""
    interval: int = 1
    """The pause between two requests."""
    successes: int = 3
    """How many answers in a row must be good."""
    timeout: int = 5
    """The most that one request may take."""
    stays_up: int = 10
    """How long all must stay good, from the first good answer: it may go beyond the deadline."""


@dataclass(frozen=True)
class ReleaseCommand:
    """What a service runs once before a release is switched to, such as a migration."""

    words: tuple[str, ...]
    """The program first."""
    timeout: int
    """Seconds until it is ended, and the deployment fails."""
    env_file: str = ""
    """Path of the env file that it gets the variables of, as the release has it."""
    variables: tuple[str, ...] = ()
    """`NAME=value`: what its unit sets, too. No secrets."""
    properties: tuple[str, ...] = ()
    """`Name=value`: the settings of a unit, so that it may do what the service may do."""
    shown: str = ""
    """As the TOML has it."""


@dataclass(frozen=True)
class ServiceSettings:
    """One service, with the defaults filled in."""

    name: str
    command: str
    cwd: str
    """Absolute."""
    env_file: str
    """Relative to `cwd`."""
    auto_restart: bool
    port: int | None
    check: Check
    port_key: KeyPath = ()
    """Where the TOML says which port."""
    stop_timeout: int = 30
    """Seconds that it gets to stop before systemd kills it."""
    release_command: str = ""
    """What is run before the switch, or nothing."""
    release_timeout: int = 300
    """Seconds."""
    variables: tuple[tuple[str, str], ...] = ()
    """Name and value of each that is not a secret, with those that are made of other keys."""
    credentials: bool = False
    """Whether it gets its secrets as systemd's credentials, and none as a variable."""

    @property
    def env_path(self) -> str:
        """The env file's absolute path."""
        return f"{self.cwd}/{self.env_file}"


@dataclass(frozen=True)
class ServerSettings:
    """What the TOML of an environment says about its servers. Paths are absolute, for a server."""

    environment_type: str
    """`development`, `staging`, `production` or a word of the user's own; may be empty."""
    hosts: tuple[str, ...]
    """Destinations for ssh, in the order of deployment; may be empty."""
    user: str
    group: str
    tetra_src: str
    tetra_dir: str
    runner: Runner
    services: tuple[ServiceSettings, ...]
    """At least one, in the order of the file."""
    memory_max: int
    """MB for each unit; 0 means without limit, as for `nofile` and `nproc`."""
    nofile: int
    nproc: int
    health: HealthSettings
    auto_start: bool
    """Whether the units start with the server."""
    umask: str = ""
    """In octal; empty where the environment does not say."""
    read_write_paths: tuple[str, ...] = ()
    """What a sandboxed unit may write to beside `tetra_dir`."""
    batch: int = 1
    """Hosts at a time."""
    pause: int = 0
    """Seconds between two batches."""
    canary: int = 0
    """Hosts that come before all others."""

    @property
    def sandboxed(self) -> bool:
        """Whether the units get systemd's sandbox: all but root's own development servers do."""
        return self.user != "root" or self.environment_type in {"staging", "production"}


@dataclass(frozen=True)
class RemoteFile:
    """A file with its whole content. A secret one's content is never shown, compared or logged."""

    path: str
    content: bytes = field(repr=False)
    mode: int
    owner: str
    group: str
    secret: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Link:
    """A symbolic link; a relative target is relative to the link's folder."""

    path: str
    target: str
    owner: str
    group: str


@dataclass(frozen=True)
class Folder:
    """A folder to be made where it is missing. One that exists keeps its mode and owner."""

    path: str
    mode: int
    owner: str
    group: str


@dataclass(frozen=True)
class Service:
    """A service as a deployment sees it: what to restart, and where to ask for its health."""

    name: str
    unit: str
    """With `.service`; each service has its own."""
    port: int | None
    """None where there is none to ask: then the unit's state is all that can be checked, unless the
    check is a command or has a socket."""
    check: str
    """How it is asked; see `release.health`."""
    reads: tuple[str, ...] = ()
    """Paths of the files and links that it reads when it starts."""
    values: str = field(default="", repr=False)
    """Digest of the TOML's values that it may read; empty where that is not known."""
    command: ReleaseCommand | None = None
    """What is run before the switch."""


@dataclass(frozen=True)
class Release:
    """Everything that a server gets for one environment."""

    organization: str
    environment: str
    settings: ServerSettings
    folders: tuple[Folder, ...]
    """Parents before children."""
    files: tuple[RemoteFile, ...]
    """In the order of their paths, which are unique; the units are among them."""
    links: tuple[Link, ...]
    units: tuple[str, ...]
    """Names with `.service`, each once, in the order of the services."""
    services: tuple[Service, ...]
    secret_names: tuple[str, ...]
    """Keys in the env files, sorted: for plans, which never show values."""

    @property
    def stop_timeout(self) -> int:
        """Seconds that the slowest of the services gets to stop."""
        return max((each.stop_timeout for each in self.settings.services), default=0)


def nothing(organization: str, environment: str) -> Release:
    """Return the release of an environment that is to be removed: it has no file and no unit."""
    settings = ServerSettings(
        environment_type="",
        hosts=(),
        user="root",
        group="root",
        tetra_src="/",
        tetra_dir="/",
        runner="direct",
        services=(),
        memory_max=0,
        nofile=0,
        nproc=0,
        health=HealthSettings(successes=1, stays_up=0),
        auto_start=False,
    )
    return Release(organization, environment, settings, (), (), (), (), (), ())
