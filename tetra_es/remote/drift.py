"""How a server differs from what was deployed to it.

What it has kept of that itself is believed where events have nothing to say: modes, owners, links
and files with secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tetra_es.remote.drifted import MISSING, how_a_link_differs, how_it_differs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.remote.facts import Deployed, Facts, UnitState


@dataclass(frozen=True)
class Difference:
    """One of them."""

    subject: str
    """A path or a unit."""
    difference: str
    repairable: bool = True
    """Whether deploying again puts it right."""
    by_hand: bool = False
    """Whether that replaces what somebody changed."""


def drift(facts: Facts, recorded: Mapping[str, str] | None = None) -> tuple[Difference, ...]:
    """Return every difference; none if nothing was ever deployed.

    `recorded`: path to digest of every file as the event of the deployment has them, the digest
    empty for a file with secrets; None where there is no such event.
    """
    if facts.current is None:
        return ()
    current = facts.current
    found = [] if recorded is None else list(_of_record(current, recorded))
    digests = {path: digest for path, digest in (recorded or {}).items() if digest}
    files = [replace(file, digest=digests.get(file.path, file.digest)) for file in current.files]
    return (*found, *_differences(replace(current, files=tuple(files)), facts))


def _of_record(current: Deployed, recorded: Mapping[str, str]) -> Iterator[Difference]:
    """Yield what the server's own record has too little or too much of."""
    paths = {file.path for file in current.files}
    units = [path.rpartition("/")[2] for path in recorded if path.endswith(".service")]
    for subject in (*sorted(set(recorded) - paths), *sorted(set(units) - set(current.units))):
        yield Difference(subject, "was deployed, and the server has no record of it")
    for path in sorted(paths - set(recorded)):
        yield Difference(path, "was never deployed, and the server has a record of it")


def _differences(current: Deployed, facts: Facts) -> Iterator[Difference]:
    for file in current.files:
        for what in how_it_differs(file, facts.entries[file.path]):
            yield Difference(file.path, what, by_hand=what != MISSING)
    for path, target in current.links.items():
        for what in how_a_link_differs(target, facts.entries[path]):
            yield Difference(path, what, by_hand=what != MISSING)
    for name, enabled in current.units.items():
        for what in _of_unit(facts.units[name], enabled=enabled):
            yield Difference(name, what)
        if own := _own_drop_ins(facts.units[name]):
            yield Difference(name, f"is changed by {own}", repairable=False)


def _own_drop_ins(unit: UnitState) -> str:
    """Return the files that change this unit; what changes every service is the system's affair."""
    return " ".join(path for path in unit.drop_ins.split() if "/service.d/" not in path)


def _of_unit(unit: UnitState, *, enabled: bool) -> Iterator[str]:
    if not unit.running:
        yield f"is {unit.active or 'unknown'}"
    if (unit.enabled == "enabled") != enabled:
        yield f"is {unit.enabled or 'not enabled'}, not {'enabled' if enabled else 'disabled'}"
    if unit.stale:
        yield "was changed on the disk since systemd read it"
