"""Why a session could not be had, from what ssh, sudo and the login shell said."""

from __future__ import annotations

SSH_FAILED = 255
NOT_FOUND = 127

_KNOWN = (
    (
        b"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the known one",
        "find out why before anything else; `ssh-keygen -R HOST` forgets the old key",
    ),
    (
        b"Host key verification failed",
        "its host key is not known",
        "connect once with ssh by hand, or add the key to known_hosts",
    ),
    (
        b"Permission denied",
        "it does not accept our key",
        "see that `ssh HOST true` works without a question, or run without --no-input",
    ),
    (
        b"Too many authentication failures",
        "it does not accept our keys",
        "name the right one with IdentityFile and IdentitiesOnly in ~/.ssh/config",
    ),
    (
        b"Could not resolve hostname",
        "its name is not known",
        "see deployment.hosts, or give the host a HostName in ~/.ssh/config",
    ),
    (b"Connection refused", "nothing listens there for ssh", "is sshd running, and on which port?"),
    (b"No route to host", "there is no way to it", "is it up, and its network?"),
    (b"Network is unreachable", "there is no way to it", "is our network up?"),
    (b"timed out", "it does not answer", "is it up, and does a firewall let ssh through?"),
    (b"not responding", "it does not answer any more", "is it up, and its network?"),
    (b"Connection reset", "it cut the connection", "see sshd's log on the server"),
    (b"Connection closed", "it closed the connection", "see sshd's log on the server"),
    (
        b"sudo:",
        "sudo asks for a password there",
        "log in as root, or let the user run /bin/sh by sudo without a password",
    ),
)


def why(said: bytes, code: int | None, otherwise: str) -> tuple[str, str | None]:
    """Return the reason and a hint, by what was said on standard error and the exit code.

    `otherwise` is the reason when neither tells.
    """
    for pattern, reason, hint in _KNOWN:
        if pattern in said:
            return reason, hint
    if code == SSH_FAILED:
        last = _last_line(said)
        return (f"ssh failed: {last}" if last else "ssh failed"), "try `ssh HOST true` by hand"
    if code == NOT_FOUND:
        return "it lacks a program that is needed", f"the server said: {_last_line(said)}"
    if code is not None and code < 0:
        return f"ssh was killed by signal {-code}", None
    return otherwise, None


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    printable = ("".join(c for c in line if c.isprintable()).strip() for line in lines)
    return next((line for line in reversed(list(printable)) if line), "")
