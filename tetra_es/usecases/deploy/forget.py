"""Forgetting a host: it is not one of an environment's any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.events.deployments import HostForgotten
from tetra_es.usecases.may import check_may
from tetra_es.usecases.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es.usecases.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ForgetHost(UseCase[Sequence[str]]):
    """Record that a host is gone, or is another environment's now. The host is not asked."""

    host: str
    environments: Sequence[str]
    """None stands for all that were deployed there."""
    known: Callable[[], Mapping[str, Sequence[str]]]
    """Returns the hosts that each environment was deployed to."""

    def decide(self, work: UnitOfWork) -> Sequence[str]:
        """Return the environments. Raises `UsageError` for a host that is not known."""
        known = self.known()
        found = [name for name, hosts in known.items() if self.host in hosts]
        if not found:
            names = sorted({each for hosts in known.values() for each in hosts})
            listed = f"the hosts are {', '.join(names)}" if names else "nothing was deployed yet"
            raise UsageError(f"nothing is deployed to {self.host}", hint=listed)
        for name in self.environments:
            if name not in found:
                raise UsageError(
                    f"{name} is not deployed to {self.host}",
                    hint=f"`tetra-es host forget {self.host}` forgets it for {', '.join(found)}",
                )
        wanted = self.environments or found
        for name in wanted:
            check_may(work, f"deploy:{name}")
            work.host(name, self.host).operated(HostForgotten, work.context())
        return wanted
