"""What is deployed, as the lines that a server keeps and its agent reads.

    release DEPLOYMENT SOURCE
    folder PATH MODE OWNER GROUP
    file PATH MODE OWNER GROUP SHA256 public|secret NUMBER
    link PATH TARGET OWNER GROUP
    unit NAME on|off
    service NAME UNIT PORT|- CHECK
    values NAME SHA256
    user NAME

Each field is a word of `codec`. The digests of secret files stay in a folder of the server that
only root may enter, beside the files themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.release.release import Service
from tetra_es.remote.codec import unword, word
from tetra_es.remote.facts import Deployed, DeployedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tetra_es.release.release import Release


def write(release: Release, deployment: str, source: str) -> bytes:
    """Return the manifest of a release."""
    rows: list[Sequence[str]] = [("release", deployment, source)]
    rows += [
        ("folder", each.path, f"{each.mode:o}", each.owner, each.group) for each in release.folders
    ]
    for number, file in enumerate(release.files):
        kind = "secret" if file.secret else "public"
        attributes = (f"{file.mode:o}", file.owner, file.group)
        rows.append(("file", file.path, *attributes, file.digest, kind, str(number)))
    rows += [("link", each.path, each.target, each.owner, each.group) for each in release.links]
    start = "on" if release.settings.auto_start else "off"
    rows += [("unit", name, start) for name in release.units]
    for service in release.services:
        port = "-" if service.port is None else str(service.port)
        rows.append(("service", service.name, service.unit, port, service.check))
        rows.append(("values", service.name, service.values))
    rows.append(("user", release.settings.user))
    return "".join(" ".join(map(word, row)) + "\n" for row in rows).encode("ascii")


def read(rows: Iterable[Sequence[str]]) -> Deployed:
    """Return what a manifest's rows of words say."""
    deployment = source = ""
    files = []
    links = {}
    found = {}
    services = []
    values = {}
    for row in rows:
        match [unword(each) for each in row]:
            case ["release", deployment, source]:
                pass
            case ["file", path, mode, owner, group, sha256, kind, _]:
                files.append(
                    DeployedFile(path, int(mode, 8), owner, group, sha256, kind == "secret")
                )
            case ["link", path, target, _, _]:
                links[path] = target
            case ["unit", name, enabled]:
                found[name] = enabled == "on"
            case ["service", name, unit, port, check]:
                number = None if port == "-" else int(port)
                services.append(Service(name, unit, number, check))
            case ["values", name, digest]:
                values[name] = digest
    return Deployed(deployment, source, tuple(files), links, found, tuple(services), values)
