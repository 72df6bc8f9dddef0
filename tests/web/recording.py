"""Events that no command records so quickly: by the use cases, and many in one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.admission import Admission
from tetra_es.crypto.ssh.own_key import OwnKey
from tetra_es.layout import OrgLayout
from tetra_es.store.history import History
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machine import Machine


def record(machine: Machine, reason: str, *decisions: Callable[[UnitOfWork], object]) -> None:
    """Record a batch for each decision, signed by the machine's own key."""
    layout = OrgLayout(machine.folder)
    key = OwnKey(machine.home / ".config/tetra-es/id_ed25519").load()
    with History(layout.store, key, Admission(machine.home / ".local/state/tetra-es")) as history:
        for decide in decisions:
            UnitOfWork(history, RefLookup(layout.views), Intent(reason=reason)).run(decide)
    machine.ok("rebuild")


def deploy(work: UnitOfWork, environment: str, name: str, number: int) -> None:
    """Record a deployment to a host, of which there is none."""
    host = work.host(environment, name)
    host.start(
        *(f"{number:016x}", work.context()),
        revision=1,
        of_position=1,
        runner="direct",
        secrets=[],
        files=[],
    )
    host.healthy(work.context())
