"""How a server differs from what was deployed to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.remote.plan import attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.remote.facts import Deployed, DeployedFile, Entry, Facts, UnitState


@dataclass(frozen=True)
class Difference:
    """One of them."""

    subject: str
    """A path or a unit."""
    difference: str
    repairable: bool = True
    """Whether deploying anew puts it right."""


def drift(facts: Facts) -> tuple[Difference, ...]:
    """Return every difference; none if nothing was ever deployed."""
    return tuple(_differences(facts.current, facts)) if facts.current else ()


def _differences(current: Deployed, facts: Facts) -> Iterator[Difference]:
    for file in current.files:
        for what in _of_file(file, facts.entries[file.path]):
            yield Difference(file.path, what)
    for path, target in current.links.items():
        entry = facts.entries[path]
        if entry.kind != "link":
            yield Difference(path, "is missing" if entry.kind == "absent" else "is not a link")
        elif entry.target != target:
            yield Difference(path, f"points to {entry.target}, not to {target}")
    for name, enabled in current.units.items():
        for what in _of_unit(facts.units[name], enabled=enabled):
            yield Difference(name, what)
        if own := _own_drop_ins(facts.units[name]):
            yield Difference(name, f"is changed by {own}", repairable=False)


def _own_drop_ins(unit: UnitState) -> str:
    """Return the files that change this unit; what changes every service is the system's affair."""
    return " ".join(path for path in unit.drop_ins.split() if "/service.d/" not in path)


def _of_file(file: DeployedFile, entry: Entry) -> Iterator[str]:
    if entry.kind == "absent":
        yield "is missing"
    elif entry.kind != "file":
        yield f"is not a file but a {entry.kind}"
    else:
        if entry.digest != file.digest:
            yield "has other content"
        found = attributes(entry.mode, entry.owner, entry.group)
        wanted = attributes(file.mode, file.owner, file.group)
        if found != wanted:
            yield f"is {found}, not {wanted}"


def _of_unit(unit: UnitState, *, enabled: bool) -> Iterator[str]:
    if not unit.running:
        yield f"is {unit.active or 'unknown'}"
    if (unit.enabled == "enabled") != enabled:
        yield f"is {unit.enabled or 'not enabled'}, not {'enabled' if enabled else 'disabled'}"
    if unit.stale:
        yield "was changed on the disk since systemd read it"
