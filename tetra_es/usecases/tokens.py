"""Tokens by which programs may ask the service: only their hashes are kept.

A token is 32 random bytes, so that a plain hash is enough: nobody can try them all.
"""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tetra_es.disk.lock import exclusive
from tetra_es.errors import TetraEsError, Unavailable
from tetra_es.gate.as_of import pins_of
from tetra_es.gate.pins import private
from tetra_es.names import check_actor
from tetra_es.refs import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tetra_es.admission import Admission
    from tetra_es.layout import OrgLayout

_FILE: Final = "tokens.json"
_PREFIX: Final = "tes_"
"""How a token begins, so that people and scanners know one."""
_BYTES: Final = 32
LONGEST: Final = 200
"""Characters of what is compared at all."""


class Token(NamedTuple):
    """What is kept of a token."""

    name: str
    scope: str
    """What it is for: `read`."""
    created: str
    expires: str | None
    """None for never."""
    digest: str
    """SHA-256 of the token, hexadecimal."""

    def has_expired(self, now: str) -> bool:
        """Return whether its time is over."""
        return self.expires is not None and self.expires <= now


class Tokens:
    """The tokens of one organization, in its state folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE

    def all(self) -> list[Token]:
        """Return all of them by name, those whose time is over too. Raises `TetraEsError`."""
        data = private.read(self._path)
        if data is None:
            return []
        try:
            rows = json.loads(data)
            if not isinstance(rows, list):
                raise TypeError(rows)
            return [_parsed(one) for one in rows]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise TetraEsError(
                f"{self._path} cannot be read: it is damaged",
                hint=f"`rm {self._path}`, then `tetra-es serve token new NAME` makes new ones",
            ) from None

    def new(self, name: str, expires: str | None = None) -> str:
        """Make a token and return it: nobody can see it again. Raises `TetraEsError`."""
        check_actor(name, "a token")
        text = _PREFIX + secrets.token_urlsafe(_BYTES)
        made = Token(name, "read", _now(), expires, _digest(text))
        with exclusive(self._path.with_suffix(".lock")):
            known = self.all()
            if any(one.name == name for one in known):
                raise TetraEsError(
                    f"there is a token {name} already",
                    hint=f"`tetra-es serve token rm {name}` removes it",
                )
            self._write([*known, made])
        return text

    def remove(self, name: str) -> None:
        """Remove a token. Raises `TetraEsError` where there is none of that name."""
        with exclusive(self._path.with_suffix(".lock")):
            known = self.all()
            rest = [one for one in known if one.name != name]
            if len(rest) == len(known):
                raise TetraEsError(
                    f"there is no token {name}", hint="`tetra-es serve token list` lists them"
                )
            self._write(rest)

    def match(self, text: str) -> str | None:
        """Return the name of a token; None for anything else, and where its time is over.

        However much of it is right takes the same time.
        """
        digest, now, found = _digest(text[:LONGEST]), _now(), None
        for one in self.all():
            same = hmac.compare_digest(one.digest, digest)
            if same and not one.has_expired(now):
                found = one.name
        return found

    def _write(self, tokens: Iterable[Token]) -> None:
        rows = [one._asdict() for one in sorted(tokens)]
        private.replace(self._path, json.dumps(rows, indent=1).encode() + b"\n")


def tokens_of(layout: OrgLayout, admission: Admission) -> Tokens:
    """Return the tokens of an organization. Raises `TetraEsError` for one that is new here."""
    try:
        return Tokens(pins_of(admission.folder(), layout.root).folder)
    except Unavailable as error:
        raise TetraEsError(error.message, hint=error.hint) from error


def _parsed(row: dict[str, Any]) -> Token:
    found = Token(**row)
    texts: tuple[object, ...] = (*found[:3], found.digest, found.expires or "")
    if not all(isinstance(one, str) and one.isascii() for one in texts):
        raise TypeError(row)
    return found


def _digest(text: str) -> str:
    return sha256(text.encode(errors="backslashreplace")).hexdigest()


def _now() -> str:
    return format_time(datetime.now(UTC))
