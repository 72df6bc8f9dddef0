"""Where the value of a secret came from: another environment's, or an older version of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tetra_es.gate.rules.two import Two
from tetra_es.gate.verdicts import Broken, Reason

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.state import State
    from tetra_es.model.secrets import Version

_SET: Final = "secret.set"


def _set(entry: Entry, state: State, bodies: Bodies) -> None:
    Two.checks[_SET](entry, state, bodies)
    fields = entry.state
    environment, origin, restores = fields["environment"], fields["origin"], fields["restores"]
    if origin is not None and restores is not None:
        raise Broken(Reason.SECRETS, "it is a copy, and brings back another value")
    if restores is not None:
        _check(state, environment, fields["key"], restores)
    if origin is not None:
        if origin["environment"] == environment:
            raise Broken(Reason.SECRETS, "it is a copy of what its own environment has")
        _check(state, origin["environment"], origin["key"], origin["version"])


def _check(state: State, environment: str, key: str, number: int) -> None:
    versions: dict[int, Version] = state.vault(environment).versions.get(key, {})
    version = versions.get(number)
    if version is None:
        raise Broken(Reason.SECRETS, f"{environment} has no version {number} of {key}")
    if version.compromised or version.purged:
        raise Broken(Reason.COMPROMISED, f"version {number} of {key} is compromised or purged")


CHECKS: Final = {_SET: _set}
