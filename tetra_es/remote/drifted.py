"""Files of ours that somebody changed on a server, which a deployment would replace or remove."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from tetra_es.line_diff import unified
from tetra_es.lines import lines_of
from tetra_es.remote.unmanaged import same_file, same_link
from tetra_es.secret_scan.detectors import detections_in, detectors_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tetra_es.release.release import Release, RemoteFile
    from tetra_es.remote.facts import DeployedFile, Entry, Facts

_TELLING = re.compile(r"pass|pwd|secret|token|key|credential|auth|dsn", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)(?P<equals>\s*=\s*)(?P<value>.+)")
_ENVIRONMENT = re.compile(r"(\s*Environment\s*=\s*)(.*)")
_WORD = re.compile(r"""(["']?)([A-Za-z_][A-Za-z0-9_]*)=.*""")
_LOGIN = re.compile(r"://[^/\s@]*@")
_HIDDEN = "…"

MISSING = "is missing"
OTHER = "has other content"


@dataclass(frozen=True)
class Drifted:
    """One such file or link."""

    path: str
    what: str
    """How it differs from what was deployed, such as `has other content`."""
    diff: str = ""
    """Unified, from what was deployed to what is there; of a file with secrets, names alone."""


@dataclass(frozen=True)
class Known:
    """The release that a server has, as far as it is known beside what the server tells."""

    texts: Mapping[str, bytes]
    """Content by path of the files without secrets."""
    secret_names: Collection[str]
    """The variables of those with secrets."""


def drifted(release: Release, facts: Facts, known: Known | None = None) -> Iterator[Drifted]:
    """Yield every file and link of ours that is not as it was deployed, nor as it is to be.

    A missing file is not among them: nothing of anybody's is lost there. Where the release that
    the server has is not `known`, files are compared with those that are to be.
    """
    if facts.current is None:
        return
    known = known or Known({}, release.secret_names)
    wanted = {file.path: file for file in release.files}
    for file in facts.current.files:
        entry = facts.entries[file.path]
        new = wanted.get(file.path)
        if entry.kind in {"absent", "folder", "other"} or (new and same_file(new, entry)):
            continue
        if what := how_it_differs(file, entry):
            yield Drifted(file.path, "; ".join(what), _diff(file, entry, facts, known, new))
    links = {link.path: link for link in release.links}
    for path, target in facts.current.links.items():
        entry, link = facts.entries[path], links.get(path)
        if entry.kind not in {"file", "link"} or (link and same_link(link, entry)):
            continue
        if what := how_a_link_differs(target, entry):
            yield Drifted(path, "; ".join(what))


def how_it_differs(file: DeployedFile, entry: Entry) -> list[str]:
    """Return in which ways what is at the path of a file is not as it was deployed."""
    if entry.kind == "absent":
        return [MISSING]
    if entry.kind == "other":
        return ["is not a file"]
    if entry.kind != "file":
        return [f"is not a file but a {entry.kind}"]
    found = [] if entry.digest == file.digest else [OTHER]
    there = attributes(entry.mode, entry.owner, entry.group)
    wanted = attributes(file.mode, file.owner, file.group)
    return found if there == wanted else [*found, f"is {there}, not {wanted}"]


def how_a_link_differs(target: str, entry: Entry) -> list[str]:
    """Return in which ways what is at the path of a link is not as it was deployed."""
    if entry.kind == "absent":
        return [MISSING]
    if entry.kind != "link":
        return ["is not a link"]
    return [] if entry.target == target else [f"points to {entry.target}, not to {target}"]


def attributes(mode: int, owner: str, group: str) -> str:
    """Return them as people write them: `0644 root:root`."""
    return f"{mode:04o} {owner}:{group}"


def _diff(
    file: DeployedFile, entry: Entry, facts: Facts, known: Known, new: RemoteFile | None
) -> str:
    if entry.kind != "file" or entry.digest == file.digest:
        return ""
    if file.secret:
        names = facts.names.get(file.path)
        if names is None:
            return ""
        before = [f"{name}={_HIDDEN}" for name in sorted(known.secret_names)]
        after = [f"{name}={_HIDDEN}" for name in sorted(names)]
        return _unified(file.path, before, after)
    text, origin = known.texts.get(file.path, b""), "deployed"
    if sha256(text).hexdigest() != file.digest:
        # Another version of tetra-es may have written it.
        text, origin = new.content if new else b"", "to be deployed"
    if file.path not in facts.texts:
        return ""
    before = _lines(text)
    after = masked_lines(_lines(facts.texts[file.path]), before)
    return _unified(file.path, before, after, origin)


def _lines(text: bytes) -> list[str]:
    return lines_of(text.decode("utf-8", "replace"))


def _unified(path: str, before: list[str], after: list[str], origin: str = "deployed") -> str:
    names = (f"{origin}{path}", f"there{path}")
    return "\n".join(unified(before, after, names, end=""))


def masked_lines(lines: Iterable[str], known: Collection[str]) -> list[str]:
    """Return the lines of a file on a server, without what may be a secret where they are not
    `known`."""
    found = []
    variables = False
    for line in lines:
        found.append(line if line in known else _HIDDEN if variables else masked(line))
        # A backslash joins the next line to this one.
        variables = line.endswith("\\") and (variables or bool(_ENVIRONMENT.fullmatch(line)))
    return found


def masked(line: str) -> str:
    """Return a line that somebody wrote on a server, without what may be a secret in it."""
    if match := _ENVIRONMENT.fullmatch(line):
        # Whatever it is: a unit is where people put passwords in a hurry.
        word = _WORD.fullmatch(match[2])
        return f"{match[1]}{f'{word[1]}{word[2]}={_HIDDEN}{word[1]}' if word else _HIDDEN}"
    match = _ASSIGNMENT.fullmatch(line.strip())
    if match and _TELLING.search(match["name"]):
        return f"{match['name']}{match['equals']}{_HIDDEN}"
    line = _LOGIN.sub(f"://{_HIDDEN}@", line)
    for detection in detections_in(line, detectors_for([line])):
        line = line.replace(detection.secret, _HIDDEN)
    return line
