"""Quoting for the two that read what is rendered: systemd and shells.

systemd's rules are those of systemd.syntax(7), systemd.exec(5) and systemd.service(5), "Command
lines"; the shell's are POSIX.1-2024, XCU 2.2.3. Texts have no control characters: the rules of
`rules` let none through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_@/.,:=+-]+", re.ASCII)
_SYSTEMD_SPECIAL = re.compile(r"[\\']")
_SHELL_SPECIAL = re.compile(r'[\\"$`]')


def unit_path(path: str) -> str:
    """Return a path for a setting that takes a path as it stands, such as `WorkingDirectory=`."""
    return path.replace("%", "%%")


def unit_word(text: str) -> str:
    """Return one word for a setting that takes a list of words, such as `Environment=`."""
    quoted = unit_path(text)
    if _PLAIN_WORD.fullmatch(text):
        return quoted
    return f"'{_SYSTEMD_SPECIAL.sub(_escaped, quoted)}'"


def exec_word(text: str) -> str:
    """Return one word for `ExecStart=`, in which systemd would replace `$NAME`, too."""
    return unit_word(text).replace("$", "$$")


def exec_lines(lines: Iterable[str]) -> str:
    """Return one word for `ExecStart=` that goes over lines of the unit's file.

    systemd takes a blank for each backslash that ends a line. The blanks that a line begins with
    are for people: one version keeps them, another does not.
    """
    inner = (_SYSTEMD_SPECIAL.sub(_escaped, unit_path(line)).replace("$", "$$") for line in lines)
    return "'" + "".join(f"\\\n    {line} " for line in inner).rstrip() + "'"


def shell_word(text: str) -> str:
    """Return one word for a shell's command line."""
    return text if _PLAIN_WORD.fullmatch(text) else shell_quoted(text)


def shell_quoted(text: str) -> str:
    """Return `text` in double quotes: every shell and systemd's EnvironmentFile= read it alike.

    Newlines may stand inside. systemd's reader, parse_env_file_internal() in its
    src/basic/env-file.c, unescapes in double quotes exactly the four characters that POSIX does.
    """
    return f'"{_SHELL_SPECIAL.sub(_escaped, text)}"'


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"
