"""Copies of the mirror elsewhere.

The mirror is brought up to date first: one that a killed command removed is there again then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es.gate.pins.sharing import Sharing
    from tetra_es.usecases.ports import MirroredProjections, Pushed


def add_remote(
    projections: MirroredProjections, name: str, url: str, shared: Sharing | None
) -> None:
    """Add a remote. Raises `UsageError` or `Refused`, such as for where it is shared."""
    projections.catch_up()
    projections.remotes.add(name, url, shared.address if shared else None)


def remove_remote(projections: MirroredProjections, name: str) -> None:
    """Forget a remote; the repository there stays as it is. Raises `UsageError` for none."""
    projections.catch_up()
    projections.remotes.remove(name)


def push(
    projections: MirroredProjections, name: str, shared: Sharing | None, *, force: bool = False
) -> Pushed:
    """Push the history to a remote; return what it got.

    Raises `Refused` where that is where the organization is shared, which takes events one by one;
    where it has commits that the mirror has not, unless `force` replaces them,
    and then `IntegrityFailure` where the mirror is not what the events make: the remote may be the
    only proof of what it was.
    """
    projections.catch_up()
    if force:
        projections.check_mirror()
    return projections.remotes.push(name, shared.address if shared else None, force=force)
