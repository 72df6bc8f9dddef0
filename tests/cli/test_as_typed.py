"""People are shown the values that they typed; programs get those that were recorded.

Reported as a version that lost its zero, in https://github.com/helm/helm/issues/11800.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tetra_es.toml.written import as_written, recorded_as, written_in

if TYPE_CHECKING:
    from tests.machine import Machine

BEFORE = "[app]\nversion = 3.90\nmode = 0o755\nwhen = 1979-05-27 07:32:00Z\n"


@pytest.fixture
def typed(machine: Machine) -> Machine:
    machine.toml("local").write_text(BEFORE)
    machine.ok("record")
    return machine


@pytest.mark.parametrize(
    ("key", "before", "after", "recorded"),
    [
        ("app.version", "3.90", "3.10", "3.1"),
        pytest.param("app.mode", "0o755", "0o700", "448", marks=LONG_TAIL),
        pytest.param(
            "app.when",
            "1979-05-27 07:32:00Z",
            "2026-11-26T10:00:00Z",
            "2026-11-26T10:00:00+00:00",
            marks=LONG_TAIL,
        ),
    ],
)
def test_a_change_is_shown_as_typed(
    typed: Machine, key: str, before: str, after: str, recorded: str
) -> None:
    change = f"~ {key} = {before} -> {after}\n"
    assert change in typed.ok("set", "local", f"{key}={after}", "--dry-run").out
    assert change in typed.ok("set", "local", f"{key}={after}").out
    assert change in typed.ok("event", "local@3").out
    row = typed.ok("history", "--key", key, "-n", "1").out.splitlines()[-1]
    assert f" {before} " in row
    assert f" {after} " in row
    assert f" {after} " in typed.ok("blame", "local", key).out
    assert typed.ok("get", "local", key).out == f"{after}\n"
    assert f"{key.partition('.')[2]} = {after}\n" in typed.ok("get", "local", "app").out
    assert typed.ok("why", "local", key).out.startswith(f"{key} = {after} ")
    (found,) = typed.ok("history", "--key", key, "-n", "1", "-o", "json").json
    assert found["after"] == recorded
    (found,) = typed.ok("blame", "local", key, "-o", "json").json
    assert found["value"] == recorded
    typed.ok("verify")


@LONG_TAIL
def test_so_are_those_of_a_rollback_and_of_a_profile(typed: Machine) -> None:
    typed.ok("set", "local", "app.version=3.10")
    assert "app.version = 3.10 -> 3.90" in typed.ok("rollback", "local").out
    typed.ok("set", "profile", "dev", "app.version=4.00")
    assert (
        "set.app.version = 4.00 -> 4.10"
        in typed.ok("set", "profile", "dev", "app.version=4.10").out
    )
    assert " 4.00    4.10 " in typed.ok("history", "profile", "dev", "--changes").out


def test_search_finds_and_shows_what_was_typed(typed: Machine) -> None:
    typed.ok("set", "local", "app.mode=0o700", "app.version=3.10")
    for text, before, after in (("0o755", "0o755", "0o700"), ("3.10", "3.90", "3.10")):
        row = typed.ok("search", text).out.splitlines()[1]
        assert f" {before} " in row
        assert f" {after} " in row
        found = typed.ok("search", text, "-o", "json").json
        assert {"493": "448", "3.9": "3.1"}[found[0]["before"]] == found[0]["after"]
    assert not typed.ok("search", "0o75").out
    assert "app.mode = 0o755 -> 0o700" in typed.ok("diff", "local@2", "local@3", "--keys").out


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("0o755", "493"),
        ("3.10", "3.1"),
        ("1_000", "1000"),
        ("1e3", "1000.0"),
        ("+inf", "inf"),
        ("1979-05-27 07:32:00Z", "1979-05-27T07:32:00+00:00"),
        *((text, None) for text in ("493", "3.1", "0o9", "08", "dev", "1\n2", "inf x", "")),
        ("9" * 5000, None),
    ],
)
def test_a_number_or_a_time_is_recorded_in_one_way(text: str, literal: str | None) -> None:
    assert recorded_as(text) == literal


@pytest.mark.parametrize(
    ("text", "key", "literal", "written"),
    [
        ("[t]\n a.b=1_0#x\n", "t.a.b", "10", "1_0"),
        ("a = {v = 3.10}\n", "a.v", "3.1", "3.1"),  # within a value of several
        ("x = '''\nv = 3.10\n'''\nv = 3.100\n", "v", "3.1", "3.100"),
        ("x = '''\nv = 3.10\n'''\nq = {v = 3.2}\n", "q.v", "3.2", "3.2"),
        ("[[r]]\nn = 0x1\n[[r]]\nn = 0x2\n", "r[1].n", "2", "0x2"),
        ('"a b" = 1979-05-27 07:32:00Z\n', '"a b"', "1979-05-27T07:32:00+00:00", None),
        ("n = [1_0]\n", "n[0]", "10", "10"),
        ("v = +inf", "v", "inf", "+inf"),
        ("v = 5 # v = 3\n", "v", "5", "5"),
        ("a.v = 1_0\nb.v = 1_0_0\n", "b.v", "100", "1_0_0"),
    ],
)
def test_a_text_says_how_a_value_was_written(
    text: str, key: str, literal: str, written: str | None
) -> None:
    found = written_in(text, key, literal)
    assert found == literal
    assert as_written(found) == (written or "1979-05-27 07:32:00Z")


@pytest.mark.parametrize(
    "part",
    [
        '"q\\"uote"',
        *(
            pytest.param(part, marks=LONG_TAIL)
            for part in ('"back\\\\"', '"="', "'a\\'", '"\\" = 1"', '""')
        ),
    ],
)
def test_a_key_is_set_as_it_is_printed(machine: Machine, part: str) -> None:
    machine.toml("local").write_text(f"[z]\n{part} = 1\n")
    machine.ok("record")
    (row,) = machine.ok("blame", "local", "-o", "json").json
    assert f"~ {row['key']} = 1 -> 2\n" in machine.ok("set", "local", f"{row['key']}=2").out
    assert machine.ok("get", "local", row["key"]).out == "2\n"


def test_a_profile_gives_its_values_as_they_are_typed_there(machine: Machine) -> None:
    machine.ok("set", "profile", "dev", "app.mode=0o700", "app.version=3.10", "services.*.n=1_000")
    machine.ok("set", "local", "app.mode=0o755", "app.n=1")
    machine.ok("promote", "dev")
    text = machine.toml("dev").read_text()
    for line in ("mode = 0o700\n", "version = 3.10\n", "n = 1_000\n"):
        assert line in text
    assert "nothing to do" in machine.ok("promote", "dev").out
    machine.ok("verify")


def test_a_line_of_a_difference_does_not_end_in_a_value(machine: Machine) -> None:
    """What stands there as a line of its own is one, and `patch` takes it."""
    first = '[app]\nsaid = "one\u2028-port = 1\u2029two"\nport = 2\n'
    second = first.replace("port = 2", "port = 3").replace("two", "2")
    for text in (first, second):
        machine.toml("local").write_text(text)
        machine.ok("record")
    shown = machine.ok("diff", "local@2", "local@3").out
    assert shown.split("\n")[2:] == [
        "@@ -1,3 +1,3 @@",
        " [app]",
        '-said = "one\u2028-port = 1\u2029two"',
        "-port = 2",
        '+said = "one\u2028-port = 1\u20292"',
        "+port = 3",
        "",
    ]
