"""What is not there: the hint names what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.fixture
def with_a_key(vault: Machine) -> Machine:
    """dev has one secret, of two versions."""
    for value in ("one", "two"):
        vault.ok("secret", "set", "dev", "API_KEY", stdin=value)
    return vault


def test_a_misspelled_key(with_a_key: Machine) -> None:
    lists = "`tetra-es secret list dev` lists the secrets"
    failed = with_a_key.fails(2, "secret", "get", "dev", "API_KEX")
    assert failed.error() == "dev has no secret API_KEX"
    assert failed.hint() == f"did you mean API_KEY? {lists}"
    assert with_a_key.fails(2, "secret", "rm", "dev", "OTHER").hint() == lists


def test_a_version(with_a_key: Machine) -> None:
    failed = with_a_key.fails(2, "secret", "get", "dev", "API_KEY", "--version", "9")
    assert failed.hint() == "API_KEY has the versions 1 to 2"
    with_a_key.ok("secret", "set", "dev", "TOKEN", stdin="one")
    failed = with_a_key.fails(2, "secret", "get", "dev", "TOKEN", "--version", "2")
    assert failed.hint() == "TOKEN has version 1 only"


def test_a_file_to_import(vault: Machine) -> None:
    failed = vault.fails(1, "secret", "import", "dev", "nowhere.env")
    assert failed.error() == "cannot read nowhere.env: No such file or directory"
    assert failed.hint() == "name a dotenv file, or - for standard input"


def test_import_from_standard_input(vault: Machine) -> None:
    done = vault.process("secret", "import", "dev", "-", stdin="A=1\nB=2\n")
    assert (done.code, done.err) == (0, "")
    assert vault.ok("secret", "export", "dev").out == "A=1\nB=2\n"


def test_limits_with_commas(vault: Machine) -> None:
    line = vault.ok("identity", "line", env={"XDG_CONFIG_HOME": str(vault.home / "bob")}).out
    limits = ("--may", "promote:dev, edit:local", "--may", "deploy:dev")
    vault.ok("member", "add", "bob", "-", *limits, stdin=line)
    rows = vault.ok("member", "list", "-o", "json").json
    bob = next(row for row in rows if row["name"] == "bob")
    assert sorted(bob["may"]) == ["deploy:dev", "edit:local", "promote:dev"]
    failed = vault.fails(2, "member", "add", "bob", "-", "--may", "promote:dev,", stdin=line)
    assert failed.error() == "a signer cannot be limited to ''"
