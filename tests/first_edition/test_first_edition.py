"""What the first edition left must open, verify and rebuild to the same bytes, for ever."""

from __future__ import annotations

import shlex
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.first_edition.archive import ARCHIVE, DATA, ENVIRONMENTS, GOLDEN, copy_of, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

SUMS = {
    "demo.tar.gz": "86569c95e8577b558dc63d8dc503d3c163d9a89f16dead43eb002116bac37012",
    "home.tar.gz": "a07eafb226e9246457e3aedb370a6070e82b5c89fa8fa8723b7a899b795ed7cc",
    "golden.json": "5c3c596e1c4a69208a234e147a3212b043b85332e65b5d099fdca3c4298e7ef6",
}


@pytest.fixture(scope="session")
def left(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The archive, unpacked. For copies alone."""
    return unpack(tmp_path_factory.mktemp("first-edition") / "home")


@pytest.fixture
def old(left: Machine, tmp_path: Path) -> Machine:
    return copy_of(left, tmp_path / "home")


def events(machine: Machine) -> list[list[object]]:
    """Return position, type and hash of each event, those of a deployment with its steps."""
    rows = machine.history("--steps")
    every = [*rows, *(step for row in rows for step in row.get("steps", []))]
    return sorted([row["event"], row["type"], row["hash"]] for row in every)


def commits(machine: Machine) -> list[str]:
    return machine.git("log", "--reverse", "--format=%H", "main", "--").split()


def files(machine: Machine) -> dict[str, str]:
    """Return the digest of every projected file."""
    return {
        name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(machine.folder.rglob("*"))
        if path.is_file()
        and (name := str(path.relative_to(machine.folder))).split("/")[0]
        not in ("store", "history")
    }


def check(machine: Machine) -> None:
    """Check that everything is what it was when it was made."""
    assert events(machine) == GOLDEN["events"]
    assert commits(machine) == GOLDEN["commits"]
    assert files(machine) == GOLDEN["files"]
    machine.ok("verify")


def test_it_is_never_changed() -> None:
    for name, expected in SUMS.items():
        assert sha256((DATA / name).read_bytes()).hexdigest() == expected
    assert ARCHIVE.stat().st_size < 1_000_000


def test_it_opens_as_it_is(old: Machine) -> None:
    check(old)
    old.ok("rebuild", "--check")


def test_everything_comes_back_from_the_events(old: Machine) -> None:
    for path in old.folder.iterdir():
        if path.name == "store":
            (path / "views.db").unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    old.ok("rebuild")
    check(old)


def test_the_past_answers_as_it_did(old: Machine) -> None:
    assert "tetra = 3001" in old.ok("show", "dev", "--at", "2023-01-10T09:30:00.5Z").out
    assert 'hosts = ["a;b"]' in old.ok("show", "dev", "--at", "dev@8").out
    for environment in ENVIRONMENTS:
        assert old.ok("show", environment).out == old.toml(environment).read_text()
    assert old.ok("secret", "get", "dev", "DB_PASSWORD").out == "third password"
    ssh = str(old.home / "ci" / "id_ed25519")
    assert old.ok("secret", "get", "staging", "TOKEN", "-i", ssh).out == "a token"
    signers = old.ok("signer", "list", "--at", "118", "-o", "json").json
    assert {row["signer"] for row in signers} == {"alice", "bob"}


def test_it_goes_on(old: Machine) -> None:
    """Not before it is upgraded, which keeps positions, hashes and commits."""
    done = old.fails(1, "set", "local", "ports.tetra=6666")
    assert old.ok(*shlex.split(done.hint().split("`")[1])[1:]).out.startswith("upgraded acme")
    found, ids = events(old), commits(old)
    assert found.pop()[1] == "organization.upgraded"
    assert found == GOLDEN["events"]
    assert ids[:-1] == GOLDEN["commits"]
    assert files(old) == GOLDEN["files"]
    old.ok("verify")
    old.ok("set", "local", "ports.tetra=6666", "-m", "after the upgrade")
    old.ok("promote", "dev")
    old.ok("rollback", "dev", "--to", "dev@8")
    assert 'hosts = ["a;b"]' in old.toml("dev").read_text()
    bob = {"XDG_CONFIG_HOME": str(old.home / "config-of-bob")}
    old.fails(3, "set", "local", "ports.tetra=7777", env=bob)
    old.ok("verify")
