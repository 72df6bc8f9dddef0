"""Programs that a deployment runs on the server, beside those that every session needs.

What every session needs the agent itself looks for, before it answers anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.remote.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tetra_es.release.release import Release

_OF_TSM = ("jq", "lsof")
"""What tsm's own commands call. A service runs without them."""


def missing(
    release: Release, tools: Collection[str], *, creates_user: bool = False
) -> Iterator[Problem]:
    """Yield one problem that names every program that is not among a server's `tools`."""
    found: dict[str, str] = {}
    for name, use in _needed(release, tools, creates_user=creates_user):
        if name not in tools:
            found.setdefault(name, use)
    if found:
        named = ", ".join(f"{name} ({use})" for name, use in found.items())
        yield Problem(
            f"programs are missing on the server: {named}",
            f"install {in_words([*found])} on the server",
        )


def of_tsm(release: Release, tools: Collection[str]) -> list[str]:
    """Return the programs that only commands of tsm itself lack, where a release is run by it."""
    if release.settings.runner != "tsm":
        return []
    return [name for name in _OF_TSM if name not in tools]


def in_words(names: list[str]) -> str:
    """Return names as a sentence has them: `curl, jq and lsof`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _needed(
    release: Release, tools: Collection[str], *, creates_user: bool
) -> Iterator[tuple[str, str]]:
    """Yield the name of each, and what for."""
    services, user = release.settings.services, release.settings.user
    asked = [each.check for each in services if each.check.kind == "http"]
    others = {each.name for each in services if each.check.kind != "http"}
    by_port = any(each.port is not None and each.name not in others for each in release.services)
    if any(each.needs_curl for each in asked):
        yield "curl", "for the services' health as [health] says"
    elif by_port and "bash" not in tools:
        yield "curl", "for the services' health"
    if release.files and release.settings.runner == "tsm":
        yield "bash", "for tsm"
        yield "setsid", "for tsm"
    if any(each.command for each in release.services):
        yield "systemd-run", "for a release command"
    if user != "root" and any(each.check.kind == "command" for each in services):
        yield "setpriv", f"for a health command as {user}"
    if creates_user and "adduser" not in tools:
        yield "useradd", f"to create {user}"
