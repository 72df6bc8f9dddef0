"""What an agent is asked about a release before it is deployed."""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING

from tetra_es.remote.codec import word
from tetra_es.schema.command import program, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.release.release import Release, Runner, ServiceSettings
    from tetra_es.remote.facts import Facts

STATE = "/var/lib/tetra-es"
"""Where the agent keeps what it knows, and stages files."""


def started_by(service: ServiceSettings, runner: Runner) -> str:
    """Return the path of the program that systemd starts for a service, where it is told one."""
    if runner != "direct":
        return ""
    name = program(split(service.command)[0], service.cwd)
    return name if name.startswith("/") else ""


def inspection(release: Release | None) -> bytes:
    """Return the body of the request `inspect`."""
    rows = dict.fromkeys(_about(release)) if release else {}
    lines = (" ".join([kind, *map(word, words)]) for kind, *words in rows)
    return "".join(f"{line}\n" for line in lines).encode("ascii") + b".\n"


def complete(facts: Facts, release: Release | None) -> Facts:
    """Return facts that tell of all that was asked. Raises `ValueError` where one does not."""
    asked = {*_about(release)} if release else set()
    paths = {words[0] for kind, *words in asked if kind == "path"}
    spaces = {words[0] for kind, *words in asked if kind == "space"}
    units: set[str] = set()
    if facts.current:
        paths |= {*(file.path for file in facts.current.files), *facts.current.links}
        units |= {*facts.current.units}
    if paths <= facts.entries.keys() and spaces <= facts.spaces.keys() and units <= {*facts.units}:
        return facts
    raise ValueError("it leaves out what was asked for")


def _about(release: Release) -> Iterator[tuple[str, ...]]:
    yield "user", release.settings.user
    yield "group", release.settings.group
    yield "space", STATE
    for folder in release.folders:
        yield "path", folder.path
        yield "shared", folder.path
    for link in release.links:
        yield "path", link.path
        yield "taken", link.path
        yield "space", dirname(link.path)
    for file in release.files:
        yield "path", file.path
        yield "taken", file.path
        yield "space", dirname(file.path)
        # What has the digest already is not sent.
        yield ("names", file.path) if file.secret else ("text", file.path, file.digest)
    for unit in release.units:
        yield "unit", unit
    for service in release.services:
        if service.port is not None:
            yield "port", str(service.port)
    yield from _about_services(release)
    # Without these the services cannot start, whatever is deployed.
    yield "path", release.settings.tetra_src
    if release.files:
        yield "code", release.settings.tetra_src
    yield "path", f"{release.settings.tetra_dir}/tetra.sh"


def _about_services(release: Release) -> Iterator[tuple[str, ...]]:
    for each in release.settings.services:
        yield "path", each.cwd
        if program := started_by(each, release.settings.runner):
            yield "path", program
        if each.check.ca:
            yield "path", each.check.ca
