"""Where copies of the mirror may be: addresses that git reaches itself, without a helper program.

Git runs a program for `ext::…` and for a scheme that it does not know, and takes an option for an
address that begins with a hyphen. A repository in the organization's own folder, which may have
come from somebody else, could bring hooks along.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOLS: Final = ("file", "git", "http", "https", "ssh")
"""What git may use to reach a copy."""

_SCHEMES: Final = (*PROTOCOLS, "git+ssh", "ssh+git")
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|[.](?![.])){0,63}", re.ASCII)
_HELPER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::", re.ASCII)
_ACCOUNT: Final = re.compile(r"://[^/\s]*@")
_QUERY: Final = re.compile(r"(://[^\s?#'\"]*)[?#][^\s'\"]*")
_REF: Final = r"refs/(?:heads|notes|tags)/[\w./*-]+"


class Remote(NamedTuple):
    """A copy of the mirror, as git's configuration has it."""

    name: str
    url: str
    fetch: tuple[str, ...]
    """Which branches there are which here, such as `+refs/heads/*:refs/remotes/origin/*`."""


def new_remote(name: str, url: str) -> Remote:
    """Return the remote that `git remote add` would make."""
    return Remote(name, url, (f"+refs/heads/*:refs/remotes/{name}/*",))


def without_account(text: str) -> str:
    """Return text without what addresses in it have before the host, or after a question mark."""
    return _QUERY.sub(r"\1", _ACCOUNT.sub("://", text))


def is_same(one: str, other: str) -> bool:
    """Return whether two addresses are written for the same repository, the account aside."""
    return _plain(one) == _plain(other)


def _plain(url: str) -> str:
    if "://" not in url and ":" in url.partition("/")[0]:  # as scp has it
        url = f"ssh://{url.replace(':', '/', 1)}"
    found = without_account(url).removeprefix("file://")
    scheme, web, rest = found.partition("://")
    if not web:
        return os.path.realpath(found)
    host, slash, path = rest.rstrip("/").removesuffix(".git").partition("/")
    host = host.rpartition("@")[2].lower()
    return f"{'ssh' if 'ssh' in scheme else scheme}://{host}{slash}{path}"


def is_name(name: str) -> bool:
    """Return whether a remote may have this name."""
    return bool(_NAME.fullmatch(name)) and not name.endswith((".", ".lock"))


def is_branches(remote: str, text: str) -> bool:
    """Return whether a refspec fetches nothing to where our own branches are."""
    ours = rf"refs/remotes/{re.escape(remote)}/[\w./*-]+|refs/(?:notes|tags)/[\w./*-]+"
    return bool(re.fullmatch(rf"\+?{_REF}:(?:{ours})", text, re.ASCII))


def address(url: str, base: Path, folder: Path | None) -> str:
    """Return an address as git shall have it: a path is made absolute, starting at `base`.

    Raises `UsageError` for anything but an address, and for a path below `folder`, ours, if given.
    """
    scheme, found, rest = url.partition("://")
    first = url.split("/", 1)[0]
    if not url or not url.isprintable() or url != url.strip() or _HELPER.match(url):
        raise _not_one(url)
    if found and "/" not in scheme:
        host = rest.split("/", 1)[0].rpartition("@")[2]
        if scheme not in _SCHEMES or host.startswith("-"):
            raise _not_one(url)
        if scheme == "file":
            _check_outside(rest[rest.find("/") :], folder)
        return url
    if url.startswith("-") or (":" in first and first.rpartition("@")[2].startswith("-")):
        raise _not_one(url)
    if ":" in first:
        return url
    path = os.path.normpath(base.absolute() / url)
    _check_outside(path, folder)
    return path


def _check_outside(path: str, folder: Path | None) -> None:
    if folder and os.path.commonpath(
        (os.path.realpath(path), os.path.realpath(folder))
    ) == os.path.realpath(folder):
        raise UsageError(
            f"the organization's own folder {folder} cannot hold a copy",
            hint="choose a folder elsewhere, best on another machine",
        )


def _not_one(url: str) -> UsageError:
    return UsageError(
        f"not a repository's address: {url!r}",
        hint="such as git@example.org:acme/history.git or a path",
    )
