"""The events of deployments, in one stream for each host that an environment is deployed to.

They hold names, versions and steps. What a service printed is not in them: it could be a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from tetra_es.events.base import Event, OfEnvironment, OfRevision

if TYPE_CHECKING:
    from tetra_es.events.secrets import CiphertextRef

DEPLOYMENTS_STREAM = "deployments:"
"""Prefix of the streams of deployments, such as `deployments:dev@dev-server`."""


FileDigest: TypeAlias = list[str]
"""`[path, digest]`: the SHA-256 of a file, hexadecimal, empty where it holds secrets."""


class DeploymentEvent(Event, OfEnvironment, OfRevision):
    """What every event of a deployment has."""

    environment: str
    """What is deployed."""
    host: str
    """Where: the destination that OpenSSH was given, or `localhost`."""
    deployment: str
    """Identifier of the deployment, 16 hexadecimal digits; the server knows it by the same."""
    revision: int
    """Of the environment."""


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


DEPLOYMENT_EVENTS: tuple[type[Event], ...] = (
    DeploymentStarted,
    DeploymentStepDone,
    DeploymentHealthy,
    DeploymentFailed,
    DeploymentReverted,
)
