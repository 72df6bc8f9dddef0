"""Saying that somebody became a member, or is not one any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_cli.output.console import warn
from tetra_es_cli.output.invitation import invitation
from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.usecases.members.add import Added
    from tetra_es.usecases.members.key_file import MemberKeys
    from tetra_es.usecases.members.remove import Removed
    from tetra_es.usecases.use_case import Done
    from tetra_es_cli.output.recorded import Printing


def emit_added(name: str, keys: MemberKeys, added: Added, how: Printing) -> None:
    """Print what was recorded, and what the signer and the new member do next."""
    nothing = f"nothing to add: {name} has all of that"
    more = [*_to_compare(name, keys, added)]
    if added.address is not None and not how.dry_run:
        more.append(f"{name} joins with `{invitation(added.address, added.head)}`")
    emit_recorded(added.recorded, how, nothing=nothing, more=more)


def _to_compare(name: str, keys: MemberKeys, added: Added) -> Iterator[str]:
    """Yield the keys that are new: somebody could have replaced them on their way."""
    if added.new.is_own:
        return
    if added.new.signs or added.new.reads:
        yield f"compare with {name}, by phone or in person:"
    if added.new.signs:
        yield f"  signing key  {keys.fingerprint}"
    if added.new.reads:
        yield f"  recipient    {keys.recipient}"


def emit_removed(name: str, done: Done[Removed], how: Printing) -> None:
    """Print what was recorded, and which secrets need new values."""
    more = []
    if done.result.to_rotate:
        more.append(f"{name} knows these secrets: give them new values")
    for environment, keys in done.result.to_rotate.items():
        more.append(f"  {environment}: {', '.join(keys)}")
    emit_recorded(done.recorded, how, more=more)
    if done.result.is_own and not how.dry_run:
        warn("that was you: you can no longer record anything, nor read secrets")
