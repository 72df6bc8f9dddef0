"""Encrypting and decrypting age files: the only module that knows the age library, pyrage.

pyrage's errors share no base class, some are panics that no `except Exception` catches, and their
texts and causes are not ours to show. So its calls end here: `_attempt` turns every failure into
a value, and what is raised afterwards carries neither text nor traceback of the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tetra_es.crypto.age import header
from tetra_es.crypto.age.recipients import Recipient, parse_recipient
from tetra_es.errors import IntegrityFailure, Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tetra_es.crypto.age.identity import Identity

VALUE_LIMIT = 2 * 1024 * 1024
"""The most bytes that a value may have."""

_NO_MATCH = "No matching keys found"  # pyrage 1.4's words; a test notices when they change

T = TypeVar("T")


class NotForYou(Refused):
    """None of the identities can decrypt the file."""


class Damaged(IntegrityFailure):
    """It is not a whole, unchanged age file."""


class _Failure(NamedTuple):
    text: str


def encrypt(value: bytes, recipients: Sequence[str]) -> bytes:
    """Return `value` as an armored age file that each of `recipients` can decrypt.

    Raises `UsageError` when there is none, when one is not usable, which the message names, or
    when the value or the list of recipients is too long.
    """
    import pyrage  # type: ignore[import-untyped]

    keys = list(dict.fromkeys(parse_recipient(recipient) for recipient in recipients))
    if not keys:
        raise UsageError(
            "there is no recipient to encrypt to",
            hint="`tetra-es recipient add ENV NAME RECIPIENT` adds one",
        )
    if len(value) > VALUE_LIMIT:
        raise UsageError(
            f"the value has {len(value)} bytes, more than the {VALUE_LIMIT} that a secret may have",
            hint="keep large files elsewhere, encrypted to a key that is the secret",
        )
    parsed = [_public(key) for key in keys]
    data: bytes | _Failure = _attempt(lambda: pyrage.encrypt(value, parsed, armored=True))
    if isinstance(data, _Failure):
        raise UsageError(
            "the value cannot be encrypted to these recipients",
            hint="add them one by one to find which of them age refuses",
        )
    try:
        header.read(data)
    except ValueError:
        raise UsageError(
            f"{len(keys)} recipients are more than an age file's header may name",
            hint="use age1… or ssh-ed25519 recipients, which need less room than ssh-rsa",
        ) from None
    return data


def decrypt(
    data: bytes,
    identities: Sequence[Identity],
    *,
    name: str = "the age file",
    environment: str = "ENV",
) -> bytes:
    """Return the value in `data`, an age file, armored or binary, that errors call `name`.

    `environment` is the one whose recipients could help where no identity does.

    Raises `NotForYou`, `Damaged`, or `Refused` when it is encrypted with a passphrase, which is
    never tried: its sender chooses what that costs.
    """
    import pyrage

    try:
        binary, types = header.read(data)
    except ValueError as error:
        raise _damaged(name, str(error)) from None
    if "scrypt" in types:
        raise Refused(
            f"{name} is encrypted with a passphrase, not to recipients",
            hint="`age -d FILE` decrypts it; `tetra-es secret set ENV KEY` takes the value",
        )
    if not identities:
        raise NotForYou(
            f"you have no identity that could open {name}",
            hint="`tetra-es identity new` makes one; one of those whom "
            f"`tetra-es recipient list {environment}` lists can add it",
        )
    parsed = [_private(identity) for identity in identities]
    value: bytes | _Failure = _attempt(lambda: pyrage.decrypt(binary, parsed))
    if not isinstance(value, _Failure):
        return value
    if value.text == _NO_MATCH:
        raise NotForYou(
            f"none of your identities can open {name}",
            hint=f"`tetra-es recipient list {environment}` lists those who can, and can add you",
        )
    raise _damaged(name, "its contents do not match its header")


def generate_x25519() -> tuple[str, str]:
    """Return a new identity, `AGE-SECRET-KEY-1…`, and its recipient, `age1…`."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def x25519_recipient(secret: str) -> str:
    """Return the recipient of the identity `secret`. Raises `ValueError` when it is not one."""
    from pyrage import x25519

    found: str | _Failure = _attempt(lambda: str(x25519.Identity.from_str(secret).to_public()))
    if isinstance(found, _Failure):
        raise ValueError("not an x25519 identity")
    return found


def _public(recipient: Recipient) -> object:
    from pyrage import ssh, x25519

    kind = x25519 if recipient.kind == "x25519" else ssh
    parsed: object = _attempt(lambda: kind.Recipient.from_str(recipient.text))
    if isinstance(parsed, _Failure):
        raise UsageError(
            f"age cannot encrypt to {recipient.short_id}",
            hint="its public key is not valid: ask its owner for the line again",
        )
    return parsed


def _private(identity: Identity) -> object:
    from pyrage import ssh, x25519

    if identity.kind == "x25519":
        parsed: object = _attempt(lambda: x25519.Identity.from_str(identity.secret.decode()))
    else:
        parsed = _attempt(lambda: ssh.Identity.from_buffer(identity.secret))
    if isinstance(parsed, _Failure):
        raise UsageError(
            f"age cannot use your {identity.kind} identity",
            hint="use another with --identity FILE",
        )
    return parsed


def _damaged(name: str, reason: str) -> Damaged:
    return Damaged(
        f"{name} cannot be read as an age file: {reason}",
        hint="for a file of the organization, `tetra-es verify` tells what changed and "
        "`tetra-es rebuild` writes it again",
    )


def _attempt(call: Callable[[], T]) -> T | _Failure:
    try:
        return call()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        return _Failure(str(error))
