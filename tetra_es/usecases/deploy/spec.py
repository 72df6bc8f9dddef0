"""What is rolled out: a state of an environment, rendered for servers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tetra_es.release.release import nothing
from tetra_es.release.render import render
from tetra_es.usecases.deploy.desired_state import DesiredState

if TYPE_CHECKING:
    from tetra_es.events.deployments import Code
    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.release.release import Release
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.deploy.request import ApplyRequest, DeployRequest


@dataclass(frozen=True)
class RolloutSpec:
    """What is to be deployed, the same for every host."""

    id: str
    """Identifier of the deployment, 16 hexadecimal digits."""
    state: DesiredState
    release: Release
    create_user: bool = False
    replace_unmanaged: bool = False
    """Whether files that no release of ours has put there may be replaced, with copies of them."""
    replace_drift: bool = False
    """Whether those may that a release of ours put there and somebody changed, with copies."""
    restart: bool = False
    """Whether services are restarted where the server has it all already."""
    code: Code | None = None
    """The application's code on the host, where that is known."""

    machine: str | None = None
    """The id of the machine that it goes to, where that is known."""

    @property
    def source(self) -> str:
        """What is deployed, such as `dev@7`."""
        return f"{self.state.environment}@{self.state.revision}"

    @property
    def provenance(self) -> str:
        """The same with position and hash of its newest event, as the server keeps it."""
        return f"{self.source} {self.state.anchor}"

    @property
    def removes(self) -> bool:
        """Whether there is nothing to deploy: what is there is removed."""
        return not self.release.files

    @property
    def files(self) -> list[list[str]]:
        """Path and digest of every file, the digest empty where there are secrets in it."""
        return [[file.path, "" if file.secret else file.digest] for file in self.release.files]

    def start(self, host: HostState, context: Context) -> None:
        """Decide that it begins."""
        host.start(
            self.id,
            context,
            revision=self.state.revision,
            of_position=self.state.position,
            runner=self.release.settings.runner,
            secrets=self.state.recorded_secrets,
            files=self.files,
            code=self.code,
            machine=self.machine,
        )

    def for_next_host(self) -> RolloutSpec:
        """Return the same as a deployment of its own."""
        return replace(self, id=new_id())


def new_id() -> str:
    """Return an identifier for a deployment."""
    return secrets.token_hex(8)


def spec_of(
    organization: str, state: DesiredState, request: DeployRequest | ApplyRequest
) -> RolloutSpec:
    """Return a state rendered for servers. Raises `ConfigError` for what none could be given."""
    release = render(organization, state.environment, state.document, state.values)
    return RolloutSpec(
        new_id(),
        state,
        release,
        create_user=request.create_user,
        replace_unmanaged=request.replace_unmanaged,
        replace_drift=request.replace_drift,
    )


def removal(organization: str, environment: str, document: ConfigDocument) -> RolloutSpec:
    """Return what removes an environment from a server.

    Neither its secrets nor a valid TOML are needed for that. Of what somebody changed there, copies
    stay.
    """
    state = DesiredState(environment, 0, 0, "", document, (), {})
    release = nothing(organization, environment)
    return RolloutSpec(new_id(), state, release, replace_drift=True)
