"""What people give in the place of a public key, and what to give instead."""

from __future__ import annotations

import re

from tetra_es.errors import UsageError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OPTIONS = re.compile(r"[a-z][^#]*[ ,\"](?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+ +AAAA", re.IGNORECASE)
_KEYS = ("ssh-", "ecdsa-", "sk-", "age1")
_PRIVATE = re.compile(
    r"BEGIN [A-Z0-9 ]*PRIVATE KEY|AGE-(?:SECRET-KEY|PLUGIN)-|PuTTY-User-Key|b3BlbnNzaC1rZXktdjE",
    re.IGNORECASE,
)


def begins_like_key(line: str) -> bool:
    """Return whether a line begins as those of public keys do, options before it or not."""
    return line.startswith(_KEYS) or _OPTIONS.match(line) is not None


def is_private(text: str) -> bool:
    """Return whether a text has a private key of OpenSSH, PuTTY, age or a PEM file in it."""
    return _PRIVATE.search(text) is not None


def refuse_private(text: str, place: str) -> None:
    """Raise `UsageError` where a text has a private key in it. Nothing of it is quoted."""
    if is_private(text):
        raise UsageError(
            f"{place}: that is a private key, not a public one",
            hint="give its public half, such as the .pub file beside it; "
            "replace the private key if others may have seen it",
        )


def check_key_text(text: str, place: str = "") -> None:
    """Raise `UsageError` for a text that cannot be a public key, nor the path of a file with one.

    `place` is where it was found, for the message. Nothing of the text is quoted.
    """
    said = text.strip()
    where = f"{place}: " if place else ""
    if not said:
        raise UsageError(f"{where}no key: the text is empty", hint="give a public key, or its file")
    if _ADDRESS.match(said):
        raise UsageError(
            f"{where}that is an address, not a key",
            hint="save what is there as a file, look at it, and give the path of the file",
        )
    if not said.startswith(_KEYS) and _OPTIONS.match(said):
        raise UsageError(
            f"{where}options stand before the key, as in authorized_keys",
            hint="leave them out: give the line from the type of the key on",
        )
