"""Commands in what is printed: pasted, they work on the organization that this one worked on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OURS = r"`tetra-es (?!-)(?P<command>[a-z]+)"  # compiled when first used: few need it

_NO_ORG = {"init", "orgs", "import", "restore", "clone"}
"""Commands that name the organization themselves, or none."""
_NEITHER = {"identity", "completion"}

_org: list[str] = []
_directory: list[str] = []


def remember(org: str | None = None, directory: Path | None = None) -> None:
    """Take the options that say which organization is meant, as they were given."""
    _org[:] = ["--org", org] if org else []
    _directory[:] = ["--dir", str(directory)] if directory else []


def with_options(text: str) -> str:
    """Return a text whose commands have those options too."""
    return re.sub(_OURS, _with_options, text) if _org or _directory else text


def command_with_options(command: str) -> str:
    """Return a command with those options, for programs."""
    return with_options(f"`{command}`")[1:-1]


def _with_options(match: re.Match[str]) -> str:
    import shlex  # for this alone

    command = match["command"]
    options = [] if command in _NEITHER else [*_directory, *(() if command in _NO_ORG else _org)]
    return f"`{shlex.join(['tetra-es', *options, command])}"
