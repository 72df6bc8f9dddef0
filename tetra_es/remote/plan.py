"""What a deployment would change on a server: decided, not done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tetra_es.line_diff import unified
from tetra_es.lines import lines_of
from tetra_es.remote.drifted import attributes, drifted, masked_lines
from tetra_es.remote.preflight import problems
from tetra_es.remote.unmanaged import same_file, same_link, unmanaged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tetra_es.events.deployments import Code
    from tetra_es.release.release import Release, RemoteFile
    from tetra_es.remote.drifted import Drifted, Known
    from tetra_es.remote.facts import Entry, Facts
    from tetra_es.remote.problem import Problem
    from tetra_es.remote.unmanaged import Unmanaged


@dataclass(frozen=True)
class Change:
    """One path that would change."""

    path: str
    action: str
    """`create`, `replace` or `remove`."""
    what: str
    """`file`, `link` or `folder`."""
    diff: str = ""
    """Unified; nothing for a file that holds secrets, or may, since somebody else made it."""
    secret: bool = False
    attributes: str = ""
    """What else becomes different, such as `0644 root:root -> 0600 tetra:tetra`."""


@dataclass(frozen=True)
class Plan:
    """Everything that would happen."""

    changes: tuple[Change, ...]
    restarts: tuple[str, ...]
    """Units whose service is new, or reads something that changes."""
    stops: tuple[str, ...]
    """Units that are no longer deployed."""
    enables: tuple[str, ...]
    disables: tuple[str, ...]
    reloads: tuple[str, ...]
    """Units whose files are newer than what systemd has read."""
    creates_user: str
    """The user that would be created, or nothing."""
    unmanaged: tuple[Unmanaged, ...]
    """What would be replaced that no release of ours has put there."""
    drifted: tuple[Drifted, ...]
    """What would be replaced or removed that a release of ours put there, and somebody changed."""
    problems: tuple[Problem, ...]
    deployed: str | None
    """What the server says it has, such as `dev@7 #41 HASH`."""
    machine: str | None
    """The server's machine id."""
    unknown: bool
    """Whether the server does not know that it has anything, and should."""
    code: Code | None = None
    """The application's code there, where it is known."""

    @property
    def changes_nothing(self) -> bool:
        """Whether the server has it all already."""
        different = self.changes or self.stops or self.enables or self.disables
        return not (different or self.reloads or self.unknown)


def plan(
    release: Release,
    facts: Facts,
    *,
    now: int,
    create_user: bool = False,
    known: Known | None = None,
) -> Plan:
    """Return what deploying `release` would do to the server that `facts` describe.

    `now`: seconds since 1970 by the clock here, to compare the server's with. `known`: of the
    release that the server has.
    """
    settings = release.settings
    missing = not (facts.users.get(settings.user) and facts.groups.get(settings.group))
    deployed = facts.current.units if facts.current else {}
    enabled = [name for name in release.units if _is_enabled(facts, name)]
    theirs = tuple(unmanaged(release, facts))
    changed = tuple(drifted(release, facts, known))
    by_hand = {one.path for one in changed}
    others = tuple(name for name in release.units if name not in enabled)
    changes = tuple(_changes(release, facts, {one.path for one in theirs}, by_hand))
    return Plan(
        changes=changes,
        restarts=tuple(_restarts(release, facts, {change.path for change in changes})),
        stops=tuple(name for name in deployed if name not in release.units),
        enables=others if settings.auto_start else (),
        disables=() if settings.auto_start else tuple(enabled),
        reloads=tuple(
            name for name in release.units if name in facts.units and facts.units[name].stale
        ),
        creates_user=settings.user if missing and create_user else "",
        unmanaged=theirs,
        drifted=changed,
        problems=tuple(problems(release, facts, now=now, create_user=create_user)),
        deployed=facts.current.source if facts.current else None,
        machine=facts.machine,
        unknown=bool(release.files) and facts.current is None,
        code=facts.code,
    )


