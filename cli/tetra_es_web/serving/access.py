"""Who may ask: everybody on this machine, or who has a token, or whom a proxy names."""

from __future__ import annotations

import re
from base64 import b64decode
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Network, IPv6Network

HEADER: Final = b"x-forwarded-user"
"""By which a proxy says who is asking."""
_LONGEST: Final = 200
_OURS: Final = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{0,5})?", re.IGNORECASE)
"""What this machine calls itself. Where a stranger's name leads here, a page of theirs asks."""


UNIX: Final = "unix"
"""The address of a proxy that connects by a unix socket."""


class TokenBook(Protocol):
    """The tokens that there are."""

    def all(self) -> Sequence[object]:
        """Return all of them, those whose time is over too."""

    def match(self, text: str) -> str | None:
        """Return the name of a token, None for anything else."""


class Caller(NamedTuple):
    """Who asks, or why nothing is answered."""

    name: str = "-"
    status: int = 0
    """Of the refusal; 0 where there is none."""
    message: str = ""
    hint: str = ""
    problem: str = ""
    """For the log alone."""


class Guard:
    """Decides who may ask."""

    def __init__(self, tokens: TokenBook, proxies: Iterable[str] = ()) -> None:
        """Take tokens and the addresses of proxies, `UNIX` among them. Raises `UsageError`."""
        self._tokens = tokens
        self._is_behind_unix = UNIX in (named := list(proxies))
        self._proxies = [network_of(text) for text in named if text != UNIX]
        # It does not open by itself when the last token is removed.
        self.is_closed = bool(named) or bool(tokens.all())

    def can_be_named_to(self, *, unix: bool) -> bool:
        """Return whether a proxy that was named can connect: by a unix socket, or by an address.

        True where none was named.
        """
        return (self._is_behind_unix if unix else bool(self._proxies)) or not (
            self._is_behind_unix or self._proxies
        )

    def caller(self, scope: Any) -> Caller:
        """Return who sent a request."""
        client = scope.get("client")
        peer = client[0] if client else None
        headers = scope["headers"]
        if self._is_proxy(peer) and (name := _named(headers)):
            return Caller(name)
        try:
            if (token := _token(headers)) and (name := self._tokens.match(token)):
                return Caller(name)
            self.is_closed = self.is_closed or bool(self._tokens.all())
        except TetraEsError as error:
            return Caller(
                status=503,
                message="the tokens cannot be read",
                hint="the service's log says more",
                problem=error.message,
            )
        if self.is_closed or token:
            return Caller(
                status=401,
                message="that token is not one that counts" if token else "a token is needed",
                hint="send one as `Authorization: Bearer TOKEN`",
            )
        if peer is not None and not _names_us(headers):
            return Caller(
                status=403,
                message="the service answers to the names of this machine alone",
                hint="ask it as http://127.0.0.1, or make a token",
            )
        return Caller()

    def _is_proxy(self, peer: str | None) -> bool:
        if peer is None:
            return self._is_behind_unix
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._proxies)


def network_of(text: str) -> IPv4Network | IPv6Network:
    """Return an address, or a range of them. Raises `UsageError`."""
    try:
        return ip_network(text)
    except ValueError:
        raise UsageError(
            f"not the address of a proxy: {text!r}", hint="such as 127.0.0.1, 10.0.0.0/24 or unix"
        ) from None


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's alone. Raises `UsageError` for a name."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        raise UsageError(
            f"not an address: {host!r}", hint="such as 127.0.0.1, ::1, or 0.0.0.0 for all"
        ) from None


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for header, value in headers if header.lower() == name]


def _named(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return whom a proxy names; None where it names nobody, or several."""
    found = _values(headers, HEADER)
    if len(found) != 1:
        return None
    try:
        name = found[0].decode().strip()
    except UnicodeDecodeError:
        return None
    return name if name.isprintable() and len(name) <= _LONGEST else None


def _token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the token that a request has; a browser's is the password of any user."""
    found = _values(headers, b"authorization")
    if len(found) != 1:
        return "-" if found else None
    kind, _, rest = found[0].decode("latin-1").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            return "-"
    return "-"


def _names_us(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the address that was asked is this machine's, with any port."""
    found = _values(headers, b"host")
    return len(found) == 1 and bool(_OURS.fullmatch(found[0].decode("latin-1")))
