"""What a person may give to name a recipient: a name, or the public key itself."""

from __future__ import annotations

from tetra_es.crypto.age.recipients import parse_recipient


def spelled(whom: str) -> str:
    """Return a public key as events have it, without a comment; a name as it is.

    Raises `UsageError` for what is not a public key, without quoting a private one.
    """
    key = whom.startswith("age1") or " " in whom.strip() or "SECRET-KEY" in whom.upper()
    return parse_recipient(whom).text if key else whom
