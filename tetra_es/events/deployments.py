"""The events of deployments, in one stream for each host that an environment is deployed to.

They hold names, versions and steps. What a service printed is not in them: it could be a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypedDict

from tetra_es.events.base import Event, OfEnvironment, OfRevision, give

if TYPE_CHECKING:
    from tetra_es.events.secrets import CiphertextRef

DEPLOYMENTS_STREAM = "deployments:"
"""Prefix of the streams of deployments, such as `deployments:dev@dev-server`."""


FileDigest: TypeAlias = list[str]
"""`[path, digest]`: the SHA-256 of a file, hexadecimal, empty where it holds secrets."""


class Code(TypedDict):
    """The application's code on a server."""

    commit: str
    """`git rev-parse HEAD` of it."""
    dirty: bool
    """Whether it was changed since."""


class DeploymentEvent(Event, OfEnvironment, OfRevision):
    """What every event of a deployment has."""

    class_version: ClassVar[int] = 2

    environment: str
    """What is deployed."""
    host: str
    """Where: the destination that OpenSSH was given, or `localhost`."""
    deployment: str
    """Identifier of the deployment, 16 hexadecimal digits; the server knows it by the same."""
    revision: int
    """Of the environment."""
    observed: bool
    """Whether a server's journal was read afterwards, by somebody who did not deploy."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition recorded what it did itself."""
        give(state, observed=False)


class DeploymentStarted(DeploymentEvent):
    """A deployment holds the lock of the server and begins."""

    TOPIC: ClassVar[str] = "deployment.started"

    of_position: int
    """Position of the event whose TOML is deployed."""
    runner: str
    """`tsm` or `direct`."""
    secrets: list[CiphertextRef]
    """The secrets that the services get."""
    files: list[FileDigest]
    """What the server gets."""
    code: Code | None
    """The application's code there, where it is known."""
    machine: str | None
    """The server's machine id, where it is known."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """The first edition did not ask for the code, nor for the machine."""
        give(state, observed=False, code=None, machine=None)


class DeploymentStepDone(DeploymentEvent):
    """A step of a deployment is done."""

    TOPIC: ClassVar[str] = "deployment.step_done"

    step: str
    """`stage`, `arm`, `switch`, `restart` and so on."""


class DeploymentHealthy(DeploymentEvent):
    """The services answered as they should, and the server keeps the release."""

    TOPIC: ClassVar[str] = "deployment.healthy"


class DeploymentFailed(DeploymentEvent):
    """A step failed. Nothing has changed on the server, or a `deployment.reverted` follows."""

    TOPIC: ClassVar[str] = "deployment.failed"

    step: str
    """The one that could not be done."""
    cause: str
    """What went wrong, in one line, without anything that a service printed."""
    switched: int
    """1 when the server had begun to change, else 0."""


class DeploymentReverted(DeploymentEvent):
    """The server has its previous state again."""

    TOPIC: ClassVar[str] = "deployment.reverted"

    cause: str
    """What made it, `request`, `disconnected`, `deadline` or `boot`; then, after semicolons, the
    units that ran before and did not start again."""


class HostEvent(Event, OfEnvironment):
    """What every event of an operation on a host has."""

    environment: str
    """Whose services are meant."""
    host: str
    """Where, as in deployments."""
    services: list[str]
    """Which services; none for all."""


class HostStarted(HostEvent):
    """Services were started by hand."""

    TOPIC: ClassVar[str] = "host.started"


class HostStopped(HostEvent):
    """Services were stopped by hand."""

    TOPIC: ClassVar[str] = "host.stopped"


class HostRestarted(HostEvent):
    """Services were restarted by hand."""

    TOPIC: ClassVar[str] = "host.restarted"


class HostEnabled(HostEvent):
    """Services start at boot again."""

    TOPIC: ClassVar[str] = "host.enabled"


class HostDisabled(HostEvent):
    """Services no longer start at boot."""

    TOPIC: ClassVar[str] = "host.disabled"


class HostUninstalled(HostEvent):
    """The deployed services were removed from the server."""

    TOPIC: ClassVar[str] = "host.uninstalled"


class HostForgotten(HostEvent):
    """The server is not one of the environment's any more."""

    TOPIC: ClassVar[str] = "host.forgotten"


DEPLOYMENT_EVENTS: tuple[type[Event], ...] = (
    DeploymentStarted,
    DeploymentStepDone,
    DeploymentHealthy,
    DeploymentFailed,
    DeploymentReverted,
)
HOST_EVENTS: tuple[type[Event], ...] = (
    HostStarted,
    HostStopped,
    HostRestarted,
    HostEnabled,
    HostDisabled,
    HostUninstalled,
    HostForgotten,
)
FACTS: tuple[type[Event], ...] = (
    *(DeploymentStepDone, DeploymentHealthy, DeploymentFailed, DeploymentReverted),
    *(HostStarted, HostStopped, HostRestarted, HostEnabled, HostDisabled, HostUninstalled),
)
"""What tells what has happened on a host: nobody decides it. That a deployment begins is recorded
before it does, and that a host is forgotten is a decision."""
