"""Other environments on the same server: what they have that a release would take."""

from __future__ import annotations

import shlex
from itertools import chain
from typing import TYPE_CHECKING

from tetra_es.release.units import UNIT_FOLDER
from tetra_es.remote.problem import Problem
from tetra_es.toml.keys import format_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.release.release import Release
    from tetra_es.remote.facts import Facts

_ROOT = "root"
_PROFILES = {"staging": "staging", "production": "prod"}
"""Built-in profile by the type of an environment."""


def conflicts(release: Release, facts: Facts) -> Iterator[Problem]:
    """Yield a problem for each other environment that has something of the release's.

    Two of one organization, or of two, may be side by side when nothing is shared: no unit, file or
    port, and no user, since each user reads the secrets of its services, in their processes at
    least. Root reads all anyway.
    """
    for other in dict.fromkeys(each.other for each in facts.taken):
        found = shared(release, facts, other)
        if found:
            what = f"{other} is deployed there, too, and has {', '.join(_words(found))}"
            yield Problem(what, _hint(release, facts, found))


def shared(release: Release, facts: Facts, other: str) -> dict[str, list[str]]:
    """Return what the other environment has of the release's: `user`, `port`, `file`, `folder`."""
    found: dict[str, list[str]] = {}
    for each in dict.fromkeys(facts.taken):
        if each.other == other and not (each.kind == "user" and each.name == _ROOT):
            found.setdefault(each.kind, []).append(each.name)
    folders = {folder.path: (folder.owner, folder.group) for folder in release.folders}
    # Folders are for all that run as the same user.
    kept = [
        path
        for path in found.pop("folder", [])
        if "user" in found
        or folders[path] != (facts.entries[path].owner, facts.entries[path].group)
    ]
    if kept:
        found["folder"] = kept
    return found


def _words(found: dict[str, list[str]]) -> Iterator[str]:
    yield from (f"the user {name}" for name in found.get("user", ()))
    yield from (f"port {name}" for name in found.get("port", ()))
    yield from found.get("file", ())
    # With the user of the folders it is clear whose they are.
    if "user" not in found:
        yield from found.get("folder", ())


def _hint(release: Release, facts: Facts, found: dict[str, list[str]]) -> str:
    name = release.environment
    renamed = any(path.startswith(f"{UNIT_FOLDER}/") for path in found.get("file", ()))
    if renamed:
        name = f"{name}-{release.organization}"
    pairs = _values(release, facts, found, name)
    values = " ".join(shlex.quote(f"{key}={value}") for key, value in pairs)
    own = f"`tetra-es set profile {name} {values}` and `tetra-es promote {name}`" if values else ""
    if not renamed:
        return own
    profile = _PROFILES.get(release.settings.environment_type, "dev")
    return (
        f"units have the name of the environment: `tetra-es env add {name} --profile {profile}` "
        f"adds one of another name{own and '; then '}{own}"
    )


def _values(
    release: Release, facts: Facts, found: dict[str, list[str]], name: str
) -> Iterator[tuple[str, str]]:
    """Yield the keys to set, with values that nothing on the server has, as far as is known."""
    settings = release.settings
    if "user" in found:
        yield "deployment.user", f"{settings.user}-{name}"
        if settings.group == settings.user:
            yield "deployment.group", f"{settings.group}-{name}"
    paths = [*found.get("file", ()), *found.get("folder", ())]
    if name != release.environment:
        paths = [path for path in paths if not path.endswith(f"/{release.environment}.env")]
    places = dict.fromkeys(key for path in paths for key in _key_of(release, path))
    for key, folder in places:
        yield key, f"{folder}-{name}"
    used = {service.port for service in settings.services}
    used |= {int(each.name) for each in facts.taken if each.kind == "port"}
    used |= {each.port for each in facts.listeners}
    for service in settings.services:
        if str(service.port) in found.get("port", ()):
            candidates = chain(range(service.port or 0, 1 << 16), range(1024, 1 << 16))
            free = next(port for port in candidates if port not in used)
            used.add(free)
            yield format_key(service.port_key), str(free)


def _key_of(release: Release, path: str) -> Iterator[tuple[str, str]]:
    """Yield the key that says where a path is, and its value."""
    settings = release.settings
    for service in settings.services:
        if service.env_path == path or service.env_path.startswith(f"{path}/"):
            if f"{path}/".startswith(f"{settings.tetra_src}/"):
                yield "deployment.tetra_src", settings.tetra_src
            else:
                yield format_key(("services", service.name, "cwd")), service.cwd
            return
    if path.startswith(f"{settings.tetra_dir}/"):
        yield "deployment.tetra_dir", settings.tetra_dir
