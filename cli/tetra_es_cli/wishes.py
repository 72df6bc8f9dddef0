"""What a person asked to be deployed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tetra_es.refs import ref_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es.refs import Ref
    from tetra_es_cli.context.app import App


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
    replace_unmanaged: bool = field(default=False, kw_only=True)
    """Whether files that no release of ours has put there may be replaced, with copies of them."""


def command_for(app: App, wish: Wish, *more: str) -> str:
    """Return the command that deploys as wished, to be pasted into a shell."""
    words = [*tool(app), "deploy", wish.environment]
    words += [word for host in wish.hosts for word in ("--to", host)]
    words += ["--at", ref_text(wish.ref)] if wish.ref else []
    words += [word for file in wish.identities for word in ("--identity", str(file))]
    flags = {
        "--local": wish.local,
        "--create-user": wish.create_user,
        "--take-over": wish.take_over,
        "--replace-unmanaged": wish.replace_unmanaged,
    }
    return shlex.join([*words, *(flag for flag, given in flags.items() if given), *more])


def tool(app: App) -> list[str]:
    """Return `tetra-es` with those of its own options that say which organization is meant."""
    organization = ["--org", app.org] if app.org else []
    return ["tetra-es", *organization, *(["--dir", str(app.directory)] if app.directory else [])]
