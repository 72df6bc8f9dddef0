"""How fast a rollout goes from host to host."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tetra_es.release.release import ServerSettings
    from tetra_es.usecases.deploy.request import DeployRequest

Host = TypeVar("Host")


class Pace(NamedTuple):
    """How many hosts at a time, and how long to wait in between."""

    batch: int = 1
    pause: int = 0
    """Seconds after each batch but the last; the hosts that are done are then asked again."""
    canary: int = 0
    """How many hosts come before all others."""

    def batches(self, hosts: Sequence[Host]) -> Iterator[Sequence[Host]]:
        """Yield the hosts of each batch, in the order in which they are named."""
        for part in (hosts[: self.canary], hosts[self.canary :]):
            for start in range(0, len(part), self.batch):
                yield part[start : start + self.batch]


def pace_of(request: DeployRequest, settings: ServerSettings) -> Pace:
    """Return the pace that a request asks for, else the one of the environment's TOML."""
    asked = (request.parallel, request.pause, request.canary)
    own = (settings.batch, settings.pause, settings.canary)
    return Pace(
        *(theirs if mine is None else mine for mine, theirs in zip(asked, own, strict=True))
    )
