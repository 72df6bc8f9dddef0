"""Keys that are near misses of known ones. Own keys pass, so nothing else would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tetra_es.schema.environment import is_known_table, known_beside
from tetra_es.schema.near import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tetra_es.toml.keys import KeyPath


class Misspelled(NamedTuple):
    """A key that is most likely meant to be another one."""

    path: KeyPath
    meant: KeyPath


def misspelled(values: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Misspelled]:
    """Yield the near misses in the tables that we know which are not in `before` either."""
    yield from _in_table((), values, before)


def meant_by(path: KeyPath) -> KeyPath | None:
    """Return the known key that `path` is a near miss of. None for a known key, or an own one."""
    known = known_beside(path[:-1])
    if path[-1] in known:
        return None
    near = nearest(path[-1], known)
    return None if near is None else (*path[:-1], near)


def _in_table(
    path: KeyPath, table: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[Misspelled]:
    for key, value in table.items():
        if key in before and before[key] == value:
            continue
        here = (*path, key)
        if key not in before and (meant := meant_by(here)):
            yield Misspelled(here, meant)
        if isinstance(value, dict) and is_known_table(here):
            old = before.get(key)
            yield from _in_table(here, value, old if isinstance(old, dict) else {})
