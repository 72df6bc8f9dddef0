"""Rows that somebody without a key puts into the store lead to no secret that is read or made."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.integrity.tampering import opened
from tetra_es.crypto.age.backend import encrypt
from tetra_es.crypto.age.identities import create_identity
from tetra_es.log.bodies import pack
from tetra_es.log.canonical import encode

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.conftest import Machine

STREAM = "secrets:dev"
VALUE = "alice's own value"
USES = (
    ("secret", "get", "dev", "API_KEY"),
    ("secret", "export", "dev", "--for", "node"),
    ("secret", "copy", "dev", "API_KEY", "--to", "staging"),
    ("run", "dev", "--", "env"),
)


@pytest.fixture
def alice(machine: Machine) -> Machine:
    recipient = machine.ok("identity", "new").out.strip()
    for environment in ("dev", "staging"):
        machine.ok("recipient", "add", environment, "alice", recipient)
    machine.ok("secret", "set", "dev", "API_KEY", stdin=VALUE)
    machine.ok("promote", "dev")
    return machine


@pytest.fixture
def mallory(tmp_path: Path) -> tuple[str, Path]:
    """Somebody with an age key, who can write to the store and cannot sign."""
    identity = tmp_path / "mallory"
    return create_identity(identity).text, identity


def newest(store: Path, topic: str) -> dict[str, Any]:
    with opened(store) as connection:
        (state,) = connection.execute(
            "SELECT state FROM events WHERE topic = ? ORDER BY position DESC LIMIT 1", (topic,)
        ).fetchone()
    found = json.loads(state)
    assert isinstance(found, dict)
    return found


def plant(store: Path, topic: str, state: dict[str, Any]) -> None:
    """Append an event as somebody who has no key."""
    with opened(store) as connection:
        connection.execute(
            "INSERT INTO events SELECT (SELECT max(position) + 1 FROM events), stream, "
            "max(version) + 1, ?, ?, zeroblob(32), CAST('garbage' AS BLOB) FROM events "
            "WHERE stream = ?",
            (topic, encode(state), STREAM),
        )


@pytest.mark.parametrize("use", USES, ids=lambda use: " ".join(use[:2]))
def test_a_planted_value_is_not_used(alice: Machine, use: tuple[str, ...]) -> None:
    store = alice.folder / "store/events.db"
    recipient = alice.ok("identity", "show").out.strip()
    planted = encrypt(b"not-hers", [recipient])
    digest = sha256(planted)
    state = newest(store, "secret.set") | {"version": 2, "digest": digest.hexdigest()}
    plant(store, "secret.set", state)
    with opened(store) as connection:
        connection.execute(
            "INSERT INTO bodies VALUES ((SELECT max(number) + 1 FROM bodies), ?, ?)",
            (digest.digest(), pack(planted)),
        )
    # `run` puts another program in the place of its process.
    done = (alice.process if use[0] == "run" else alice.run)(*use)
    # What only reads answers as of before it.
    assert done.code == (4 if "copy" in use else 0), (done.out, done.err)
    assert "is refused" in done.err
    assert "not-hers" not in done.out


def test_nothing_is_encrypted_for_a_planted_recipient(
    alice: Machine, mallory: tuple[str, Path]
) -> None:
    store = alice.folder / "store/events.db"
    state = newest(store, "recipient.added") | {"environment": "dev", "name": "bob"}
    state["recipients"] = {**state["recipients"], "bob": mallory[0]}
    state["recipient"] = mallory[0]
    plant(store, "recipient.added", state)
    done = alice.run("secret", "set", "dev", "OTHER", stdin="topsecret")
    assert done.code == 4
    assert not (alice.folder / "secrets/dev/OTHER.age").exists()


def test_a_ciphertext_that_nobody_purged(alice: Machine) -> None:
    store = alice.folder / "store/events.db"
    digest = bytes.fromhex(newest(store, "secret.set")["digest"])
    with opened(store) as connection:
        connection.execute("UPDATE bodies SET content = NULL WHERE digest = ?", (digest,))
    done = alice.fails(4, "verify")
    assert f"body {digest.hex()} is missing, and no event purged it" in done.out + done.err
    assert "is sound" not in done.err
    before = (alice.folder / "secrets/dev/API_KEY.age").read_bytes()
    assert "no event purged it" in alice.fails(4, "rebuild", "--force").error()
    assert alice.git("show", "main:secrets/dev/API_KEY.age").encode() == before


def test_a_ciphertext_that_was_purged_and_is_back(alice: Machine) -> None:
    store = alice.folder / "store/events.db"
    with opened(store) as connection:
        digest = bytes.fromhex(newest(store, "secret.set")["digest"])
        (data,) = connection.execute(
            "SELECT content FROM bodies WHERE digest = ?", (digest,)
        ).fetchone()
    alice.ok("secret", "set", "dev", "API_KEY", stdin="another")
    alice.ok("secret", "purge", "dev", "API_KEY", "--version", "1", "-m", "leaked")
    alice.ok("verify")
    with opened(store) as connection:
        connection.execute("UPDATE bodies SET content = ? WHERE digest = ?", (data, digest))
    done = alice.fails(4, "verify")
    assert f"body {digest.hex()}: is there again" in done.out + done.err
    # The next command that records destroys it again.
    alice.ok("secret", "set", "dev", "API_KEY", stdin="a third")
    alice.ok("verify")
