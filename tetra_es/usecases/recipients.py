"""Who can read an environment's secrets. A change encrypts all of them anew, or changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.crypto.age.backend import encrypt
from tetra_es.crypto.age.recipients import parse_recipient
from tetra_es.names import check_actor
from tetra_es.usecases.secrets import digest_of, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identities import Identity
    from tetra_es.events.metadata import Context
    from tetra_es.model.secrets import Vault
    from tetra_es.usecases.session import Session
    from tetra_es.usecases.unit_of_work import Recorded

    Report = Callable[[str, int, int], None]
    """Is told what is done, how far, and how far it goes."""


def add_recipient(
    session: Session,
    environment: str,
    name: str,
    recipient: str,
    identities: Callable[[], Sequence[Identity]],
    report: Report | None = None,
) -> list[Recorded]:
    """Let a recipient read the environment's secrets, the present ones included.

    `identities` is asked only when there are secrets to decrypt. Raises `UsageError` for what is
    no recipient, `Refused` for one that is there already.
    """
    check_actor(name)
    text = parse_recipient(recipient).text
    encrypt(b"", [text])  # some keys are of the right form and still none: it shows here
    return _change(
        session,
        environment,
        lambda vault, context: vault.add_recipient(name, text, context),
        identities,
        report,
    )


def remove_recipient(
    session: Session,
    environment: str,
    name: str,
    identities: Callable[[], Sequence[Identity]],
    report: Report | None = None,
) -> list[Recorded]:
    """Let a recipient no longer read what the environment's secrets are from now on."""
    return _change(
        session,
        environment,
        lambda vault, context: vault.remove_recipient(name, context),
        identities,
        report,
    )


def _change(
    session: Session,
    environment: str,
    decide: Callable[[Vault, Context], object],
    identities: Callable[[], Sequence[Identity]],
    report: Report | None,
) -> list[Recorded]:
    def command() -> list[Recorded]:
        organization = session.organization()
        organization.environment_named(environment)
        vault = session.vault(environment)
        context = session.context(organization)
        decide(vault, context)
        sealed: dict[str, bytes] = {}
        if vault.present:
            readers, total = vault.readers, len(vault.present)
            for key, value in opened(session.log, vault, identities()):
                sealed[key] = encrypt(value, readers)
                if report:
                    report("secrets", len(sealed), total)
        vault.reseal({key: digest_of(data) for key, data in sealed.items()}, context)
        return session.save(vault, sealed=list(sealed.values()))

    return session.run(command)
