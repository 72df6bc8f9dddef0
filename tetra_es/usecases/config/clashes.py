"""What people are told when an edit and what was recorded meanwhile cannot both be had."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from tetra_es.errors import Refused
from tetra_es.toml.keys import format_key
from tetra_es.toml.redact import redact_line
from tetra_es.usecases.config.merging import line_of_clash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tetra_es.toml.merge import Conflict, Side
    from tetra_es.usecases.config.merging import Clash, Three
    from tetra_es.usecases.config.open_editors import Older
    from tetra_es.usecases.config.revisions import Revision

_SHOWN: Final = 3
"""Keys, or revisions, that are told one by one."""
_WIDTH: Final = 60
"""Characters of a value that are shown."""


def refusal(three: Three, clash: Clash, newer: Sequence[Revision], *, keep: Side | None) -> Refused:
    """Return the error for two changes that are in each other's way, with both ways on.

    `newer` are the revisions since the one that the file was typed on, the newest first.
    """
    path, file = three.mine.path, newer[0].file
    if clash.conflicts:
        said = [_conflict(each, newer) for each in clash.conflicts[:_SHOWN]]
        more = len(clash.conflicts) - _SHOWN
        message = f"{path}: {'; '.join([*said, *([f'and {more} more'] if more > 0 else [])])}"
    else:
        message = f"{path}:{line_of_clash(three)}: {told(newer[0])} changed the same lines"
    if keep is None:
        return Refused(
            message,
            hint=f"`tetra-es record {file} --keep mine` takes what is in the file there, "
            f"`tetra-es record {file} --keep theirs` what was recorded",
        )
    return Refused(
        f"{message}; that cannot be put together",
        hint=f"`tetra-es record {file} --base {_name(newer[0])}` records the file as it is, "
        "without what was recorded since: take that over by hand before",
    )


def ambiguous(path: str, older: Older, newest: Revision) -> Refused:
    """Return the error for a file that takes back what was recorded since an older revision."""
    missed = ", ".join(told(each) for each in older.missed[:_SHOWN])
    keys = ", ".join(older.keys[:_SHOWN]) or "lines"
    return Refused(
        f"{path} has {keys} as before {missed}: that was taken back by hand, or an editor had the "
        f"file open since {older.revision.name}",
        hint=f"`tetra-es record {newest.file} --base {_name(newest)}` takes it back, "
        f"`tetra-es record {newest.file} --base {_name(older.revision)}` keeps it and records what "
        "else was changed",
    )


def unknown(newest: Revision) -> Refused:
    """Return the error for a file of which nothing tells what it was typed on."""
    return Refused(
        f"{newest.file.path} was changed by hand, and nothing tells on which revision",
        hint=f"`tetra-es record {newest.file} --base {_name(newest)}` if on the newest; what is "
        "newer than the one that you name is merged",
    )


def _name(revision: Revision) -> str:
    return shlex.quote(revision.name)


def told(revision: Revision) -> str:
    """Return a revision as people read it: its name, who recorded it and why."""
    return f"{revision.name} ({revision.told})"


def _conflict(conflict: Conflict, newer: Sequence[Revision]) -> str:
    """Return what three values a key has, and who recorded the newest of them."""
    key = format_key(conflict.path)
    by = next((each for each in newer if changes_key(each, key)), newer[0])
    was, mine, theirs = (value_shown(key, each) for each in conflict[1:])
    return f"{key} was {was}, is {mine} in the file, and {theirs} in {told(by)}"


def changes_key(revision: Revision, key: str) -> bool:
    """Return whether a revision changed a key, or one below it."""
    return any(
        path == key or path.startswith((f"{key}.", f"{key}[")) for path, _, _ in revision.changes
    )


def value_shown(key: str, literal: str | None) -> str:
    """Return a value as it may be shown: what was typed may be anything."""
    if literal is None:
        return "not there"
    shown = redact_line(f"{key} = {literal}").removeprefix(f"{key} = ")
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"
