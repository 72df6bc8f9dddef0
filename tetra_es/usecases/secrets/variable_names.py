"""Names of variables that a value cannot have, or should not: said when it is set, not later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tetra_es.errors import UsageError
from tetra_es.names import check_secret_name
from tetra_es.release.env_file import SHELLS_OWN
from tetra_es.release.variables import OURS

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.usecases.unit_of_work import UnitOfWork

_LOADER = re.compile(r"(?:LD|DYLD)_\w+|GCONV_PATH|GLIBC_TUNABLES|MALLOC_\w+|NLSPATH|LOCPATH")
"""Those by which ld.so(8), and that of macOS, load and start every program."""

_GONE_BY: Final = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "TMPDIR", "TERM", "TZ"),
        *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_COLLATE", "LC_NUMERIC"),
        *("LC_TIME", "LC_MONETARY", "IFS", "ENV", "BASH_ENV", "CDPATH", "PS4", "PROMPT_COMMAND"),
        *("POSIXLY_CORRECT", "OPTARG", "OPTERR", "REPLY", "MAIL", "EDITOR", "VISUAL", "PAGER"),
        *("NODE_OPTIONS", "NODE_PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PERL5LIB"),
        *("PERL5OPT", "RUBYLIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND"),
        *("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "INVOCATION_ID", "JOURNAL_STREAM"),
        *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"),
    }
)
"""environ(7), POSIX.1-2024 XBD 8, bash(1), systemd.exec(5), and what interpreters start with."""


def check_variable_name(name: str) -> str:
    """Return `name` if a variable with a value can have it, else raise `UsageError`."""
    check_secret_name(name)
    if name in SHELLS_OWN:
        raise UsageError(
            f"{name} is a variable that shells keep for themselves: no service would get its value",
            hint=f"name it otherwise, such as APP_{name.strip('_') or 'KEY'}",
        )
    return name


def warn_of_names(work: UnitOfWork, names: Collection[str]) -> None:
    """Warn of names that mean something to other programs: services and `run` would get them."""
    for name in names:
        if name in OURS:
            work.warn(f"{name} is a variable that a deployment sets itself: this value replaces it")
        elif _LOADER.fullmatch(name):
            work.warn(f"{name} changes how every program starts that gets it")
        elif name in _GONE_BY:
            work.warn(f"{name} is a variable that programs go by, and services get it")
