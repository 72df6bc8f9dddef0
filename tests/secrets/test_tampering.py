"""An age file in the place of another is found before anything is decrypted."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.integrity.tampering import opened
from tests.mirrors import WHO, git
from tests.secrets.conftest import copy_of
from tetra_es.crypto.age.backend import encrypt
from tetra_es.log.bodies import pack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

HOW = pytest.mark.parametrize("how", ["swapped", "older", "foreign"])


class Files(NamedTuple):
    """Age files of dev, all of which alice can decrypt."""

    older: bytes
    present: bytes
    swapped: bytes
    foreign: bytes


@pytest.fixture(scope="module")
def stocked(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, Files]:
    """Dev with two versions of A, a B, and what somebody else encrypted for alice."""
    machine = copy_of(founded, tmp_path_factory.mktemp("stocked"))
    found = []
    for key, value in (("A", "first"), ("A", "second"), ("B", "another")):
        machine.ok("secret", "set", "dev", key, stdin=value)
        found.append((machine.folder / "secrets/dev" / f"{key}.age").read_bytes())
    recipient = machine.ok("identity", "show").out.strip()
    older, present, swapped = found
    foreign = encrypt(b"not from a signer", [recipient])
    return machine, Files(older, present, swapped, foreign)


@pytest.fixture
def vault(stocked: tuple[Machine, Files], tmp_path: Path) -> Machine:
    return copy_of(stocked[0], tmp_path)


@pytest.fixture
def files(stocked: tuple[Machine, Files]) -> Files:
    return stocked[1]


@HOW
def test_in_the_files(vault: Machine, files: Files, how: str) -> None:
    file = vault.folder / "secrets/dev/A.age"
    file.write_bytes(getattr(files, how))
    done = vault.run("verify")
    assert done.code == 4
    assert "secrets/dev/A.age" in done.out + done.err
    done = vault.run("rebuild", "--check")
    assert done.code == 4
    assert "secrets/dev/A.age" in done.out + done.err
    for command in (
        ("secret", "get", "dev", "A"),
        ("secret", "export", "dev"),
        ("secret", "copy", "dev", "A", "--to", "staging"),
        ("run", "dev", "--", "sh", "-c", "printf %s $A"),
    ):
        refused = vault.fails(4, *command)
        assert "secrets/dev/A.age is not what the signed event says" in refused.error()
        assert "second" not in refused.out
    # A missing file cannot be used by mistake.
    file.unlink()
    assert vault.ok("secret", "get", "dev", "A").out == "second"


@HOW
def test_in_a_commit_of_the_mirror(vault: Machine, files: Files, how: str) -> None:
    """Values come from the store alone, so that of the mirror is never used."""
    clone = vault.home / "clone"
    vault.git("clone", "--quiet", str(vault.mirror), str(clone))
    (clone / "secrets/dev/A.age").write_bytes(getattr(files, how))
    git(clone, *WHO, "commit", "--quiet", "--all", "--amend", "--no-edit")
    git(clone, "push", "--quiet", "--force", "origin", "main")
    done = vault.run("verify")
    assert done.code == 4
    assert f"#{vault.last_position()}" in done.out + done.err
    assert vault.ok("secret", "get", "dev", "A").out == "second"


def put(machine: Machine, present: bytes, other: bytes) -> None:
    """Put another age file in the place of a present one, in the store itself."""
    with opened(machine.store) as store:
        changed = store.execute(
            "UPDATE bodies SET content = ? WHERE digest = ?",
            (pack(other), sha256(present).digest()),
        )
        assert changed.rowcount == 1


@HOW
def test_in_the_store(vault: Machine, files: Files, how: str, bobs_recipient: str) -> None:
    """Nothing that decrypts goes on, and nothing is recorded; what needs no A still works."""
    put(vault, files.present, getattr(files, how))
    editor = {"EDITOR": "touch edited", "VISUAL": ""}
    for words in (
        ("secret", "get", "dev", "A"),
        ("secret", "export", "dev"),
        ("secret", "edit", "dev"),
        ("secret", "copy", "dev", "A", "--to", "staging"),
        ("run", "dev", "--", "touch", "started"),
        ("run", "--files", "dev", "--", "touch", "started"),
        ("recipient", "add", "dev", "bob", bobs_recipient),
    ):
        failed = vault.fails(4, *words, env=editor)
        assert "the ciphertext of A was changed in the store" in failed.error()
        assert "verify" in failed.hint()
    assert not (vault.home / "started").exists()
    assert not (vault.home / "edited").exists()
    assert vault.run("verify").code == 4
    assert vault.ok("secret", "get", "dev", "B").out == "another"


def test_a_rollback_does_not_bring_it_back(
    vault: Machine, files: Files, bobs_recipient: str
) -> None:
    """It would be encrypted again, and so be given a digest that is signed."""
    vault.ok("set", "local", "ports.tetra=5555")
    vault.ok("promote", "dev")
    vault.ok("secret", "set", "dev", "A", stdin="third")
    vault.ok("recipient", "add", "dev", "bob", bobs_recipient)
    put(vault, files.present, files.foreign)
    failed = vault.fails(4, "rollback", "dev")
    assert "the ciphertext of A was changed in the store" in failed.error()
