"""Who can read what: contributors without an identity, those who were removed, rollbacks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.mirrors import git
from tests.secrets.conftest import config_of, copy_of
from tetra_es.crypto.age.backend import NotForYou, decrypt
from tetra_es.crypto.age.identities import load_identities

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def test_without_an_identity_one_can_set_and_import(vault: Machine) -> None:
    carol = config_of(vault, "carol")
    vault.ok("signer", "add", "carol", vault.ok("signer", "new", env=carol).out.strip())
    assert not (vault.home / "carol/tetra-es/age.key").exists()
    file = vault.home / "dev.env"
    file.write_text("B=from a file\nC=another\n")
    vault.ok("secret", "set", "dev", "A", stdin="value", env=carol)
    vault.ok("secret", "import", "dev", str(file), env=carol)
    for words in (
        ("secret", "get", "dev", "A"),
        ("secret", "export", "dev"),
        ("secret", "edit", "dev"),
        ("secret", "copy", "dev", "A", "--to", "staging"),
        ("run", "dev", "--", "true"),
    ):
        failed = vault.fails(1, *words, env=carol)
        assert "you have no identity" in failed.error()
        assert "`tetra-es identity new`" in failed.hint()
    assert vault.ok("secret", "export", "dev", "--format", "json").json == {
        "A": "value",
        "B": "from a file",
        "C": "another",
    }


def readable(machine: Machine, who: str) -> list[str]:
    """Return the age files that somebody can decrypt, in the folder and a clone of the mirror."""
    clone = machine.home / "clone"
    git(machine.home, "clone", "-q", str(machine.mirror), str(clone))
    identities = load_identities(machine.home / who / "tetra-es/age.key")
    found = []
    for path in (*sorted(machine.folder.rglob("*.age")), *sorted(clone.rglob("*.age"))):
        try:
            decrypt(path.read_bytes(), identities)
        except NotForYou:
            continue
        found.append(path.name)
    shutil.rmtree(clone)
    return found


@pytest.fixture(scope="module")
def departed(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Bob could read the secrets of dev@1, and was removed in dev@2. For copies alone."""
    machine = copy_of(founded, tmp_path_factory.mktemp("departed"))
    recipient = machine.ok("identity", "show", env=config_of(machine, "bob")).out.strip()
    machine.ok("recipient", "add", "dev", "bob", recipient)
    file = machine.home / "dev.env"
    file.write_text("A=old A\nB=old B\nLEAKED=old LEAKED\n")
    machine.ok("secret", "import", "dev", str(file))
    machine.ok("set", "local", "ports.tetra=5555")
    machine.ok("promote", "dev")
    assert readable(machine, "bob") == ["A.age", "B.age", "LEAKED.age"] * 2
    machine.ok("secret", "rm", "dev", "B")
    machine.ok("secret", "compromised", "dev", "LEAKED", "--version", "1", "-m", "in a log")
    file.write_text("A=new A\nLEAKED=fresh\n")
    machine.ok("secret", "import", "dev", str(file))
    # Present values are encrypted again here; the old ones are not, until they come back.
    machine.ok("recipient", "rm", "dev", "bob")
    return machine


@pytest.fixture
def left(departed: Machine, tmp_path: Path) -> Machine:
    return copy_of(departed, tmp_path)


def test_a_rollback_across_a_removal(left: Machine) -> None:
    done = left.ok("rollback", "dev", "--to", "dev@1")
    assert "version 1 of LEAKED did not come back" in done.err
    assert "encrypted again for the present recipients alone: A, B\n" in done.err
    assert left.ok("secret", "export", "dev", "--format", "json").json == {
        "A": "old A",
        "B": "old B",
        "LEAKED": "fresh",
    }
    assert readable(left, "bob") == []
    alices = left.home / "alice"
    alices.symlink_to(left.home / ".config")
    assert readable(left, "alice") == ["A.age", "B.age", "LEAKED.age"] * 2
    recipients = (left.folder / "secrets/dev.recipients").read_text()
    bobs = left.ok("identity", "show", env=config_of(left, "bob")).out.strip()
    assert bobs not in recipients
    rows = left.ok("secret", "list", "dev", "-o", "json").json
    assert [row["recipients"] for row in rows] == [["alice"]] * 3


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {"store", "history"} & set(path.parts)
    }


def test_a_rebuild_after_it_is_byte_identical(left: Machine) -> None:
    left.ok("rollback", "dev", "--to", "dev@1")
    before, commits = contents(left.folder), left.git("log", "--format=%H")
    left.ok("verify")
    left.ok("rebuild", "--check")
    left.ok("rebuild")
    assert (contents(left.folder), left.git("log", "--format=%H")) == (before, commits)
    left.ok("verify")


def test_a_compromised_version_never_comes_back(left: Machine) -> None:
    """Not by further rollbacks, and not where the key is gone by now."""
    for ref in ("dev@1", "dev@2", "dev@1"):
        left.ok("rollback", "dev", "--to", ref)
        assert left.ok("secret", "get", "dev", "LEAKED").out == "fresh"
    left.ok("secret", "rm", "dev", "LEAKED")
    done = left.ok("rollback", "dev", "--to", "dev@1")
    assert "version 1 of LEAKED did not come back" in done.err
    assert "LEAKED" not in left.ok("secret", "export", "dev", "--format", "json").json


def test_a_compromised_version_that_is_present_is_no_obstacle(left: Machine) -> None:
    """In an incident the configuration goes back first; the value stays, and that is said."""
    left.ok("secret", "compromised", "dev", "LEAKED", "--version", "2", "-m", "in another log")
    left.ok("rollback", "dev", "--to", "dev@1")
    left.ok("secret", "compromised", "dev", "A", "--version", "1", "-m", "in that log too")
    done = left.ok("rollback", "dev", "--to", "dev@2")
    assert left.ok("secret", "get", "dev", "LEAKED").out == "fresh"
    done = left.ok("rollback", "dev", "--to", "dev@1")
    assert "version 1 of A did not come back" in done.err
    assert left.ok("secret", "get", "dev", "A").out == "new A"
    left.ok("verify")


def test_a_recipient_that_came_back_reads_again(left: Machine) -> None:
    """Removal says nothing of a person for ever: today's recipients count."""
    bob = config_of(left, "bob")
    left.ok("recipient", "add", "dev", "bob", left.ok("identity", "show", env=bob).out.strip())
    left.ok("rollback", "dev", "--to", "dev@1")
    assert left.ok("secret", "get", "dev", "A", env=bob).out == "old A"


def test_secrets_that_do_not_go_back_stay_unreadable(left: Machine) -> None:
    left.ok("rollback", "dev", "--secrets", "current")
    assert left.ok("secret", "get", "dev", "A").out == "new A"
    assert readable(left, "bob") == []
