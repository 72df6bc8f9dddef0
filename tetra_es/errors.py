"""Every error that a person may see, with the exit code that tells scripts its kind.

A message is one line that says what is wrong and where; a hint says what to do about it.
Subclasses live here when more than one package raises them, else beside their only raiser.
"""

from __future__ import annotations

RESTORE_HINT = (
    "`tetra-es restore --from FROM` takes it from a backup or a copy of the mirror; what is here "
    "is kept"
)
"""What to do where the store is not what it was."""

TOO_LONG = "it took too long"
ASK_LESS = "ask for less, such as with --since or -n"
"""Of a question that was given up, and what to do about it."""


class TetraEsError(Exception):
    """An error with a message for people. `exit_code` is the process's exit status."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TetraEsError):
    """The command was written wrongly: an invalid name, REF, key or combination of options."""

    exit_code = 2


class Refused(TetraEsError):
    """A rule forbids it: a policy, drift, an aggregate's rule, a missing right to sign."""

    exit_code = 3


class IntegrityFailure(TetraEsError):
    """The history and what is derived from it do not agree."""

    exit_code = 4


class ConfigError(TetraEsError):
    """A TOML file is not valid: `message` begins with `file:line[:column]: `."""

    def __init__(
        self, message: str, *, hint: str | None = None, line: int = 1, key: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        """From 1."""
        self.key = key
        """The key that is wrong; empty for what is not about one key."""


class Unfounded(TetraEsError):
    """There are no events: an `init` did not finish, or everything is lost."""


class Unavailable(TetraEsError):
    """Nothing can be answered now; the same question may be answered later."""
