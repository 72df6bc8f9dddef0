"""One secret read and one set, where there were many events about secrets before."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from benchmarks.measure import Comparison, compare_processes
from benchmarks.organization import create
from tetra_es.crypto.age.identities import create_identity
from tetra_es.usecases.secrets.set_secrets import SetSecrets
from tetra_es.usecases.unit_of_work import Intent, UnitOfWork
from tetra_es_projections.queries.ref_lookup import RefLookup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.organization import Machine
    from benchmarks.sizes import Sizes

AIM = 1.3
FEW = 10
KEYS = 100
"""Keys that the events are about."""

_BATCH = 100


def run(folder: Path, sizes: Sizes) -> Iterator[Comparison]:
    """Yield `secret get` and `secret set`."""
    large, small = _filled(folder / "large", sizes.secret_events), _filled(folder / "small", FEW)
    numbers = count()
    value = folder / "value"

    def get(machine: Machine) -> None:
        machine.run("secret", "get", "dev", "KEY_0")

    def change(machine: Machine) -> None:
        value.write_text(f"another value, {next(numbers)}")
        machine.run("secret", "set", "dev", "KEY_0", "--from-file", str(value))

    for name, act in (("get", get), ("set", change)):
        yield compare_processes(
            (
                f"cold tetra-es secret {name} with {sizes.secret_events:,} events about secrets",
                lambda act=act: act(large),  # type: ignore[misc]
            ),
            (f"the same with {FEW}", lambda act=act: act(small)),  # type: ignore[misc]
            sizes.rounds,
            AIM,
        )


def _filled(folder: Path, events: int) -> Machine:
    """Return an organization in which secrets were set so often."""
    machine = create(folder)
    identity = machine.signing_key.with_name("age.key")
    machine.run("recipient", "add", "dev", "alice", create_identity(identity).text)
    with machine.history() as history:
        work = UnitOfWork(history, RefLookup(machine.layout.views), Intent())
        for start in range(0, events, _BATCH):

            def decide(work: UnitOfWork, start: int = start) -> None:
                for number in range(start, min(start + _BATCH, events)):
                    value = f"a value of some 40 characters, {number}".encode()
                    SetSecrets("dev", {f"KEY_{number % KEYS}": value}).decide(work)

            work.run(decide)
    machine.run("rebuild")
    return machine
