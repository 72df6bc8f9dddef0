"""What a person asked to be deployed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.refs import Ref


@dataclass(frozen=True)
class Wish:
    """What a person asked for."""

    environment: str
    hosts: Sequence[str] = ()
    local: bool = False
    ref: Ref | None = None
    identities: Sequence[Path] = ()
    reason: str = ""
    create_user: bool = field(default=False, kw_only=True)
    take_over: bool = field(default=False, kw_only=True)
    """Whether what another history put there may be replaced."""
