"""Which versions of secrets somebody could read, or everybody in an environment."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.integrity.exposure import Exposed, Exposure, recipients_named
from tetra_es.log.replica import Purged
from tetra_es.refs import RevisionRef
from tetra_es_projections.queries.environments import configured_environments
from tetra_es_projections.queries.refs import moment_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader

__all__ = ["Exposed", "exposure", "exposure_at"]


def exposure(reader: Reader, whom: str, ref: Ref | None = None) -> list[Exposed]:
    """Return every secret version that was ever encrypted for somebody, now or at a REF.

    `whom` is a recipient, by a name that it had in some environment or by its public key without a
    comment, or an environment, for all of its recipients: `@dev` can be nothing else. Raises
    `UsageError` for what is neither, as nothing found would say that all is well, and for both.

    What a removed recipient could read stays readable for it in every copy that it has; only a
    new value helps.
    """
    upto = None if ref is None else moment_of(reader.views, ref)
    named = recipients_named(reader.log, whom, upto)
    all_ = exposure_at(reader, upto)
    environment = _environment(reader, whom, all_, upto)
    if named and environment:
        raise UsageError(
            f"{whom} is an environment and a recipient",
            hint=f"`tetra-es secret exposure @{whom}` asks about the environment; for the "
            "recipient, give its public key",
        )
    known = named or environment or whom.startswith(("age1", "ssh-"))
    if not known and not recipients_named(reader.log, whom):  # somebody else may be called so later
        raise UsageError(
            "no environment has that name, and none ever had a recipient of that name",
            hint="give a name, or the age or SSH public key itself",
        )
    if environment and isinstance(ref, RevisionRef):
        all_ = exposure_at(reader, moment_of(reader.views, ref, environment))
    return [
        one
        for one in all_.versions()
        if (
            one.recipient in (named or {whom})
            if environment is None
            else one.environment == environment
        )
    ]


def exposure_at(reader: Reader, position: int | None) -> Exposure:
    """Return who could read what, after the event at a position or now."""
    return Exposure(reader.log, _environments(reader, position), position)


def _environments(reader: Reader, position: int | None) -> Sequence[str]:
    """Return the environments of the manifest at a position, or now.

    Where that manifest was purged, those that the history has.
    """
    with suppress(Purged):
        return configured_environments(reader, position)
    return reader.views.states.environments()


def _environment(reader: Reader, whom: str, exposure: Exposure, position: int | None) -> str | None:
    """Return which environment a word stands for that was there by a position."""
    name = whom.removeprefix("@")
    vault = exposure.values.vaults.get(name)
    if (vault is not None and vault.version) or name in exposure.environments:
        return name
    return name if reader.views.states.find(name, position) else None
