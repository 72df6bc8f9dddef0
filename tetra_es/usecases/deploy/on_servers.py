"""What use cases on the servers of an environment work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es.usecases.deploy.access import Access
    from tetra_es.usecases.deploy.listener import ServerListener
    from tetra_es.usecases.deploy.request import HostSelection
    from tetra_es.usecases.ports import Deployments


class OnServers:
    """The servers that are meant, the way to them, and what was recorded of them."""

    def __init__(
        self,
        known: Deployments,
        access: Access,
        listener: ServerListener,
        selection: HostSelection,
    ) -> None:
        self._known = known
        self._access = access
        self._listener = listener
        self._selection = selection
        self._environment = selection.environment
