"""Signers, exceptions from the scan for secrets, and what was purged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tetra_es.usecases.rerecord.left import Left

if TYPE_CHECKING:
    from tetra_es.events.config import (
        OrganizationUpgraded,
        ScanExceptionAdded,
        SignerAdded,
        SignerRemoved,
    )
    from tetra_es.events.metadata import Context
    from tetra_es.events.secrets import BodiesPurged
    from tetra_es.usecases.rerecord.deciding import Deciding
    from tetra_es.usecases.rerecord.tail import Past


def _upgraded(how: Deciding, past: Past) -> None:
    event = cast("OrganizationUpgraded", past.event)
    if how.work.floor < event.floor:
        how.work.organization().upgrade(event.floor, how.work.context())


def _signer_added(how: Deciding, past: Past) -> None:
    event, organization = cast("SignerAdded", past.event), how.work.organization()
    if organization.signers.get(event.signer) == event.key:
        limits = organization.limits.get(event.signer)
        if limits != event.may:
            raise Left(f"{event.signer} is a signer there, with other limits")
        return
    organization.add_signer(event.signer, event.key, _unlimited(how), may=event.may)


def _signer_removed(how: Deciding, past: Past) -> None:
    event, organization = cast("SignerRemoved", past.event), how.work.organization()
    if event.signer not in organization.signers:
        return
    if organization.signers[event.signer] != event.key:
        raise Left(f"the signer {event.signer} has another key there")
    organization.remove_signer(event.signer, _unlimited(how))


def _excepted(how: Deciding, past: Past) -> None:
    event, organization = cast("ScanExceptionAdded", past.event), how.work.organization()
    if (event.file, event.key) not in organization.scan_exceptions:
        organization.add_scan_exception(event.file, event.key, how.work.context())


def _bodies_purged(how: Deciding, past: Past) -> None:
    """Destroy what is still there of it."""
    event, work = cast("BodiesPurged", past.event), how.work
    digests = [bytes.fromhex(each) for each in event.digests]
    digests = [each for each in digests if not work.log.purge_of(each) and work.readers([each])]
    if not digests:
        return
    work.organization().purge_bodies(
        [each.hex() for each in digests], _unlimited(how), work.readers(digests)
    )
    for digest in digests:
        work.destroy_body(digest)


def _unlimited(how: Deciding) -> Context:
    context = how.work.context()
    if context.actor in how.work.organization().limits:
        raise Left(f"only signers without limits may: {context.actor} has limits there")
    return context


HANDLERS: Final = {
    "organization.upgraded": _upgraded,
    "signer.added": _signer_added,
    "signer.removed": _signer_removed,
    "scan.exception_added": _excepted,
    "bodies.purged": _bodies_purged,
}
