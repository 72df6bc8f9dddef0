"""What stands in the way of a deployment, found before anything is changed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es.limits import CLOCK_SKEW
from tetra_es.remote.neighbours import conflicts
from tetra_es.remote.problem import Problem
from tetra_es.remote.programs import missing
from tetra_es.remote.requests import STATE, started_by
from tetra_es.remote.unmanaged import unmanaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.release.release import Folder, Release, ServerSettings
    from tetra_es.remote.facts import Facts

OLDEST_SYSTEMD = 235
"""The first that counts the restarts of a unit."""
OLDEST_CREDENTIALS = 247
"""The first with LoadCredential=."""
SPARE_BYTES = 2 << 20
"""For what the services and the journal write meanwhile."""
BLOCK = 4096


def problems(
    release: Release, facts: Facts, *, now: int, create_user: bool = False
) -> Iterator[Problem]:
    """Yield every problem that `facts` show. `now`: as for `plan`."""
    yield from _system(release, facts, now)
    settings = release.settings
    lacking = not (facts.users.get(settings.user) and facts.groups.get(settings.group))
    yield from missing(release, facts.tools, creates_user=create_user and lacking)
    yield from conflicts(release, facts)
    yield from _users(release, facts, create_user=create_user)
    yield from _tetra(release, facts)
    yield from _services(release, facts)
    yield from _paths(release, facts)
    yield from _ports(release, facts)
    yield from _space(release, facts)


def _system(release: Release, facts: Facts, now: int) -> Iterator[Problem]:
    if facts.systemd < OLDEST_SYSTEMD:
        what = f"systemd {facts.systemd} is too old" if facts.systemd else "systemd does not run"
        yield Problem(what, f"deploy to a server with systemd {OLDEST_SYSTEMD} or newer")
    elif facts.state not in {"running", "degraded"}:
        yield Problem(
            f"systemd says that the server is {facts.state}",
            "wait until `systemctl is-system-running` says running or degraded",
        )
    off = facts.time - now
    if abs(off) > CLOCK_SKEW:
        which = "ahead of" if off > 0 else "behind"
        yield Problem(
            f"the server's clock is {abs(off)} s {which} the one here",
            "let NTP set the one that is wrong: `timedatectl set-ntp true`",
        )
    yield from _authorities(release, facts)
    yield from _credentials(release, facts)


def _credentials(release: Release, facts: Facts) -> Iterator[Problem]:
    if facts.systemd < OLDEST_CREDENTIALS and any(
        service.credentials for service in release.settings.services
    ):
        yield Problem(
            f"systemd {facts.systemd} has no credentials",
            f"deploy to a server with systemd {OLDEST_CREDENTIALS} or newer, or set the service's "
            'secrets = "environment"',
        )


def _authorities(release: Release, facts: Facts) -> Iterator[Problem]:
    """Yield which files are not there that certificates are to be compared with."""
    asked = [each.check for each in release.settings.services if each.check.kind == "http"]
    for ca in dict.fromkeys(each.ca for each in asked if each.ca):
        if facts.entries[ca].kind not in {"file", "link"}:
            yield Problem(
                f"there is no file {ca}, the CA for the services' health",
                "put it there, or set health.ca to where it is",
            )


def _users(release: Release, facts: Facts, *, create_user: bool) -> Iterator[Problem]:
    settings = release.settings
    wanted = (("user", facts.users, settings.user), ("group", facts.groups, settings.group))
    for kind, known, name in wanted:
        if known.get(name):
            continue
        if not create_user:
            yield Problem(f"there is no {kind} {name}", "create it, or deploy with --create-user")


def _tetra(release: Release, facts: Facts) -> Iterator[Problem]:
    settings = release.settings
    if facts.entries[settings.tetra_src].kind not in {"folder", "link"}:
        yield Problem(
            f"Tetra is not at {settings.tetra_src}", "put it there, or set deployment.tetra_src"
        )
    shell = f"{settings.tetra_dir}/tetra.sh"
    if settings.runner == "tsm" and facts.entries[shell].kind not in {"file", "link"}:
        yield Problem(
            f"{shell} is missing, and the runner tsm needs it",
            'install Tetra there, or set deployment.runner = "direct"',
        )


def _services(release: Release, facts: Facts) -> Iterator[Problem]:
    """Yield what services could not be started in, or of."""
    settings = release.settings
    for service in settings.services:
        if service.cwd != settings.tetra_src:
            key = f"services.{service.name}.cwd"
            yield from _usable(settings, facts, service.cwd, f"the folder of {service.name}", key)
        if path := started_by(service, settings.runner):
            key = f"services.{service.name}.command"
            yield from _usable(settings, facts, path, f"the program of {service.name}", key)


def _usable(
    settings: ServerSettings, facts: Facts, path: str, what: str, key: str
) -> Iterator[Problem]:
    entry, kind = facts.entries[path], "folder" if key.endswith("cwd") else "file"
    if entry.kind == "link":
        return
    if entry.kind != kind:
        how = "is not there" if entry.kind == "absent" else f"is not a {kind}"
        yield Problem(f"{what}, {path}, {how}", f"put it there, or set {key}")
    elif settings.user != "root":
        owner, group = entry.owner == settings.user, entry.group == settings.group
        if not entry.mode & (0o100 if owner else 0o010 if group else 0o001):
            rights = f"{entry.mode:04o} {entry.owner}:{entry.group}"
            use = "enter" if kind == "folder" else "run"
            yield Problem(
                f"{settings.user} may not {use} {what}, {path}, which is {rights}",
                f"let {settings.user} {use} it on the server, or set {key}",
            )


def _paths(release: Release, facts: Facts) -> Iterator[Problem]:
    ours = {folder.path for folder in release.folders}
    theirs = {each.name for each in facts.taken if each.kind == "folder"}
    for folder in release.folders:
        entry = facts.entries[folder.path]
        if entry.kind not in {"absent", "folder", "link"}:
            yield Problem(f"{folder.path} is not a folder", "move it away on the server")
        elif entry.kind == "link" and folder.path.rpartition("/")[0] in ours:
            # The service's user may write around it, and could lead root's writes elsewhere.
            yield Problem(
                f"{folder.path} is a link to {entry.target}",
                "put a folder there, or link the whole of deployment.tetra_dir",
            )
        elif folder.path in theirs:
            continue
        elif entry.kind == "folder" and (entry.owner, entry.group) != (folder.owner, folder.group):
            yield Problem(
                f"{folder.path} belongs to {entry.owner}:{entry.group}, not to "
                f"{folder.owner}:{folder.group}",
                f"`{_given_to(folder, release.settings.tetra_dir, facts)}` there",
            )
    paths = [file.path for file in release.files] + [link.path for link in release.links]
    for path in paths:
        if facts.entries[path].kind in {"folder", "other"}:
            yield Problem(f"{path} is not a file", "move it away on the server")
    for name in release.units:
        if name in facts.units and facts.units[name].load == "masked":
            yield Problem(f"{name} is masked", f"somebody meant it: `systemctl unmask {name}`")


def _given_to(folder: Folder, home: str, facts: Facts) -> str:
    """Return commands that give a folder its owner, whom --create-user would create too late."""
    user, group = folder.owner, folder.group
    commands = [["chown", f"{user}:{group}", folder.path]]
    if not facts.users.get(user):
        options = ["--home-dir", home, "--no-create-home", "--shell", "/usr/sbin/nologin"]
        commands.insert(0, ["useradd", "--system", "--gid", group, *options, user])
    if not facts.groups.get(group):
        commands.insert(0, ["groupadd", "--system", group])
    return " && ".join(map(shlex.join, commands))


def _ports(release: Release, facts: Facts) -> Iterator[Problem]:
    ours = {*release.units, *(facts.current.units if facts.current else ())}
    theirs = {each.name for each in facts.taken if each.kind == "port"}
    for service in release.services:
        for each in facts.listeners:
            if str(each.port) in theirs:
                continue
            if each.port == service.port and each.unit not in ours:
                holder = each.unit or "no unit"
                yield Problem(
                    f"port {each.port} of {service.name} is taken by process {each.pid} "
                    f"({each.command}, {holder})",
                    "stop it, or give the service another port",
                )


def _space(release: Release, facts: Facts) -> Iterator[Problem]:
    """Each file is there twice for a while: as staged, and beside its place. Copies stay there."""
    copied = {one.path for one in unmanaged(release, facts)}
    needed: dict[str, int] = {}
    free: dict[str, int] = {}
    for file in release.files:
        size = len(file.content) + BLOCK
        copy = facts.entries[file.path].size + BLOCK if file.path in copied else 0
        for path, wanted in ((STATE, size), (file.path.rpartition("/")[0] or "/", size + copy)):
            space = facts.spaces[path]
            needed[space.device] = needed.get(space.device, SPARE_BYTES) + wanted
            free[space.device] = space.free
    for device, size in needed.items():
        if free[device] < size:
            where = next(path for path, each in facts.spaces.items() if each.device == device)
            yield Problem(
                f"{free[device] >> 10} KiB are free where {where} is, {size >> 10} KiB are needed",
                "free some space on the server",
            )
