"""Types of fields: what fits, what it means, and an example.

A type says what a value *is*, not only how JSON has it: a position and a revision are both numbers,
but a history that is recorded again maps each of them in its own way.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tetra_es.errors import UsageError
from tetra_es.names import check_actor, check_environment, check_org, is_secret_name
from tetra_es.refs import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Leaf: TypeAlias = "tuple[Type, Any]"


class Type:
    """A type of values."""

    def __init__(
        self,
        name: str,
        fits: Callable[[Any], bool],
        example: Any,
        meaning: str = "",
        body: str = "",
        inside: Callable[[Any], Iterator[Leaf]] | None = None,
    ) -> None:
        self.name = name
        """As the documentation has it."""
        self.fits = fits
        """Says of a value whether it is of the type."""
        self.example = example
        self.meaning = meaning
        """For the documentation, empty where the name says it."""
        self.body = body
        """For the digest of a body, what the bytes of the body are."""
        self.inside = inside
        """The leaves of a fitting value of a type that is made of others."""

    def leaves(self, value: Any) -> Iterator[Leaf]:
        """Yield each simple value in a fitting one, with its type."""
        if self.inside is None:
            yield self, value
        else:
            yield from self.inside(value)


def list_of(item: Type) -> Type:
    """Return the type of lists of `item`."""
    return Type(
        f"list of {item.name}",
        lambda value: isinstance(value, list) and all(map(item.fits, value)),
        [item.example],
        inside=lambda value: (leaf for each in value for leaf in item.leaves(each)),
    )


def or_null(other: Type) -> Type:
    """Return the type of `other` or null."""
    return Type(
        f"{other.name} or null",
        lambda value: value is None or other.fits(value),
        other.example,
        inside=lambda value: iter(()) if value is None else other.leaves(value),
    )


def map_of(key: Type, item: Type) -> Type:
    """Return the type of objects whose members are named by `key`."""
    return Type(
        f"object of {key.name} to {item.name}",
        lambda value: (
            isinstance(value, dict)
            and all(key.fits(name) and item.fits(each) for name, each in value.items())
        ),
        {key.example: item.example},
        inside=lambda value: (leaf for each in value.values() for leaf in item.leaves(each)),
    )


def object_of(**members: Type) -> Type:
    """Return the type of objects that have just these members."""
    described = ", ".join(f"`{name}`: {type_.name}" for name, type_ in members.items())
    return Type(
        f"object ({described})",
        lambda value: (
            isinstance(value, dict)
            and value.keys() == members.keys()
            and all(type_.fits(value[name]) for name, type_ in members.items())
        ),
        {name: type_.example for name, type_ in members.items()},
        inside=lambda value: (
            leaf for name, type_ in members.items() for leaf in type_.leaves(value[name])
        ),
    )


def tuple_of(*items: Type) -> Type:
    """Return the type of lists with just these items."""
    return Type(
        f"[{', '.join(item.name for item in items)}]",
        lambda value: (
            isinstance(value, list)
            and len(value) == len(items)
            and all(item.fits(each) for item, each in zip(items, value, strict=True))
        ),
        [item.example for item in items],
        inside=lambda value: (
            leaf for item, each in zip(items, value, strict=True) for leaf in item.leaves(each)
        ),
    )


def one_of(*words: str) -> Type:
    """Return the type of one of some words."""
    return Type(
        " or ".join(f"`{word}`" for word in words),
        lambda value: isinstance(value, str) and value in words,
        words[0],
    )


def _number(name: str, least: int, example: int, meaning: str) -> Type:
    return Type(
        name,
        lambda value: type(value) is int and least <= value < 2**53,
        example,
        meaning,
    )


def _text(name: str, pattern: str, example: str, meaning: str, body: str = "") -> Type:
    # Compiled when first used, and kept: `re` looks for what it has compiled each time.
    compiled = cache(lambda: re.compile(pattern, re.ASCII | re.DOTALL))
    return Type(
        name,
        lambda value: isinstance(value, str) and compiled().fullmatch(value) is not None,
        example,
        meaning,
        body,
    )


def _named(name: str, check: Callable[[str], object], example: str, meaning: str) -> Type:
    def fits(value: Any) -> bool:
        try:
            return isinstance(value, str) and check(value) in (value, True)
        except UsageError:
            return False

    return Type(name, fits, example, meaning)


_HEX = "[0-9a-f]{64}"

EXAMPLE_BODIES: Final[Mapping[str, bytes]] = {
    "text": b"[ports]\ntetra = 5000\n",
    "changes": b'[["ports.tetra",null,"5000"]]',
    "rules": b'[{"always_create":false,"append":[],"create":[],"remove":[],"set":[]}]',
    "ciphertext": b"-----BEGIN AGE ENCRYPTED FILE-----\n",
    "plan": b"{}",
}
"""Kind to the body that the examples name."""


def _body(kind: str, body: str) -> Type:
    example = sha256(EXAMPLE_BODIES[kind]).hexdigest()
    return _text(f"{kind} body", _HEX, example, f"digest of a body: {body}", body)


TEXT = _text("text", ".*", "as agreed", "a string")
NAME = _text("name", "[^\\x00-\\x1f\\x7f]+", "web-1", "a string without control characters")
NUMBER = _number("number", 0, 1, "an integer from 0, below 2^53")
COUNT = _number("count", 1, 1, "an integer from 1")
FLAG = Type("boolean", lambda value: isinstance(value, bool), False)


def is_moment(value: Any) -> bool:
    """Return whether a value is a time with its zone. Python knows no leap seconds."""
    try:
        return moment_of(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


def _time() -> Type:
    text = _text(
        "time",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z",
        "2026-11-22T10:05:00.000000Z",
        "RFC 3339, UTC, microseconds; no leap second",
    )
    written = text.fits
    text.fits = lambda value: written(value) and is_moment(value)
    return text


TIME = _time()

POSITION = _number("position", 1, 5, "the position of an earlier event")
POSITION_OR_NONE = _number("position or 0", 0, 5, "the position of an earlier event, 0 for none")
REVISION = _number("revision", 1, 2, "the number of a text or state")
REVISION_OR_NONE = _number("revision or 0", 0, 2, "the number of a state, 0 for none")
VERSION = _number("version", 1, 1, "the number of a secret's value, or of an event in its stream")
HASH = _text("hash", _HEX, "ab" * 32, "the hash of an event, hexadecimal")
DIGEST = _text("digest", _HEX, "cd" * 32, "a SHA-256, hexadecimal")
STREAM = _text("stream", "[a-z]+(:.+)?", "env:local", "the name of a stream")

ORG = _named("organization", check_org, "acme", "the name of an organization")
ENVIRONMENT = _named("environment", check_environment, "dev", "the name of an environment")
SIGNER = _named("signer", check_actor, "alice", "the name of a signer")
KEY = _named("key", is_secret_name, "DATABASE_URL", "the name of a secret")
CHANGE = _text("change", "[0-9a-f]{16}", "5f0c1e9b2a7d4c36", "the id of a change request")
DEPLOYMENT = _text("deployment", "[0-9a-f]{16}", "00c0ffee00c0ffee", "the id of a deployment")
COMMIT = _text("commit", "[0-9a-f]{40}|[0-9a-f]{64}", "3f" * 20, "the id of a commit")
PUBLIC_KEY = _text(
    "public key",
    "(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\\.com"
    "|sk-ecdsa-sha2-nistp256@openssh\\.com) [A-Za-z0-9+/]+=*",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    "as in an OpenSSH `.pub` file, without a comment: Ed25519, ECDSA, RSA, or one of a hardware "
    "key (`sk-`)",
)
RECIPIENT = _text(
    "recipient",
    "[^\\x00-\\x1f\\x7f]+",
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
    "an age recipient: `age1...`, `ssh-ed25519 ...` or `ssh-rsa ...`",
)

TEXT_BODY = _body("text", "the TOML 1.0, as the bytes of the file")
CHANGES_BODY = _body(
    "changes",
    "canonical JSON of a list of `[key, before, after]`, values as TOML literals, null where "
    "there is none",
)
RULES_BODY = _body(
    "rules",
    "canonical JSON of a list of layers, each an object of `set`, `append`, `remove`, `create` "
    "and `always_create`, with the values of the manifest filled in",
)
CIPHERTEXT_BODY = _body("ciphertext", "an armored age file")
PLAN_BODY = _body("plan", "canonical JSON of what is to be done, and of what that rests on")

ENCRYPTED = tuple_of(KEY, VERSION, CIPHERTEXT_BODY)
USED = tuple_of(KEY, VERSION, DIGEST)
OUTSIDE = tuple_of(NAME, _text("digest or empty", f"({_HEX})?", "", "empty where it has secrets"))
WORDS: Final[Sequence[str]] = (
    "edit", "promote", "rollback", "secret", "recipient", "deploy", "approve",
)  # fmt: skip
"""What a signer may be limited to, with `:` and an environment; `edit` with `:local` alone."""
MAY = _text(
    "limit",
    f"edit:local|({'|'.join(WORDS[1:])}):[a-z][a-z0-9-]{{0,31}}",
    "deploy:dev",
    "`edit:local`, or one of `promote`, `rollback`, `secret`, `recipient`, `deploy`, `approve` "
    "with `:` and an environment",
)
