"""Configuration pinned in the mirror, so that nobody else's decides what git does there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE: Final = """\
# tetra-es writes this file before every use, and keeps url and fetch of remotes alone.
[core]
\trepositoryformatversion = 0
\tbare = true
\tautocrlf = false
\teol = lf
\tsafecrlf = false
\thooksPath = /dev/null
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tsplitIndex = false
\tsparseCheckout = false
\tlogAllRefUpdates = false
[index]
\tversion = 2
\tsparse = false
\tskipHash = false
[feature]
\tmanyFiles = false
[commit]
\tgpgSign = false
[tag]
\tgpgSign = false
[push]
\tgpgSign = false
\tfollowTags = false
\trecurseSubmodules = no
[fetch]
\trecurseSubmodules = false
[submodule]
\trecurse = false
[log]
\tshowSignature = false
[fastimport]
\tunpackLimit = 1
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""
"""What must not depend on a user's own configuration. Packing is done between commands, never in
the background; a branch that can be rebuilt needs no second record of where it was. Some of it
counts for work trees alone, which people may add with `git worktree`."""

ATTRIBUTES: Final = (
    "* -text -filter -ident -working-tree-encoding !crlf !eol !diff !merge"
    " !export-ignore !export-subst\n"
)
"""For `info/attributes`, which no other attributes file overrides."""


def _settings_of(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith("\t"):
            variable, value = line.strip().split(" = ")
            yield f"{section}.{variable}".lower(), value


PINNED: Final = dict(_settings_of(BASE))
"""The same as git lists it: each setting and its value."""
