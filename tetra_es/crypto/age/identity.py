"""A private key that opens secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es.crypto.age.recipients import Kind


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """A private key. `repr` and `str` show its kind only; `secret` is for the age backend alone.

    `secret` is `AGE-SECRET-KEY-1…` or an unencrypted OpenSSH private key file.
    """

    kind: Kind
    secret: bytes = field(repr=False)
