"""Saying that somebody became a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_cli.output.recorded import emit_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tetra_es.usecases.members.add import Added
    from tetra_es.usecases.members.key_file import MemberKeys
    from tetra_es_cli.output.recorded import Printing


def emit_added(name: str, keys: MemberKeys, added: Added, how: Printing) -> None:
    """Print what was recorded, and what the signer and the new member do next."""
    nothing = f"nothing to add: {name} has all of that"
    emit_recorded(added.recorded, how, nothing=nothing, more=[*_to_compare(name, keys, added)])


def _to_compare(name: str, keys: MemberKeys, added: Added) -> Iterator[str]:
    """Yield the keys that are new: somebody could have replaced them on their way."""
    if added.new.signs or added.new.reads:
        yield f"compare with {name}, by phone or in person:"
    if added.new.signs:
        yield f"  signing key  {keys.fingerprint}"
    if added.new.reads:
        yield f"  recipient    {keys.recipient}"