def readers(release: Release, paths: Collection[str]) -> Iterator[str]:
    """Yield the units whose services read one of the paths."""
    for service in release.services:
        if not service.reads or not set(paths).isdisjoint(service.reads):
            yield service.unit


def _restarts(release: Release, facts: Facts, changed: Collection[str]) -> Iterator[str]:
    current = facts.current
    affected = {*readers(release, changed)}
    for service in release.services:
        unit = facts.units.get(service.unit)
        if (
            service.unit in affected
            or current is None
            or service.unit not in current.units
            or current.values.get(service.name) != service.values
            or unit is None
            or unit.stale
            or not unit.running
        ):
            yield service.unit


def _is_enabled(facts: Facts, unit: str) -> bool:
    return unit in facts.units and facts.units[unit].enabled == "enabled"


def _changes(
    release: Release, facts: Facts, theirs: Collection[str], by_hand: Collection[str]
) -> Iterator[Change]:
    yield from _folders(release, facts)
    yield from _files(release, facts, theirs, by_hand)
    yield from _links(release, facts)
    yield from _removals(release, facts, by_hand)


def _folders(release: Release, facts: Facts) -> Iterator[Change]:
    for folder in release.folders:
        if facts.entries[folder.path].kind == "absent":
            yield Change(
                folder.path,
                "create",
                "folder",
                attributes=attributes(folder.mode, folder.owner, folder.group),
            )


def _files(
    release: Release, facts: Facts, theirs: Collection[str], by_hand: Collection[str]
) -> Iterator[Change]:
    for file in release.files:
        entry = facts.entries[file.path]
        if same_file(file, entry):
            continue
        new = attributes(file.mode, file.owner, file.group)
        old = attributes(entry.mode, entry.owner, entry.group) if entry.kind == "file" else ""
        same = entry.kind == "file" and entry.digest == file.digest
        hidden = file.secret or file.path in theirs
        yield Change(
            file.path,
            "create" if entry.kind == "absent" else "replace",
            "file",
            diff="" if hidden or same else _diff(file, entry, facts, by_hand),
            secret=file.secret,
            attributes=new if not old else f"{old} -> {new}" if old != new else "",
        )


def _links(release: Release, facts: Facts) -> Iterator[Change]:
    for link in release.links:
        entry = facts.entries[link.path]
        if same_link(link, entry):
            continue
        before = f"{entry.target} -> " if entry.kind == "link" else ""
        action = "create" if entry.kind == "absent" else "replace"
        yield Change(link.path, action, "link", attributes=f"{before}{link.target}")


def _removals(release: Release, facts: Facts, by_hand: Collection[str]) -> Iterator[Change]:
    if not facts.current:
        return
    wanted = {file.path for file in release.files} | {link.path for link in release.links}
    for file in facts.current.files:
        entry = facts.entries[file.path]
        if file.path not in wanted and entry.kind != "absent":
            before = facts.texts.get(file.path, b"")
            text = "" if file.secret else _unified(file.path, before, b"", by_hand)
            yield Change(file.path, "remove", "file", diff=text, secret=file.secret)
    for path in facts.current.links:
        if path not in wanted and facts.entries[path].kind != "absent":
            yield Change(path, "remove", "link")


def _diff(file: RemoteFile, entry: Entry, facts: Facts, by_hand: Collection[str]) -> str:
    before = facts.texts.get(file.path, b"") if entry.kind == "file" else b""
    return _unified(file.path, before, file.content, by_hand)


def _unified(path: str, before: bytes, after: bytes, by_hand: Collection[str]) -> str:
    old, new = (lines_of(each.decode("utf-8", "replace")) for each in (before, after))
    if path in by_hand:
        old = masked_lines(old, new)
    names = (f"a{path}" if old else "/dev/null", f"b{path}" if new else "/dev/null")
    return "\n".join(unified(old, new, names, end=""))
