"""Neither values nor keys get out through errors, tracebacks or what objects print."""

from __future__ import annotations

import base64
import copy
import io
import traceback
from typing import TYPE_CHECKING

import pyrage  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.age.people import make_person, write_ssh
from tetra_es.crypto.age.armor import dearmor
from tetra_es.crypto.age.backend import Damaged, decrypt, encrypt
from tetra_es.crypto.age.identities import load_identities, recipient_of
from tetra_es.errors import TetraEsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.age.people import Person

CANARY = b"canary-7f3a9c51-value"


class Panic(BaseException):
    """What the age library raises when its Rust code panics is no `Exception` either."""


def forbidden(person: Person) -> Iterator[str]:
    """Yield what must not be seen: the canary, and pieces of the key as files spell it."""
    yield CANARY.decode()
    yield base64.b64encode(CANARY).decode()[:20]
    for line in person.identity.secret.decode().splitlines():
        if line.startswith("AGE-SECRET-KEY-1"):
            yield line[16:40]
        elif not line.startswith("-----") and line[:24] not in person.recipient:
            yield line[:24]  # an SSH private key file holds the public key too


def everything(error: BaseException, *, with_locals: bool) -> str:
    """Return all that could be printed of an error, including what caused it."""
    out = io.StringIO()
    trace = traceback.TracebackException.from_exception(error, capture_locals=with_locals)
    trace.print(file=out)
    seen: BaseException | None = error
    while seen is not None:
        out.write(f"{seen} {seen!r} {seen.args} {vars(seen)}")
        seen = seen.__cause__ or seen.__context__
    return out.getvalue()


def check(error: BaseException, person: Person, *, with_locals: bool = False) -> None:
    text = everything(error, with_locals=with_locals)
    for secret in forbidden(person):
        assert secret not in text


def error_of(call: Callable[[], object]) -> TetraEsError:
    with pytest.raises(TetraEsError) as caught:
        call()
    return caught.value


def test_an_identity_shows_only_its_kind(person: Person) -> None:
    identity = person.identity
    assert repr(identity) == f"Identity(kind={identity.kind!r})"
    assert str([identity]) == f"[{identity!r}]"
    assert f"{identity}" == repr(identity)
    assert "secret" not in repr(copy.copy(identity))
    assert not hasattr(identity, "__dict__")


def test_failures_to_decrypt_show_nothing_even_with_local_variables(
    person: Person, tmp_path: Path
) -> None:
    data = encrypt(CANARY, [person.recipient])
    stranger = make_person(tmp_path, person.identity.kind)
    binary = dearmor(data)
    for bad in (data[:-60], binary[:-1], binary[:-1] + bytes([binary[-1] ^ 1]), b"", binary[:200]):
        error = error_of(lambda bad=bad: decrypt(bad, [person.identity]))  # type: ignore[misc]
        check(error, person, with_locals=True)
    error = error_of(lambda: decrypt(data, [stranger.identity]))
    check(error, person, with_locals=True)
    check(error, stranger, with_locals=True)


@pytest.mark.parametrize("failure", [Panic, ValueError, pyrage.DecryptError, pyrage.EncryptError])
def test_nothing_of_what_the_library_raises_gets_out(
    person: Person, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    data = encrypt(CANARY, [person.recipient])

    def broken(*_arguments: object, **_options: object) -> bytes:
        raise failure(CANARY.decode() + person.identity.secret.decode())

    monkeypatch.setattr(pyrage, "decrypt", broken)
    monkeypatch.setattr(pyrage, "encrypt", broken)
    error = error_of(lambda: decrypt(data, [person.identity]))
    assert isinstance(error, Damaged)
    assert error.__context__ is None
    check(error, person, with_locals=False)
    error = error_of(lambda: encrypt(b"another", [person.recipient]))
    assert isinstance(error, UsageError)
    assert error.__context__ is None
    check(error, person, with_locals=False)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_is_not_taken_for_damage(
    alice: Person, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    data = encrypt(CANARY, [alice.recipient])

    def interrupted(*_arguments: object) -> bytes:
        raise interruption

    monkeypatch.setattr(pyrage, "decrypt", interrupted)
    with pytest.raises(interruption):
        decrypt(data, [alice.identity])


def test_failures_to_encrypt_show_no_value(person: Person) -> None:
    for recipients in ([], ["age1"], [person.identity.secret.decode()], ["ssh-dss AAAA"]):
        check(error_of(lambda r=recipients: encrypt(CANARY, r)), person)  # type: ignore[misc]


def test_failures_to_load_show_no_key(person: Person, tmp_path: Path) -> None:
    whole = person.identity.secret
    for number, data in enumerate(
        (whole[:-20], whole[:40] + whole[48:], b"x\n" + whole, whole.swapcase(), whole * 2)
    ):
        file = tmp_path / str(number)
        file.write_bytes(data)
        file.chmod(0o600)
        try:
            load_identities(file)
        except TetraEsError as error:
            check(error, person)
        file.chmod(0o644)
        check(error_of(lambda file=file: load_identities(file)), person)  # type: ignore[misc]


def test_no_passphrase_is_in_a_traceback(tmp_path: Path) -> None:
    canaries = [f"canary-{word}" for word in ("right", "wrong")]
    write_ssh(tmp_path / "id", Ed25519PrivateKey.generate(), canaries[0])
    error = error_of(lambda: load_identities(tmp_path / "id", lambda: canaries[1]))
    text = everything(error, with_locals=False)
    assert not any(canary in text for canary in canaries)


def test_recipients_hold_nothing_of_the_identity(person: Person) -> None:
    text = repr(recipient_of(person.identity))
    for secret in forbidden(person):
        assert secret not in text
