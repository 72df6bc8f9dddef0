"""An `init` that fails leaves nothing, and a dry run says what the real one would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

REFUSED = [
    (2, ("--domain", "not a domain"), "not a DNS name: 'not a domain'"),
    (2, ("--actor", "alice b"), "not a signer's name: 'alice b'"),
]


@pytest.mark.parametrize(("code", "words", "says"), REFUSED)
def test_nothing_is_left(bare: Machine, code: int, words: tuple[str, ...], says: str) -> None:
    failed = bare.run("init", bare.org, *words)
    assert (failed.code, says in failed.error()) == (code, True)
    assert not (bare.home / "tetra").exists()
    assert bare.ok("orgs", "-o", "json").json == []
    assert not list(bare.home.rglob("*.key"))
    bare.ok("init", bare.org)


@pytest.mark.parametrize(("code", "words", "says"), REFUSED)
def test_a_dry_run_is_refused_too(
    bare: Machine, code: int, words: tuple[str, ...], says: str
) -> None:
    failed = bare.run("init", bare.org, *words, "--dry-run")
    assert (failed.code, says in failed.error()) == (code, True)
    assert not (bare.home / "tetra").exists()


def test_files_that_were_there_stay(bare: Machine) -> None:
    file = bare.folder / "environments/local.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[ports]\ntetra = 70000\n")
    assert "ports.tetra" in bare.run("init", bare.org).error()
    assert [path.name for path in bare.folder.rglob("*")] == ["environments", "local.toml"]
    file.write_text("[ports]\ntetra = 7000\n")
    bare.ok("init", bare.org)


def test_an_organization_that_is_there_stays(machine: Machine) -> None:
    for words in ((), ("--dry-run",), ("--domain", "not a domain")):
        failed = machine.fails(3, "init", machine.org, *words)
        assert failed.error().startswith(f"the organization {machine.org} exists already")
    machine.ok("verify")
