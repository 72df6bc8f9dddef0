"""Whether a host has what our history says was deployed to it.

A server keeps a record of its own. It tells what is there, not what should be there: root on the
server can replace it, and another history may have deployed to the same server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import TetraEsError
from tetra_es.events.deployments import DeploymentHealthy, DeploymentStarted, HostForgotten
from tetra_es.log.replica import valid_events
from tetra_es.model.host import deployments_stream
from tetra_es.usecases.deploy.anchor import is_ours
from tetra_es.usecases.deploy.request import command_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tetra_es.events.deployments import Code
    from tetra_es.log.replica import Replica
    from tetra_es.remote.drift import Difference
    from tetra_es.remote.facts import Deployed
    from tetra_es.remote.server import Server
    from tetra_es.usecases.ports import Deployments


@dataclass(frozen=True)
class RecordedRelease:
    """The release that a host got last and kept, as the events have it."""

    source: str
    """Such as `dev@7`."""
    files: Mapping[str, str]
    """Path to digest, which is empty for a file with secrets."""
    code: Code | None = None
    """The application's code at its last start, where that is known."""


@dataclass(frozen=True)
class Comparison:
    """A host's release beside what is recorded."""

    source: str
    """What the host has, such as `dev@7`."""
    recorded: RecordedRelease | None
    """None where no deployment is recorded, as where `apply` put a release of our history."""
    difference: str = ""
    """How the release is another one, such as `is dev@7 of another history`, or nothing."""
    hint: str = ""


def recorded_release(log: Replica, environment: str, *names: str) -> RecordedRelease | None:
    """Return what a host has by our history; None where nothing was deployed, or it was removed.

    `names` are all that it was deployed to by: what was kept last under any of them counts.
    """
    found = [_kept_last(log, environment, name) for name in names]
    position, release = max(found, key=lambda one: one[0], default=(0, None))
    return release if position else None


def _kept_last(log: Replica, environment: str, host: str) -> tuple[int, RecordedRelease | None]:
    """Return the position of the deployment that a host kept last, 0 for none, and its release."""
    kept = None
    records = log.of_stream(deployments_stream(environment, host), descending=True)
    for record, event in valid_events(log, records):
        if isinstance(event, HostForgotten):
            return 0, None
        if kept is None and isinstance(event, DeploymentHealthy):
            kept = event.deployment
        elif isinstance(event, DeploymentStarted) and event.deployment == kept:
            if not event.revision:
                return record.position, None
            source = f"{environment}@{event.revision}"
            return record.position, RecordedRelease(source, dict(event.files), event.code)
    return 0, None


def compare(
    log: Replica,
    environment: str,
    host: str,
    current: Deployed | None,
    names: Sequence[str] = (),
) -> Comparison:
    """Return how what a server says it has is what our history says.

    `names` are others that it was deployed to by. Raises `TetraEsError` where it has nothing: it
    was never deployed, removed, or lost.
    """
    recorded = recorded_release(log, environment, *dict.fromkeys((host, *names)))
    again = command_on(host, "deploy", environment)
    if current is None or not current.files:
        if recorded:
            what = f"{recorded.source} was deployed to {host}, which has no record of it"
        else:
            stream = deployments_stream(environment, host)
            tried = next(iter(log.of_stream(stream)), None) is not None
            what = f"{environment} {'is not' if tried else 'was never'} deployed to {host}"
        raise TetraEsError(what, hint=f"`{again}` deploys it")
    source = current.source.partition(" ")[0]
    if not is_ours(log, current.source):
        difference = f"is {source} of another history"
        hint = f"find out who deploys there; `{again} --take-over` replaces it"
    elif recorded and source != recorded.source:
        difference = f"is {source}, and {recorded.source} was deployed there last"
        hint = f"`{again}` deploys and records the present state"
    else:
        difference = hint = ""
    return Comparison(source, recorded, difference, hint)


def standing_of(known: Deployments, environment: str, host: str) -> list[str]:
    """Return what there is to say of a host that has an older state than is recorded, in words."""
    found = known.standing(environment, host)
    if found is None:
        return []
    said = []
    if found.behind:
        revisions = "revision" if found.behind == 1 else "revisions"
        said.append(f"{found.running} is {found.behind} {revisions} behind {found.configured}")
    for key, version, recorded in found.older:
        now = f"version {recorded} is recorded" if recorded else "it was removed since"
        said.append(f"the services have version {version} of {key}, and {now}")
    return said


def check_left_out(known: Deployments, environment: str, host: str) -> None:
    """Raise `TetraEsError` where other hosts of the environment were given something newer."""
    found = known.standing(environment, host)
    if found is not None and found.left_out:
        raise TetraEsError(
            f"{found.left_out} was not deployed to {host}, which has {found.running}",
            hint=f"`{command_on(host, 'deploy', environment)}` deploys what is recorded now",
        )


def remedy(difference: Difference, again: str) -> str:
    """Return what to do about a difference; `again` is the command that deploys there."""
    if difference.by_hand:
        return f"`{again} --replace-drift` keeps a copy and puts it right"
    if difference.repairable:
        return f"`{again}` puts it right"
    return (
        f"`systemctl revert {difference.subject}` there removes that; "
        "what should stay belongs in the TOML"
    )


def require_deployed(server: Server, environment: str) -> Deployed:
    """Return what is on a server. Raises `TetraEsError` where nothing was deployed."""
    current = server.inspect().current
    if current is None or not current.units:
        raise TetraEsError(
            f"{environment} is not deployed to {server.host}",
            hint=f"`{command_on(server.host, 'deploy', environment)}` deploys it",
        )
    return current
