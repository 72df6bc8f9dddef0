"""What comes of asking several servers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from tetra_es.errors import TetraEsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tetra_es.events.deployments import Code
    from tetra_es.remote.facts import ServiceHealth
    from tetra_es.remote.server import Server
    from tetra_es.remote.transport import Transport
    from tetra_es.usecases.deploy.access import Access

Row = TypeVar("Row")


@dataclass
class Answers(Generic[Row]):
    """All that the servers answered, and what went wrong at others."""

    rows: list[Row] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    """The first is that of the command; it is raised after the rows are printed."""


@dataclass(frozen=True)
class HostResult:
    """How a deployment to a host ended."""

    host: str
    environment: str
    deployment: str | None
    error: str | None
    outcome: str
    """`serving`, `unchanged`, `failed`, or `returned`: it has what it had before the rollout."""
    services: tuple[ServiceHealth, ...] = ()
    """What the services answered."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Where the copies are of what somebody else had made, by path."""
    restarted: tuple[str, ...] = ()
    """Units that were started again."""
    code: Code | None = None
    """The application's code that the services were started with, where it is known."""


def code_text(code: Code) -> str:
    """Return the application's code for people, such as `3f2a91c03f2a (changed)`."""
    return code["commit"][:12] + (" (changed)" if code["dirty"] else "")


def ask_each(
    access: Access,
    environment: str,
    hosts: Sequence[Transport],
    ask: Callable[[Server], Iterable[Row]],
) -> Answers[Row]:
    """Ask every server: one that cannot be reached is no reason not to look at the others."""
    answers: Answers[Row] = Answers()
    for transport in hosts:
        try:
            with access.open(transport, environment) as server:
                answers.rows += ask(server)
        except TetraEsError as error:
            answers.errors.append(error)
    return answers
