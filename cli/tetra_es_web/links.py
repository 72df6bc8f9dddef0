"""How a page links to another one: by the address of a service, or as a file beside it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping


class Address(NamedTuple):
    """A page: its name, what it is of, and the parameters that it is asked with."""

    page: str
    """Such as `event`; `overview` is the first page."""
    of: str = ""
    """Such as `41`, `dev`."""
    query: tuple[tuple[str, str], ...] = ()
    """Name and value of each parameter that is given."""

    def but(self, **query: object) -> Address:
        """Return the page with other values of some parameters, or without them."""
        kept = tuple(pair for pair in self.query if pair[0] not in query)
        return self._replace(query=kept + given(query))


def address(page: str, of: object = "", **query: object) -> Address:
    """Return a page with the parameters that have a value."""
    return Address(page, str(of), given(query))


class Links(Protocol):
    """What pages are told of their surroundings."""

    live: bool
    """Whether somebody answers: forms and filters need that."""

    def to(self, page: str, of: object = "", **query: object) -> str | None:
        """Return the address of a page; None where there is no such page here."""

    def same(self, here: Address, /, **query: object) -> str | None:
        """Return the address by which a page shows the same later; with `query`, its other parts.

        `here` names all that it shows as of a moment.
        """

    def json(self, path: str, **query: object) -> str | None:
        """Return the address of the same as JSON, None where nobody answers."""

    def static(self, name: str) -> str:
        """Return the address of a style or a script."""


def given(query: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return the parameters that have a value, as text; one with several values as often."""
    return tuple(
        (name, str(one))
        for name, value in query.items()
        for one in (value if isinstance(value, tuple) else (value,))
        if one not in (None, "")
    )


class LiveLinks:
    """Addresses of a service; the time zone that was chosen stays in each."""

    live = True

    def __init__(self, zone: str = "") -> None:
        """Take the zone as it is in the address of the page, if it is."""
        self._zone = zone

    def to(self, page: str, of: object = "", **query: object) -> str:
        """Return the address of a page."""
        return self._page(address(page, of, **query))

    def same(self, here: Address, /, **query: object) -> str:
        """Return the address by which a page, or another part of it, can be had later."""
        return self._page(here.but(**query))

    def json(self, path: str, **query: object) -> str:
        """Return the address of the same as JSON."""
        return self._asked(f"/api/v1/{quote(path)}", given(query))

    def static(self, name: str) -> str:
        """Return the address of a style or a script."""
        return f"/static/{name}"

    def _page(self, page: Address) -> str:
        path = "/" if page.page == "overview" else f"/{page.page}"
        if page.of:
            path += f"/{quote(page.of, safe='')}"
        return self._asked(path, page.query)

    def _asked(self, path: str, query: tuple[tuple[str, str], ...]) -> str:
        pairs = (*given({"tz": self._zone}), *query)
        return f"{path}?{urlencode(pairs)}" if pairs else path


_PLAIN = re.compile(r"[A-Za-z0-9_.@-]{1,60}", re.ASCII)
_WRITTEN = {
    "overview": ("part",),
    "timeline": ("environment", "before"),
    "event": ("part",),
    "environment": ("at", "part"),
    "manifest": ("at", "part"),
    "profile": ("at", "part"),
    "compare": ("a", "b", "part"),
    "key": ("part", "before"),
    "keys": ("columns", "part"),
    "secrets": ("part",),
    "hosts": ("part", "before"),
    "signers": ("part", "before"),
    "findings": ("after",),
}
"""Pages that a folder of files has, and the parameters that are part of a file's name."""
_STATE = re.compile(r"(?:profile )?[a-z][a-z0-9-]*@[0-9]+", re.ASCII)
_NAME = re.compile(r"(?:profile )?[a-z][a-z0-9-]*(?:@[0-9]+)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+", re.ASCII)
_VALUES = {"at": _STATE, "a": _NAME, "b": _NAME, "environment": _NAME}


_LIKE_ANOTHER = re.compile(
    rf"^\.|\.(?:{'|'.join(sorted({one for names in _WRITTEN.values() for one in names}))})-"
)
"""Names that would be those of hidden files, or of a page with a parameter."""


def file_of(page: Address) -> str | None:
    """Return the path of a page below the folder of a site; None for one that it does not have."""
    wanted = _WRITTEN.get(page.page)
    if wanted is None or any(name not in wanted for name, _ in page.query):
        return None
    query = dict(page.query)
    if any(not _VALUES.get(name, _NUMBER).fullmatch(query[name]) for name in query):
        return None  # what was at any time is for a service to tell
    if page.page == "overview" and not query:
        return "index.html"
    names = [_safe(page.of)] if page.of else []
    names += [f"{name}-{_safe(query[name])}" for name in wanted if name in query]
    return f"{page.page}/{'.'.join(names)}.html" if names else f"{page.page}.html"


def _safe(name: str) -> str:
    """Return a name as a file's: no two are the same, on whatever file system."""
    if _PLAIN.fullmatch(name) and name == name.lower() and not _LIKE_ANOTHER.search(name):
        return name
    told = re.sub(r"[^A-Za-z0-9_-]+", "-", name, flags=re.ASCII).strip("-")[:40]
    return f"{told}~{sha256(name.encode()).hexdigest()[:12]}"
