"""What in a TOML text looks like a secret, where, and why, without ever saying the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es.errors import Refused
from tetra_es.secret_scan.detectors import detect, detect_by_name, detections_in, detectors_for
from tetra_es.secret_scan.extract import comments, format_path, leaves, without_indexes
from tetra_es.secret_scan.patterns import rules
from tetra_es.toml.redact import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tetra_es.secret_scan.detectors import Detection
    from tetra_es.secret_scan.extract import Comment, Leaf, Path
    from tetra_es.secret_scan.patterns import Detector
    from tetra_es.toml.document import ConfigDocument
    from tetra_es.toml.keys import KeyPath

_SHOWN = 3
_HIDDEN = "(hidden)"
_COMMENT = "comment on line "


class Finding(NamedTuple):
    """Something that looks like a secret. It never holds the value."""

    path: str
    """The dotted key, as changes have it, or `comment on line N`."""
    rule: str
    """The rule's name."""
    reason: str
    """What it looks like, for people."""
    line: int
    """Where, from 1. The line that the key is on."""


def scan_document(document: ConfigDocument, *, allowed: Collection[str] = ()) -> list[Finding]:
    """Return what looks like a secret in a document, values in its order, then comments.

    `allowed` are the paths of findings that are known to be none.
    """
    return scan_changes(None, document, allowed=allowed)


def scan_changes(
    before: ConfigDocument | None, after: ConfigDocument, *, allowed: Collection[str] = ()
) -> list[Finding]:
    """Return the findings of values and comments that `before` does not have.

    A value that has moved to another element of its array does not count as new.
    """
    new = leaves(after.values, before.values if before else None)
    said = comments(after.text)
    if before is not None and new:
        old = {(without_indexes(leaf.path), leaf.value) for leaf in leaves(before.values)}
        new = [leaf for leaf in new if (without_indexes(leaf.path), leaf.value) not in old]
    detectors = detectors_for([*(leaf.value for leaf in new), *(comment.text for comment in said)])
    found = [
        *_of_values(after, new, detectors),
        *_of_comments(before, said, detectors),
    ]
    return [finding for finding in found if finding.path not in allowed]


def may_recur(finding: Finding) -> bool:
    """Return whether an exception holds for later values too: what a key is called stays as it
    is, while a token is a token each time, and the line of a comment says nothing of the next."""
    detectors = {detector.name for detector in rules().detectors}
    return finding.rule not in detectors and not finding.path.startswith(_COMMENT)


def refuse(findings: Sequence[Finding], name: str) -> None:
    """Raise `Refused` if there is any finding. `name` is what the file is called in messages."""
    if not findings:
        return
    import shlex

    first, *others = findings
    message = f"{name}:{first.line}: {first.path}: looks like a secret ({first.reason})"
    if others:
        shown = ", ".join(f"{other.path} (line {other.line})" for other in others[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        message += f"; so {'do' if others[1:] else 'does'} {shown}{more}"
    remove = "delete it" if first.path.startswith(_COMMENT) else "`tetra-es secret set ENV KEY`"
    allow = f"--allow {shlex.quote(first.path)} -m REASON"
    hint = f"{remove}, or record that it is a false positive: {allow}"
    raise Refused(printable(message), hint=printable(hint))


def _of_values(
    document: ConfigDocument, found: Sequence[Leaf], detectors: Sequence[Detector]
) -> Iterator[Finding]:
    """Yield a finding for each key, whatever number of its strings are secrets."""
    seen: set[Path] = set()
    lines: dict[KeyPath, int] = {}
    for leaf in found:
        if leaf.path in seen:
            continue
        detection = detect(leaf.name, leaf.value, detectors, leaf.tables)
        if detection is None:
            continue
        seen.add(leaf.path)
        lines = lines or _lines(document)
        path, line = format_path(_shown(leaf.path)), _line(lines, leaf.path)
        yield Finding(path, detection.rule, detection.reason, line)


def _lines(document: ConfigDocument) -> dict[KeyPath, int]:
    """Return the lines of keys, headers and what these are in: `line_of` looks for one only."""
    lines: dict[KeyPath, int] = {}
    line = 1
    for statement in document.statements:
        for length in range(1, len(statement.path) + 1):
            lines.setdefault(statement.path[:length], line)
        lines[statement.path] = line
        line += statement.text.count("\n")
    return lines


def _line(lines: dict[KeyPath, int], path: Path) -> int:
    """Return the line of a key. One in an inline table is where that begins."""
    parts = tuple(map(str, path))
    return next(lines[parts[:size]] for size in range(len(parts), 0, -1) if parts[:size] in lines)


def _shown(path: Path) -> Path:
    """Return a path without the parts that are tokens themselves."""
    return tuple(
        _HIDDEN
        if isinstance(part, str) and any(detections_in(part, detectors_for([part])))
        else part
        for part in path
    )


def _of_comments(
    before: ConfigDocument | None, said: Sequence[Comment], detectors: Sequence[Detector]
) -> Iterator[Finding]:
    detectors = [detector for detector in detectors if detector.comments]
    made = {detector.name for detector in detectors if detector.random}
    old = {comment.text for comment in comments(before.text if before else "")}
    said = [comment for comment in said if comment.text not in old]
    known = {
        detection.secret
        for text in (old if said else ())
        for detection in _in_comment(text, detectors)
    }
    lines: set[int] = set()
    for comment in said:
        for detection in sorted(
            _in_comment(comment.text, detectors), key=lambda detection: detection.at
        ):
            line = comment.line + comment.text.count("\n", 0, detection.at)
            is_sample = detection.rule not in made and rules().sample.fullmatch(detection.secret)
            if detection.secret in known or line in lines or is_sample:
                continue
            lines.add(line)
            yield Finding(f"{_COMMENT}{line}", detection.rule, detection.reason, line)


def _in_comment(text: str, detectors: Sequence[Detector]) -> Iterator[Detection]:
    """Yield what looks like a secret in a comment: tokens, and keys that were taken out."""
    yield from detections_in(text, detectors)
    for match in rules().commented.finditer(text):
        group = next(name for name in ("basic", "literal", "plain") if match[name] is not None)
        name = match["key"].rpartition(".")[2].strip("\"'")
        if found := detect_by_name(name, match[group]):
            yield found._replace(at=match.start(group))
