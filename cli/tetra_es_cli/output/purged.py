"""What a purge destroys, and what it does not reach, for people."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es_cli.output.console import note, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tetra_es.layout import OrgLayout
    from tetra_es.usecases.purging.leftovers import Leftovers
    from tetra_es.usecases.purging.purge import Found


def purged_lines(layout: OrgLayout, found: Found, left: Leftovers) -> Iterator[str]:
    """Yield what is destroyed."""
    for named in found.bodies:
        yield f"  - {named}"
    for path in left.aside:
        yield f"  - {path.relative_to(layout.root)}"


def say_what_is_composed(found: Found) -> None:
    """Say that texts may have parts of the value, which are not found as it is."""
    if found.is_composed:
        warn(
            "only generated texts have the value whole: the parts that it was made of stay",
            "give the part that is secret instead, on standard input",
        )


def say_what_is_left(layout: OrgLayout, found: Found, pushed: Iterable[str]) -> None:
    """Say which copies of the value were not reached, as far as that is known.

    `pushed` are the remotes that had commits of ours.
    """
    from tetra_es.usecases.purging.purge import listed
    from tetra_es.usecases.secrets.versions import still_has_purged

    if still_has_purged(layout.store):
        warn(
            f"another program is reading {layout.store}: what was purged is still in the file",
            "the next command that changes something removes it",
        )
    for positions, what in (
        (found.old, "events of the first edition have it in themselves"),
        (found.said, "events say it themselves, as in a reason"),
    ):
        if positions:
            warn(f"{what}, and cannot be destroyed: {listed(positions)}")
    for older in layout.older_stores():
        warn(
            f"{older} is an older copy of the store, and may still have it",
            "remove it when nobody needs it any more",
        )
    if (layout.root / ".git").exists():
        warn(f"{layout.root} is a git repository of yours: what you committed there may have it")
    if found.hosts:
        warn(f"it was deployed, and a release there may still have it: {', '.join(found.hosts)}")
    for remote in pushed:
        push = shlex.join(("tetra-es", "mirror", "push", remote, "--force"))
        note(f"{remote} still has it: `{push}` replaces what is there")
    note(
        "the mirror was rewritten: clones, remotes, backups and servers still have the value; "
        "replace it wherever it is used"
    )
