"""The line with one's own public keys, which a signer adds; keys that are missing are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tetra_es_cli.context.identities import identities
from tetra_es_cli.output.console import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tetra_es_cli.context.app import App


class OwnLine(NamedTuple):
    """One's own public keys."""

    signing: str
    """The line of the signing key."""
    recipient: str
    """The recipient of the identity."""

    @property
    def text(self) -> str:
        """What a signer adds."""
        return f"{self.signing} {self.recipient}"


def own_line(app: App, given: Sequence[Path] = ()) -> OwnLine:
    """Return it, with the first of the identities given. Raises `TetraEsError`."""
    signing = _signing_key(app)
    return OwnLine(signing, own_recipient(app, given))


def own_recipient(app: App, given: Sequence[Path] = ()) -> str:
    """Return the recipient of the first identity given, else of one's own, made where it is not
    there. Raises `TetraEsError`."""
    from tetra_es.usecases.keys import recipient_of

    if not given and not app.settings.identity.exists():
        _make_identity(app)
    return recipient_of(identities(app, given)[0]).text


def _signing_key(app: App) -> str:
    key = app.own_key()
    if key.exists():
        return key.public()
    made = key.create()
    note(f"made a signing key: {key.path}")
    return made


def _make_identity(app: App) -> None:
    from tetra_es.usecases.keys import create_identity

    create_identity(app.settings.identity)
    note(f"made an identity: {app.settings.identity}")
