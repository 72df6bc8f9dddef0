"""`get WHERE KEY`: one value, for scripts and for people; `blame` of what is not an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.machine import Machine

TEXT = """\
[app]
name = "it's {here}"
n = 1_000
version = 3.10
when = 1979-05-27T07:32:00Z
on = true
list = ["a", "b"]
nan = nan
"a.b" = 1

[[http.routers]]
name = "one"

[[http.routers]]
name = "two"
"""


@pytest.fixture
def edited(machine: Machine) -> Machine:
    machine.toml("local").write_text(TEXT)
    machine.ok("record")
    return machine


def test_each_kind_of_value_is_printed(edited: Machine) -> None:
    for key, text, value in (
        ("app.name", "it's {here}\n", "it's {here}"),
        ("app.n", "1_000\n", 1000),
        ("app.version", "3.10\n", 3.1),
        ("app.on", "true\n", True),
        ("app.when", "1979-05-27T07:32:00Z\n", "1979-05-27T07:32:00+00:00"),
        ("app.nan", "nan\n", "nan"),
        ('app."a.b"', "1\n", 1),
        ("app.list", '["a", "b"]\n', ["a", "b"]),
        ("app.list[1]", "b\n", "b"),
        ("http.routers[1].name", "two\n", "two"),
        ("http.routers[0]", 'name = "one"\n', {"name": "one"}),
        ("http", 'routers[0].name = "one"\nrouters[1].name = "two"\n', None),
    ):
        assert edited.ok("get", "local", key).out == text
        if value is not None:
            assert edited.ok("get", "@local", key, "-o", "json").json == value


def test_a_value_of_before_is_printed(edited: Machine) -> None:
    edited.ok("set", "local", "app.n=7")
    assert edited.ok("get", "local", "app.n").out == "7\n"
    assert edited.ok("get", "local", "app.n", "--at", "local@2").out == "1_000\n"
    missing = edited.fails(1, "get", "local", "app.n", "--at", "local@1")
    assert missing.error() == "local has no key app.n there"


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("app.nme", "did you mean app.name?"),
        ("http.routers[0].nam", "did you mean http.routers[0].name?"),
        ("http.routers[7].name", "did you mean http.routers[1].name?"),
    ],
)
def test_a_key_that_is_not_there_is_an_error_that_suggests(
    edited: Machine, key: str, meant: str
) -> None:
    failed = edited.fails(1, "get", "local", key)
    assert failed.error() == f"local has no key {key}"
    assert failed.hint() == f"{meant} `tetra-es blame local` lists its keys"


def test_what_is_no_key_or_no_environment_is_refused(edited: Machine) -> None:
    assert "not a key" in edited.fails(2, "get", "local", "a b").error()
    assert "unknown environment" in edited.fails(2, "get", "nosuch", "app.n").error()
    assert "has no state" in edited.fails(1, "get", "dev", "app.n").error()


def test_a_secret_is_named_as_one(edited: Machine) -> None:
    key = edited.home / ".config/tetra-es/id_ed25519.pub"
    edited.ok("recipient", "add", "local", "me", str(key))
    edited.ok("secret", "set", "local", "API_KEY", stdin="x")
    failed = edited.fails(1, "get", "local", "API_KEY")
    assert failed.hint() == "`tetra-es secret get local API_KEY` prints it"


def test_the_manifest_and_a_profile_have_values_too(edited: Machine) -> None:
    edited.ok("set", "manifest", "domain=two.example")
    edited.ok("set", "profile", "dev", "app.n=7")
    edited.ok("set", "profile", "dev", "app.n=8")
    assert edited.ok("get", "manifest", "domain").out == "two.example\n"
    before = edited.ok("get", "manifest", "domain", "--at", "manifest@1").out
    assert before != "two.example\n"
    assert edited.ok("get", "profile", "dev", "set.app.n").out == "8\n"
    assert edited.ok("get", "profile", "dev", "set.app.n", "--at", "profile dev@1").out == "7\n"
    edited.fails(2, "get", "manifest")
    edited.fails(2, "get", "profile")
    edited.fails(2, "get", "dev", "ports", "tetra")


def test_blame_tells_of_the_manifest_and_of_a_profile(edited: Machine) -> None:
    edited.ok("set", "manifest", "domain=two.example", "-m", "moved")
    edited.ok("set", "profile", "dev", "app.n=7")
    edited.ok("set", "profile", "dev", "app.m=8")
    rows = {row["key"]: row for row in edited.ok("blame", "manifest", "-o", "json").json}
    assert (rows["domain"]["revision"], rows["domain"]["reason"]) == (2, "moved")
    assert (rows["name"]["revision"], rows["name"]["event"]) == (1, 1)
    (row,) = edited.ok("blame", "manifest", "domain", "--at", "manifest@1", "-o", "json").json
    assert (row["revision"], row["event"]) == (1, 1)
    rows = {row["key"]: row for row in edited.ok("blame", "profile", "dev", "-o", "json").json}
    assert {key: row["revision"] for key, row in rows.items()} == {"set.app.n": 1, "set.app.m": 2}
    printed = edited.ok("blame", "profile", "dev", "set.app.m").out
    assert " profile dev@2 " in printed
    then = edited.ok("blame", "profile", "dev", "--at", "profile dev@1", "-o", "json").json
    assert [row["key"] for row in then] == ["set.app.n"]
    assert "never edited" in edited.fails(1, "blame", "profile", "prod").error()
    edited.fails(2, "blame", "profile", "nowhere")
    edited.fails(1, "blame", "manifest", "domian")
