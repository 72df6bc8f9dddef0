"""Which versions of secrets somebody could read, or everybody in an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.integrity.exposure import Exposed, exposed_in, exposed_to, recipients_named
from tetra_es_projections.queries.environments import known_environments
from tetra_es_projections.queries.refs import moment_of, position_of

if TYPE_CHECKING:
    from tetra_es.refs import Ref
    from tetra_es_projections.queries.reader import Reader

__all__ = ["Exposed", "exposure"]


def exposure(reader: Reader, whom: str, ref: Ref | None = None) -> list[Exposed]:
    """Return every secret version that was ever encrypted for somebody, now or at a REF.

    `whom` is a recipient, by a name that it had in some environment or by its public key without a
    comment, or an environment, for all of its recipients: `@dev` can be nothing else. Raises
    `UsageError` for what is neither, as nothing found would say that all is well, and for both.

    What a removed recipient could read stays readable for it in every copy that it has; only a
    new value helps.
    """
    named = recipients_named(reader.log, whom)
    environment = _environment(reader, whom)
    if named and environment:
        raise UsageError(
            f"{whom} is an environment and a recipient",
            hint=f"`tetra-es secret exposure @{whom}` asks about the environment; for the "
            "recipient, give its public key",
        )
    if environment:
        upto = None if ref is None else moment_of(reader.views, ref, environment)
        return exposed_in(reader.log, environment, upto)
    if not named and not whom.startswith(("age1", "ssh-")):
        raise UsageError(
            "no environment has that name, and none ever had a recipient of that name",
            hint="give a name, or the age or SSH public key itself",
        )
    upto = None if ref is None else position_of(reader.views, ref)
    return exposed_to(reader.log, named or {whom}, upto)


def _environment(reader: Reader, whom: str) -> str | None:
    name = whom.removeprefix("@")
    return name if name in known_environments(reader) else None
