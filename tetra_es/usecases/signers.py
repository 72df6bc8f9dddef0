"""Who may sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.ssh.keys import parse_public_line, public_line
from tetra_es.names import check_actor

if TYPE_CHECKING:
    from tetra_es.usecases.unit_of_work import Recorded, Session


def add_signer(session: Session, name: str, key: str) -> list[Recorded]:
    """Let the public key line `key` sign as `name` from the next event on."""
    check_actor(name)
    line = public_line(parse_public_line(key))

    def command() -> list[Recorded]:
        organization = session.organization()
        organization.add_signer(name, line, session.context(organization))
        return session.save(organization)

    return session.run(command)


def remove_signer(session: Session, name: str) -> list[Recorded]:
    """Let `name` no longer sign; what is signed already stays valid."""

    def command() -> list[Recorded]:
        organization = session.organization()
        organization.remove_signer(name, session.context(organization))
        return session.save(organization)

    return session.run(command)
