"""The env file: a release's secrets, read alike by systemd's `EnvironmentFile=` and by shells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.names import is_secret_name
from tetra_es.release.quoting import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Mapping


SHELLS_OWN = frozenset(
    {
        *("BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0"),
        *("BASH_CMDS", "BASH_COMMAND", "BASH_LINENO", "BASH_REMATCH", "BASH_SOURCE"),
        *("BASH_SUBSHELL", "BASH_VERSINFO", "COMP_WORDBREAKS", "DIRSTACK", "EPOCHREALTIME"),
        *("EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "LINENO", "OPTIND", "PPID"),
        *("RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID", "_"),
    }
)
"""Variables that bash or dash does not take a value for, or does not keep it: bash(1), "Shell
Variables"; dash stops at an OPTIND that is not a number."""

_DROPPED = re.compile("[\x01-\x08\x0b-\x1f\x7f]")
"""Controls but tab and newline. systemd before version 249 leaves out a variable that has one."""

_NONCHARACTER = re.compile("[\ufdd0-\ufdef]")
"""systemd's utf8_is_valid() takes no text with Unicode's noncharacters, and then drops the file."""

_LONGEST = 128 * 1024 - 1
"""Linux gives a program no variable that is longer: MAX_ARG_STRLEN in execve(2)."""

_HEADER = "# Written by tetra-es from the environment's secrets. The next deployment replaces it.\n"


def env_file(secrets: Mapping[str, bytes]) -> bytes:
    """Return the file's content, a line for each secret by name, or a comment alone.

    Raises `Refused`, with the key and never the value, for what a variable cannot hold.
    """
    return (_HEADER + "".join(assignment(key, secrets[key]) for key in sorted(secrets))).encode()


def assignment(key: str, value: bytes) -> str:
    """Return the line of one secret, with its end. Raises `Refused` as `env_file` does."""
    return f"{key}={shell_quoted(_text(key, value))}\n"


def _text(key: str, value: bytes) -> str:
    if not is_secret_name(key):
        raise _refused(key, "is not a variable's name", "use letters, digits and _")
    if key in SHELLS_OWN:
        raise _refused(key, "is a variable that shells keep for themselves", "name it otherwise")
    if b"\0" in value:
        raise _refused(key, "holds a NUL byte, which no variable can", "store it in base64")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise _refused(key, "is not UTF-8 text", "store it in base64") from None
    if _DROPPED.search(text):
        what = "holds a control character that systemd may drop it for"
        raise _refused(key, what, "leave out carriage returns and the like, or store it in base64")
    if _NONCHARACTER.search(text) or any(ord(char) & 0xFFFE == 0xFFFE for char in text):
        raise _refused(key, "holds a code point that is not a character", "store it in base64")
    if len(key) + 1 + len(value) > _LONGEST:
        raise _refused(key, "is longer than a variable may be: 128 KiB", "give it as a file")
    return text


def _refused(key: str, what: str, hint: str) -> Refused:
    return Refused(f"secret {key!r} {what}", hint=hint)
