"""Plain variables, and how services get their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.rendering.readers import setting
from tests.rendering.texts import content, release
from tetra_es.errors import ConfigError, Refused

if TYPE_CHECKING:
    from tests.conftest import Machine
    from tetra_es.toml.keys import KeyPath

ENV: KeyPath = ("services", "tetra", "env")
CREDENTIALS: dict[KeyPath, Any] = {("services", "tetra", "secrets"): "credentials"}
RUNNERS = ("tsm", "direct")


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_unit_sets_plain_variables(runner: str) -> None:
    found = release("dev", runner, {ENV: {"NODE_ENV": "development", "A": "%h $B 'c\\"}})
    lines = setting(content(found, "tetra-dev.service"), "Environment")
    assert "NODE_ENV=development" in lines
    command = {ENV: {"A": "b"}, ("services", "tetra", "release_command"): "bin/migrate"}
    (service,) = release("dev", runner, command).services
    assert service.command
    assert "A=b" in service.command.variables
    assert r"'A=%%h $B \'c\\'" in lines


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("a b", "x", "cannot be a variable's name"),
        ("PORT", "1", "a deployment sets itself"),
        ("TETRA_DIR", "/x", "a deployment sets itself"),
        ("UID", "0", "shells keep for themselves"),
        ("A", "x\nUser=root", "must be text on one line"),
        ("A", 1, "must be a string"),
    ],
)
def test_what_cannot_be_one(name: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        release("dev", "direct", {ENV: {name: value}})


def test_the_name_of_a_secret() -> None:
    with pytest.raises(ConfigError, match=r"services\.tetra\.env\.KEY: is the name of a secret"):
        release("dev", "tsm", {ENV: {"KEY": "x"}}, {"KEY": b"y"})


@pytest.mark.parametrize("runner", RUNNERS)
def test_whose_the_env_file_is(runner: str) -> None:
    found = release("prod", runner, {}, {"KEY": b"value"})
    (file,) = (file for file in found.files if file.secret)
    owner = {"tsm": "tetra", "direct": "root"}[runner]
    assert (file.owner, file.group, file.mode) == (owner, owner, 0o600)


def test_credentials() -> None:
    found = release("prod", "direct", CREDENTIALS, {"KEY": b"\0\r", "OTHER": b"x"})
    files = {file.path: file for file in found.files if file.secret}
    folder = "/etc/tetra-es/acme/prod"
    assert list(files) == [f"{folder}/KEY", f"{folder}/OTHER"]
    assert files[f"{folder}/KEY"].content == b"\0\r"
    assert {(file.owner, file.mode) for file in files.values()} == {("root", 0o600)}
    (made,) = (each for each in found.folders if each.path == folder)
    assert (made.owner, made.group, made.mode) == ("root", "root", 0o700)
    unit = content(found, "tetra.service")
    assert setting(unit, "LoadCredential") == [f"KEY:{folder}/KEY", f"OTHER:{folder}/OTHER"]
    assert setting(unit, "EnvironmentFile") == []


def test_what_credentials_need() -> None:
    with pytest.raises(ConfigError, match="needs another runner"):
        release("prod", "tsm", CREDENTIALS)
    with pytest.raises(ConfigError, match="gets no secrets as credentials"):
        release("prod", "direct", CREDENTIALS | {("services", "tetra", "release_command"): "x"})
    with pytest.raises(Refused, match="1 MiB"):
        release("prod", "direct", CREDENTIALS, {"KEY": b"x" * (1 << 20)})


def test_one_or_the_other_is_recorded(machine: Machine) -> None:
    machine.ok("promote", "dev")
    recipient = machine.ok("identity", "new").out.strip()
    machine.ok("recipient", "add", "dev", "alice", recipient)
    machine.ok("set", "local", "services.tetra.env.NODE_ENV=development")
    machine.ok("secret", "set", "dev", "NODE_ENV", stdin="x")
    failed = machine.fails(1, "promote", "dev")
    assert "services.tetra.env.NODE_ENV: is the name of a secret, too" in failed.error()
    machine.ok("secret", "rm", "dev", "NODE_ENV")
    machine.ok("promote", "dev")
    failed = machine.fails(3, "secret", "set", "dev", "NODE_ENV", stdin="x")
    assert failed.error() == ("NODE_ENV is a plain variable of dev: services.tetra.env.NODE_ENV")
