"""Which servers of an environment are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.usecases.for_servers import server_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.remote.transport import Transport
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.request import HostSelection
    from tetra_es.usecases.ports import Deployments


def select(
    access: Access, selection: HostSelection, otherwise: Callable[[], Sequence[str]]
) -> list[Transport]:
    """Return the way to each server that is selected; where none is, to those `otherwise` gives.

    Raises `UsageError` where there are none either.
    """
    if selection.local and selection.hosts:
        raise UsageError("--local and --to exclude each other")
    if selection.local:
        return [access.here()]
    hosts = selection.hosts or otherwise()
    name = selection.environment
    if not hosts:
        raise UsageError(
            f"{name} names no host",
            hint=f"`tetra-es set profile {name} 'deployment.hosts=[\"HOST\"]'`, then "
            f"`tetra-es promote {name}`; or give one with --to",
        )
    return [access.to(host) for host in dict.fromkeys(hosts)]


def that_run_it(access: Access, selection: HostSelection, known: Deployments) -> list[Transport]:
    """Return the servers that an environment runs on, by what was recorded.

    Where there are none: those that its TOML names.
    """
    name = selection.environment
    return select(
        access,
        selection,
        lambda: known.serving_hosts(name) or named_hosts(name, known.document(name)),
    )


def all_of_it(access: Access, selection: HostSelection, known: Deployments) -> list[Transport]:
    """Return the servers that an environment runs on, and those that its TOML names."""
    name = selection.environment
    return select(
        access,
        selection,
        lambda: of_environment(known, name, named_hosts(name, known.document(name))),
    )


def of_environment(known: Deployments, environment: str, named: Sequence[str]) -> list[str]:
    """Return the hosts that an environment runs on and those that are named, each once.

    A host that is named goes by that name, whatever it was deployed to by.
    """
    serving = [
        host
        for host in known.serving_hosts(environment)
        if host in named or not {*named}.intersection(known.names_of(environment, host))
    ]
    return list(dict.fromkeys([*serving, *named]))


def named_hosts(environment: str, document: ConfigDocument) -> Sequence[str]:
    """Return the hosts that an environment's TOML names.

    Raises `Refused` for the source of truth.
    """
    return server_settings(environment, document).hosts
