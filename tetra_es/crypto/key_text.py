"""What people give in the place of a public key, and what to give instead."""

from __future__ import annotations

import re

from tetra_es.errors import UsageError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OPTIONS = re.compile(r"[a-z][^#]*[ ,\"](?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+ +AAAA", re.IGNORECASE)
_KEYS = ("ssh-", "ecdsa-", "sk-", "age1")


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
