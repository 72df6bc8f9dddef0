"""The mirror's own git configuration: ours, and of each remote its address and branches.

Git runs programs that a configuration names, and a `history/` that was received from somebody
brings one along. So the file is written before git is run in the mirror. What we keep of an older
one is read with git, which runs nothing then, or with a pattern where the file is ours already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.disk import atomic
from tetra_es.errors import TetraEsError, UsageError
from tetra_es.text import one_line
from tetra_es_projections.mirror.addresses import (
    Remote,
    address,
    is_branches,
    is_name,
    new_remote,
)
from tetra_es_projections.mirror.failures import GitMissing
from tetra_es_projections.mirror.folder import git_folder
from tetra_es_projections.mirror.pinned import ATTRIBUTES, BASE, PINNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tetra_es_projections.mirror.failures import Warn
    from tetra_es_projections.mirror.git import Git

_REMOTE: Final = re.compile(
    r'\[remote "(?P<name>[^"\\\n]+)"\]\n\turl = "(?P<url>(?:[^"\\\n]|\\["\\])*)"\n'
    r"(?P<fetch>(?:\tfetch = [^\n]+\n)+)"
)
_NAMED: Final = 5
"""Settings that are named when they are removed."""

_NOTHING_SAID: Final = frozenset({
    "core.repositoryformatversion", "core.filemode", "core.bare", "core.logallrefupdates",
    "core.ignorecase", "core.precomposeunicode", "branch.main.remote", "branch.main.merge",
})  # fmt: skip
"""What `git init` and `git clone` write."""


def text_of(remotes: Iterable[Remote]) -> str:
    """Return the configuration with these remotes."""
    return BASE + "".join(map(_section, remotes))


def remotes_in(file: Path) -> list[Remote]:
    """Return the remotes in a file that we wrote, none where there is no file."""
    return list(_written((_bytes(file) or b"").decode(errors="replace")))


def remotes_of(root: Path, git: Git) -> list[Remote]:
    """Return the remotes of the mirror that can be used. Raises `TetraEsError`."""
    return _read(root, git).remotes


def secure(root: Path, git: Git, warn: Warn) -> None:
    """Write the mirror's configuration where it is another, and say so.

    Raises `TetraEsError`.
    """
    found = _read(root, git)
    path = root / "config"
    if found.unreadable is not None:
        copy = path.with_name("config.unreadable")
        atomic.write(copy, found.unreadable)
        warn(f"git cannot read {path}: it was written again, the old one is {copy}", None)
    _say(found, path, warn)
    write(root, found.remotes)


def say_what_goes(root: Path, git: Git, warn: Warn) -> bool:
    """Say what a mirror that takes this one's place does not bring along of its configuration.

    Returns whether git can read the configuration. Raises `TetraEsError`.
    """
    found = _read(root, git)
    _say(found, git_folder(root) / "config", warn)
    return found.unreadable is None


def _say(found: _Found, path: Path, warn: Warn) -> None:
    if found.gone:
        more = len(found.gone) - _NAMED
        names = ", ".join(found.gone[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        warn(f"removed settings that do not belong in {path}: {names}", None)


def write(root: Path, remotes: Iterable[Remote]) -> None:
    """Write the mirror's configuration with these remotes. Raises `TetraEsError`."""
    _put(root / "config", text_of(remotes))
    _put(root / "info" / "attributes", ATTRIBUTES)


def _put(path: Path, text: str) -> None:
    if _bytes(path) != text.encode():
        atomic.write(path, text.encode())


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TetraEsError(
            f"cannot read {path}: {error.strerror}", hint="check its permissions"
        ) from error


def _section(remote: Remote) -> str:
    url = remote.url.replace("\\", r"\\").replace('"', r"\"")
    fetch = "".join(f"\tfetch = {branches}\n" for branches in remote.fetch)
    return f'[remote "{remote.name}"]\n\turl = "{url}"\n{fetch}'


class _Found(NamedTuple):
    """What a configuration holds."""

    remotes: list[Remote]
    gone: Sequence[str] = ()
    """The names of the settings that are not ours."""
    unreadable: bytes | None = None
    """The file, where git cannot read it."""


def _read(root: Path, git: Git) -> _Found:
    path = git_folder(root) / "config"
    data = _bytes(path)
    if data is None:
        return _Found([])
    written = list(_written(data.decode(errors="replace")))
    if text_of(written).encode() == data and all(_usable(one, root) == one for one in written):
        return _Found(written)
    file = str(path.absolute())
    try:
        listed = git.read(root, "config", "--file", file, "--no-includes", "--null", "--list")
    except GitMissing:
        raise
    except TetraEsError:
        return _Found([], unreadable=data)
    return _sorted_out(root, listed.decode(errors="surrogateescape"))


def _written(text: str) -> Iterator[Remote]:
    """Yield the remotes of a file that we wrote."""
    for match in _REMOTE.finditer(text):
        url = re.sub(r"\\(.)", r"\1", match["url"])
        fetch = match["fetch"].removeprefix("\tfetch = ").removesuffix("\n").split("\n\tfetch = ")
        yield Remote(match["name"], url, tuple(fetch))


def _sorted_out(root: Path, listed: str) -> _Found:
    """Tell what may stay from what git listed, which is `key LF value NUL` again and again."""
    settings = [entry.partition("\n")[::2] for entry in listed.split("\0")[:-1]]
    found: dict[str, dict[str, list[str]]] = {}
    for key, value in settings:
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if section == "remote" and variable in {"url", "fetch"}:
            found.setdefault(name, {"url": [], "fetch": []})[variable].append(value)
    remotes = [
        remote
        for name, values in found.items()
        if values["url"]
        and (remote := _usable(Remote(name, values["url"][0], tuple(values["fetch"])), root))
    ]
    kept = {(f"remote.{one.name}.url", found[one.name]["url"][0]) for one in remotes}
    kept |= {(f"remote.{one.name}.fetch", branches) for one in remotes for branches in one.fetch}
    gone = {
        one_line(key)
        for key, value in settings
        if (key, value) not in kept and key not in _NOTHING_SAID and PINNED.get(key) != value
    }
    return _Found(remotes, sorted(gone))


def _usable(remote: Remote, root: Path) -> Remote | None:
    """Return a remote with what may stay of it, None where it cannot be used."""
    try:
        url = address(remote.url, root, root.parent)
    except UsageError:
        return None
    if not is_name(remote.name):
        return None
    fetch = tuple(branches for branches in remote.fetch if is_branches(remote.name, branches))
    return Remote(remote.name, url, fetch or new_remote(remote.name, url).fetch)
