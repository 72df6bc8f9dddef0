"""One environment on one host: what serves there, since when, and which deployment is under way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tetra_es.errors import Refused
from tetra_es.events.deployments import (
    DEPLOYMENTS_STREAM,
    DeploymentEvent,
    DeploymentFailed,
    DeploymentHealthy,
    DeploymentReverted,
    DeploymentStarted,
    DeploymentStepDone,
    HostEvent,
    HostForgotten,
    HostUninstalled,
)
from tetra_es.model.aggregate import Aggregate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.events.base import Event
    from tetra_es.events.deployments import Code
    from tetra_es.events.metadata import Context
    from tetra_es.events.secrets import CiphertextRef
    from tetra_es.model.aggregate import EventType


def deployments_stream(environment: str, host: str) -> str:
    """Return the stream of an environment's deployments to a host."""
    return f"{DEPLOYMENTS_STREAM}{environment}@{host}"


@dataclass
class Deployment:
    """One deployment, as far as it went."""

    id: str
    revision: int
    of_position: int
    started: str
    step: str = ""
    """The last that was done."""
    failed: str = ""
    """The step that failed."""
    healthy: str = ""
    """Since when it serves."""


class HostState(Aggregate):
    """An environment on a host, the aggregate of the stream `deployments:<environment>@<host>`."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        name = stream.removeprefix(DEPLOYMENTS_STREAM)
        self.environment, _, self.host = name.partition("@")
        self.serving: Deployment | None = None
        """The deployment that was kept last."""
        self.open: Deployment | None = None
        """The deployment that is under way, or of which we never heard the end."""

    def start(
        self,
        deployment: str,
        context: Context,
        *,
        revision: int,
        of_position: int,
        runner: str,
        secrets: Sequence[CiphertextRef],
        files: Sequence[Sequence[str]],
        code: Code | None = None,
        machine: str | None = None,
        observed: bool = False,
    ) -> DeploymentStarted:
        """Record that a deployment begins; `Refused` while another one's end is not known."""
        if self.open:
            raise Refused(
                f"a deployment of {self.environment} to {self.host} from {self.open.started} "
                "has not ended",
                hint=f"deploy {self.environment} there again: that asks the server how it ended",
            )
        self.open = Deployment(deployment, revision, of_position, context.now)
        return self._record(
            DeploymentStarted,
            context,
            of_position=of_position,
            runner=runner,
            secrets=[list(each) for each in secrets],
            files=[list(each) for each in files],
            code=code,
            machine=machine,
            observed=observed,
        )

    def done(self, step: str, context: Context, *, observed: bool = False) -> DeploymentStepDone:
        """Record that a step is done."""
        return self._record(DeploymentStepDone, context, step=step, observed=observed)

    def healthy(self, context: Context, *, observed: bool = False) -> DeploymentHealthy:
        """Record that the server keeps the release."""
        return self._record(DeploymentHealthy, context, observed=observed)

    def failed(
        self,
        step: str,
        cause: str,
        context: Context,
        *,
        switched: bool,
        observed: bool = False,
    ) -> DeploymentFailed:
        """Record a failed step; `reverted` must follow where the server had begun to change."""
        return self._record(
            DeploymentFailed,
            context,
            step=step,
            cause=cause,
            switched=int(switched),
            observed=observed,
        )

    def reverted(
        self, cause: str, context: Context, *, observed: bool = False
    ) -> DeploymentReverted:
        """Record that the server has its previous state again."""
        return self._record(DeploymentReverted, context, cause=cause, observed=observed)

    def operated(
        self, cls: type[HostEvent], context: Context, services: Sequence[str] = ()
    ) -> HostEvent:
        """Record that something was done by hand with services, with all where none are named."""
        return self._decide(
            cls,
            context,
            environment=self.environment,
            host=self.host,
            services=list(services),
        )

    def _record(
        self,
        cls: type[EventType],
        context: Context,
        *,
        observed: bool = False,
        **fields: Any,
    ) -> EventType:
        if self.open is None:
            raise Refused(f"no deployment of {self.environment} to {self.host} is under way")
        return self._decide(
            cls,
            context,
            environment=self.environment,
            host=self.host,
            deployment=self.open.id,
            revision=self.open.revision,
            observed=observed,
            **fields,
        )

    def apply(self, event: Event) -> None:
        """Change the state as `event` says."""
        super().apply(event)
        if isinstance(event, DeploymentStarted):
            self.open = Deployment(
                event.deployment, event.revision, event.of_position, event.timestamp
            )
        elif isinstance(event, (HostForgotten, HostUninstalled)):
            self.serving = self.open = None
        elif self.open and isinstance(event, DeploymentEvent):
            self._go_on(self.open, event)

    def _go_on(self, deployment: Deployment, event: DeploymentEvent) -> None:
        match event:
            case DeploymentStepDone():
                deployment.step = event.step
            case DeploymentHealthy():
                deployment.healthy = event.timestamp
                self.serving, self.open = deployment, None
            case DeploymentFailed():
                deployment.failed = event.step
                self.open = deployment if event.switched else None
            case DeploymentReverted():
                self.open = None

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        return {
            "serving": asdict(self.serving) if self.serving else None,
            "open": asdict(self.open) if self.open else None,
        }

    def restore(self, version: int, state: dict[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        self._version = version
        self.serving = Deployment(**state["serving"]) if state["serving"] else None
        self.open = Deployment(**state["open"]) if state["open"] else None
