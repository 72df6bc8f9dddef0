"""Why a session could not be had, from what ssh, sudo and the login shell said.

Standard error also has what profile scripts, banners and warnings put there. So only whole lines
count that are ssh's or sudo's own, and only with the exit code that goes with them: OpenSSH's
ssh.c, sshconnect.c, packet.c and clientloop.c; sudo's check.c and logging.c.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SSH_FAILED = 255
SUDO_FAILED = 1
NOT_FOUND = 127

_LONGEST_SAID = 200

_BY_HAND = "log in as root, or let the user run /bin/sh by sudo without a password"
_SUDO_MISSING = re.compile(
    r"(?:.*[: ])?sudo: (?:command |inaccessible or )?not found|.*not found: sudo"
)
_SUDO_ERROR = re.compile(r"sudo: (?!unable to resolve host |setrlimit)(.+)")
"""After its warnings sudo goes on."""
_NO_WAY = r"(?:No route to host|Host is (?:unreachable|down))"
_NO_NETWORK = r"(?:Network is unreachable|Network unreachable)"
_TIMED_OUT = r"(?:Connection|Operation) timed out"

BY_HAND = "ssh HOST true"
"""What stands in hints for the command that a person tries by hand."""

_Known = tuple[tuple[str, str, str], ...]
_SSH: tuple[_Known, ...] = (
    (
        (
            r"Host key for \S+ has changed and you have requested strict checking\.",
            "its host key is not the known one",
            "find out why before anything else; `ssh HOST true` names the line with the old key",
        ),
        (
            r"(?:\S+: )?Permission denied \([a-z0-9@.,-]+\)\.",
            "it does not accept our key",
            "`ssh HOST true` has to work without a question; without --no-input, ssh may ask you",
        ),
        (
            r"Received disconnect from .*: Too many authentication failures",
            "it does not accept our keys",
            "name the right one with IdentityFile and IdentitiesOnly in ~/.ssh/config",
        ),
        (
            r"ssh: Could not resolve hostname .*",
            "its name cannot be resolved",
            "see deployment.hosts, or give the host a HostName in ~/.ssh/config",
        ),
        (
            r"ssh: connect to host .*: Connection refused",
            "nothing listens there for ssh",
            "is sshd running, and on which port?",
        ),
        (
            rf"ssh: connect to host .*: {_NO_WAY}",
            "it cannot be reached",
            "is it up and on the network?",
        ),
        (
            rf"ssh: connect to host .*: {_NO_NETWORK}",
            "it cannot be reached",
            "is our network up?",
        ),
        (
            (
                rf"ssh: connect to host .*: {_TIMED_OUT}|{_TIMED_OUT} during banner exchange"
                r"|Connection to \S+ port \d+ timed out"
            ),
            "it does not answer",
            "is it up, and does a firewall let ssh through?",
        ),
        (
            r"Timeout, server .* not responding\.",
            "it does not answer any more",
            "is it up and on the network?",
        ),
    ),
    (
        (
            r"Host key verification failed\.",
            "its host key is not known",
            "`ssh HOST true` shows it, for you to compare; or add the key to known_hosts",
        ),
    ),
    (
        (
            (
                r"(?:\w+_exchange_identification: .*|ssh: connect to host .*: "
                r"|Read from remote host .*: )?Connection reset by .*"
            ),
            "it cut the connection",
            "see sshd's log on the server",
        ),
        (
            (
                r"(?:\w+_exchange_identification: )?Connection closed by .*"
                r"|Connection to \S+ closed by remote host\."
            ),
            "it closed the connection",
            "see sshd's log on the server",
        ),
    ),
)
"""Pattern, reason and hint, the causes before their consequences: what a changed key leads to has
a line of its own, and what a jump host says is followed by the end of the connection through it."""

_SUDO: tuple[_Known, ...] = (
    (
        (
            r"sudo: (?:a password is required|a terminal is required to .*)",
            "sudo asks for a password there",
            f"{_BY_HAND}, or give it at a terminal with --ask-become-pass",
        ),
        (
            r"sudo: sorry, you must have a tty to run sudo",
            "sudo asks for a terminal there",
            "take requiretty from the server's sudoers, or log in as root",
        ),
        (
            (
                r"Sorry, user \S+ (?:is not allowed to execute|may not run sudo).*"
                r"|\S+ is not in the sudoers file\..*"
            ),
            "sudo does not let the user do it there",
            _BY_HAND,
        ),
    ),
)


def diagnose(
    said: bytes, code: int | None, otherwise: str, by_hand: str = BY_HAND
) -> tuple[str, str | None]:
    """Return the reason and a hint, by what was said on standard error and the exit code.

    `otherwise` is the reason when neither tells; `by_hand`: a command that only connects.
    """
    reason, hint = _diagnosis(said, code, otherwise)
    return reason, hint and hint.replace(BY_HAND, by_hand)


def _diagnosis(said: bytes, code: int | None, otherwise: str) -> tuple[str, str | None]:
    lines = _lines(said)
    last = lines[-1] if lines else ""
    if code == SSH_FAILED:
        failed = f"ssh failed: {last}" if last else "ssh failed"
        return _known(_SSH, lines) or (failed, "try `ssh HOST true` by hand")
    if code == SUDO_FAILED and (found := _known(_SUDO, lines)):
        return found
    if code == SUDO_FAILED and (error := _SUDO_ERROR.fullmatch(last)):
        return f"sudo failed there: {error[1]}", _BY_HAND
    if code == NOT_FOUND and _SUDO_MISSING.fullmatch(last):
        return "sudo is not installed there", f"{_BY_HAND}, once it is installed"
    if code == NOT_FOUND:
        return "it lacks a program that is needed", f"the server said: {last}"
    if code is not None and code < 0:
        return f"ssh was killed by signal {-code}", None
    return otherwise, None


def last_said(lines: Iterable[str], rest: bytes) -> str:
    """Return the last line with words in it, without what cannot be printed; empty for none.

    `rest` came after the lines and has no end yet.
    """
    said = "\n".join([*lines, rest.decode("utf-8", "replace")])
    return next(reversed(_lines(said.encode())), "")[:_LONGEST_SAID]


def _known(tiers: tuple[_Known, ...], lines: list[str]) -> tuple[str, str] | None:
    """Return what the last line that is known tells."""
    for known in tiers:
        for line in reversed(lines):
            for pattern, reason, hint in known:
                if re.fullmatch(pattern, line):
                    return reason, hint
    return None


def _lines(said: bytes) -> list[str]:
    """Return the lines that are not empty, without what cannot be printed."""
    lines = said.decode("utf-8", "replace").split("\n")
    printable = ("".join(c for c in line if c.isprintable()).strip() for line in lines)
    return [line for line in printable if line]
