"""Secrets of which a server that is taken over has other values: their names, never a value.

The values that are compared come through the session, and into no file, as for `secret import`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tetra_es.remote.errors import StepFailed
from tetra_es.usecases.secrets.env_readers import NotPlainError, as_shells_do, as_systemd_does

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.remote.plan import Plan
    from tetra_es.remote.server import Server
    from tetra_es.usecases.deploy.spec import RolloutSpec


def with_other_values(server: Server, spec: RolloutSpec, plan: Plan) -> Plan:
    """Return a plan that names, for each env file of others, which secrets it has otherwise.

    Files that cannot be read so, such as one behind a link, are left as they are.
    """
    secret = {file.path for file in spec.release.files if file.secret}
    values, found = spec.state.values, []
    for one in plan.unmanaged:
        other: tuple[str, ...] = ()
        if values and one.path in secret:
            with suppress(StepFailed):
                other = tuple(other_values(server.read(one.path), values))
        found.append(replace(one, other=other))
    return replace(plan, unmanaged=tuple(found))


def other_values(data: bytes, values: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the names of variables to which an env file gives another value, to all its readers."""
    text = data.decode("utf-8", "surrogateescape")
    readings = [as_systemd_does(text)]
    with suppress(NotPlainError):
        readings.append(as_shells_do(text))
    for name, value in sorted(values.items()):
        there = {
            reading[name].value.encode("utf-8", "surrogateescape")
            for reading in readings
            if name in reading
        }
        if there and value not in there:
            yield name
