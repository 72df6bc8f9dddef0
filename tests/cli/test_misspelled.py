"""Misspelled keys: refused where nobody has keys of their own, elsewhere a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (("set", "local", "health.timout=3"), "environments/local.toml:71"),
        (("set", "profile", "dev", "health.timout=3"), "profiles/dev.toml:"),
    ],
)
def test_an_unknown_key_of_health_is_refused(
    machine: Machine, words: tuple[str, ...], place: str
) -> None:
    before = machine.ok("history").out
    failed = machine.fails(1, *words)
    assert failed.error().startswith(place)
    assert failed.error().endswith(": health.timout: is not a key of [health]")
    assert failed.hint() == "did you mean timeout?"
    assert machine.ok("history").out == before


def test_so_it_is_in_an_edit_by_hand(machine: Machine) -> None:
    file = machine.folder / "environments/local.toml"
    lines = file.read_text().count("\n")
    file.write_text(file.read_text() + "\n[health]\ntimout = 3\n")
    failed = machine.fails(1, "promote", "dev")
    assert failed.error() == (
        f"environments/local.toml:{lines + 3}: health.timout: is not a key of [health]"
    )


def test_a_near_miss_is_recorded_with_a_warning_once(machine: Machine) -> None:
    file = (machine.folder / "environments/local.toml").read_text()
    line = file[: file.index("\n\n", file.index("[resources]"))].count("\n") + 2
    warning = (
        f"tetra-es: warning: environments/local.toml:{line}: "
        "resources.memroy_max is not a known key; did you mean memory_max?\n"
    )
    assert machine.ok("set", "local", "resources.memroy_max=1", "--dry-run").err == warning
    assert machine.ok("set", "local", "resources.memroy_max=1").err == warning
    assert "memroy_max = 1" in machine.ok("show", "local").out
    assert machine.ok("set", "local", "resources.memroy_max=2").err == ""
    assert "warning" not in machine.ok("promote", "dev").err


def test_a_near_miss_in_an_edit_by_hand(machine: Machine) -> None:
    file = machine.folder / "environments/local.toml"
    file.write_text(file.read_text() + "\n[loging]\nlevel = 'info'\n")
    err = machine.ok("record").err
    assert "loging is not a known key; did you mean logging?" in err


def test_a_near_miss_in_a_profile(machine: Machine) -> None:
    warned = machine.ok("set", "profile", "dev", "resources.nofiles=3", '"services.*.comand"=x').err
    place = "tetra-es: warning: profiles/dev.toml:"
    says = [line.removeprefix(place) for line in warned.splitlines()]
    assert len(says) == 2
    assert {say.partition(": ")[2] for say in says} == {
        "resources.nofiles is not a known key; did you mean nofile?",
        "services.*.comand is not a known key; did you mean command?",
    }
    assert all(say.partition(": ")[0].isdecimal() for say in says)
    assert machine.ok("set", "profile", "dev", "resources.nofiles=4").err == ""


def test_a_near_miss_in_the_file_that_an_organization_begins_with(bare: Machine) -> None:
    file = bare.folder / "environments/local.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[resources]\nmemory-max = 1\n")
    err = bare.ok("init", bare.org, "--domain", "acme.example").err
    assert "local.toml:2: resources.memory-max is not a known key; did you mean memory_max?" in err


def test_own_keys_pass_in_silence(machine: Machine) -> None:
    keys = ("resources.memory_min=1", "mine.levle=2", "ports.web=8080", "services.web.comment=x")
    assert machine.ok("set", "local", *keys).err == ""


@pytest.mark.parametrize(
    "command",
    [
        *("deploy dve", "daemon status dve", "daemon stop dve", "health dve", "drift dve"),
        *("promote dve", "show dve", "diff dve", "profile show dve", "secret list dve"),
        *("set profile dve a=1", "env add qa --profile dve"),
    ],
)
def test_a_misspelled_environment(machine: Machine, command: str) -> None:
    failed = machine.fails(2, *command.split())
    assert failed.hint().startswith("did you mean dev? ")


def test_one_that_is_like_no_other(machine: Machine) -> None:
    hint = machine.fails(2, "health", "quality").hint()
    assert hint == "this organization has local, dev, staging, prod"


def test_keys_of_an_overlay_that_is_not_there(machine: Machine) -> None:
    failed = machine.fails(2, "unset", "profile", "dev", "ports.tetra")
    assert failed.error() == "profiles/dev.toml sets no key of dev"
    machine.ok("set", "profile", "dev", "ports.tetra=5555")
    machine.ok("unset", "profile", "dev", "ports.tetra")
    assert machine.fails(2, "unset", "profile", "dev", "ports.tetra").error() == failed.error()
    assert machine.fails(3, "unset", "profile", "local", "a").error() == "local has no profile"


def test_one_that_was_never_promoted(machine: Machine) -> None:
    for command in ("daemon stop dev", "deploy dev"):
        assert machine.fails(1, *command.split()).error() == "dev has no state yet"
