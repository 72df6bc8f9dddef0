"""TOML files as people have them: what tools that do this job were reported to get wrong.

Each test names its source; the inputs are our own.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from tests.machine import Machine

pytestmark = LONG_TAIL


def recorded(machine: Machine, text: str) -> Machine:
    machine.toml("local").write_text(text, newline="")
    machine.ok("record")
    return machine


def values(machine: Machine) -> dict[str, object]:
    return tomllib.loads(machine.toml("local").read_bytes().decode())


def lines(machine: Machine) -> list[str]:
    return machine.toml("local").read_bytes().decode().splitlines(keepends=True)


def test_one_line_changes(machine: Machine) -> None:
    """Indents and comments were lost: https://github.com/python-poetry/tomlkit/issues/392."""
    text = (
        "[a]  # one\n  x = 1   # first\n\n  # before\n  [a.b]  # two\n    y = 2\n  z = 3 # last\n"
    )
    recorded(machine, text)
    machine.ok("set", "local", "a.b.y=7")
    assert "".join(lines(machine)) == text.replace("y = 2", "y = 7")
    machine.ok("unset", "local", "a.b.z")
    assert "".join(lines(machine)) == text.replace("y = 2", "y = 7").replace("  z = 3 # last\n", "")


def test_dotted_keys_are_not_taken_by_tables(machine: Machine) -> None:
    """A new key went to another table: https://github.com/python-poetry/tomlkit/issues/513,
    https://github.com/python-poetry/tomlkit/issues/543,
    https://github.com/python-poetry/tomlkit/issues/588 and
    https://github.com/pappasam/toml-sort/issues/103.
    """
    recorded(machine, "a.b.c = 1\na.d = 2\n\n[t]\nu.v = 3\n\n[t.w]\nx = 4\n")
    for key in ("a.b.e", "a.f", "t.u.g", "t.w.h", "t.i"):
        machine.ok("set", "local", f"{key}=9")
    machine.ok("unset", "local", "a.b.c")
    assert values(machine) == {
        "a": {"b": {"e": 9}, "d": 2, "f": 9},
        "t": {"u": {"v": 3, "g": 9}, "w": {"x": 4, "h": 9}, "i": 9},
    }


def test_a_value_that_becomes_a_table_takes_no_neighbours(machine: Machine) -> None:
    """It swallowed the keys after it: https://github.com/python-poetry/tomlkit/issues/145."""
    recorded(machine, "[a]\nx = 1\ny = 2\nz = 3\n")
    machine.fails(2, "set", "local", "a.y.nested=1")
    machine.ok("set", "local", "a.y={nested = 1}", "--type", "table")
    assert values(machine) == {"a": {"x": 1, "y": {"nested": 1}, "z": 3}}


def test_tables_out_of_order(machine: Machine) -> None:
    """They were moved, or lost: https://github.com/tamasfe/taplo/issues/125."""
    recorded(machine, "[a.b]\nx = 1\n\n[[l]]\nn = 1\n\n[a]\ny = 2\n\n[[l]]\nn = 2\n\n[c]\nz = 3\n")
    machine.ok("set", "local", "a.y=7", "a.b.x=8", "l[1].n=9")
    assert values(machine) == {
        "a": {"b": {"x": 8}, "y": 7},
        "l": [{"n": 1}, {"n": 9}],
        "c": {"z": 3},
    }
    assert [line for line in lines(machine) if line.startswith("[")] == [
        "[a.b]\n",
        "[[l]]\n",
        "[a]\n",
        "[[l]]\n",
        "[c]\n",
    ]


def test_comments_are_not_doubled(machine: Machine) -> None:
    """They stood twice after an edit: https://github.com/rust-lang/cargo/issues/13402."""
    recorded(machine, "# top\na.b = 1\n# between\na.c = 2\n# end\n")
    machine.ok("set", "local", "a.b=3", "a.d=4")
    machine.ok("unset", "local", "a.c")
    text = "".join(lines(machine))
    assert [text.count(said) for said in ("# top", "# between", "# end")] == [1, 1, 1]


@pytest.mark.parametrize("key", ['z."dot.ted"', 'z.""', 'z."q\\"uote"', 'z."sp ace"'])
def test_keys_in_quotes(machine: Machine, key: str) -> None:
    """They lost their quotes: https://github.com/python-poetry/tomlkit/issues/299."""
    recorded(machine, f"[z]\nplain = 1\n{key.removeprefix('z.')} = 1\n")
    machine.ok("set", "local", f"{key}=2")
    assert list(values(machine)["z"].values()) == [1, 2]  # type: ignore[attr-defined]
    assert machine.ok("get", "local", key).out == "2\n"
    machine.ok("unset", "local", key)
    assert values(machine) == {"z": {"plain": 1}}


def test_a_file_without_a_last_newline(machine: Machine) -> None:
    """The last line was not read: https://github.com/NimParsers/parsetoml/issues/20."""
    recorded(machine, "[a]\nx = 1")
    machine.ok("set", "local", "a.y=2")
    machine.ok("set", "local", "a.x=3")
    assert values(machine) == {"a": {"x": 3, "y": 2}}


def test_lines_that_end_as_on_windows(machine: Machine) -> None:
    """A carriage return got into values: https://github.com/getsops/sops/issues/2293,
    https://github.com/getsops/sops/issues/779 and https://github.com/getsops/sops/issues/780.
    """
    recorded(machine, "[a]\r\nx = 'one'\r\ny = 2\r\n")
    machine.ok("set", "local", "a.y=3", "a.z=4")
    assert all(line.endswith("\r\n") for line in lines(machine))
    machine.ok("promote", "dev")
    generated = tomllib.loads(machine.toml("dev").read_bytes().decode())
    assert generated["a"] == {"x": "one", "y": 3, "z": 4}


def test_a_byte_order_mark_is_named(machine: Machine) -> None:
    """It was an invalid character: https://github.com/hukkin/tomli/issues/304,
    https://github.com/BurntSushi/toml/issues/233, https://github.com/Nayjest/lm-proxy/issues/79
    and https://github.com/python-poetry/tomlkit/issues/108.
    """
    machine.toml("local").write_text("a = 1\n", encoding="utf-8-sig")
    assert "begins with a byte order mark" in machine.fails(1, "record").error()


def test_a_symlink_stays_one(machine: Machine) -> None:
    """It was replaced by a file: https://github.com/tstack/lnav/issues/1489,
    https://github.com/GothenburgBitFactory/timewarrior/issues/546,
    https://github.com/dedene/zentty/issues/15, https://github.com/farion1231/cc-switch/issues/5129
    and https://github.com/rjyo/moshi-skill/issues/17. tests/cli/test_links.py has more.
    """
    local, real = machine.toml("local"), machine.home / "dotfiles.toml"
    local.rename(real)
    local.symlink_to(real)
    machine.ok("set", "local", "ports.tetra=4470")
    assert local.is_symlink()
    assert tomllib.loads(real.read_text())["ports"]["tetra"] == 4470


def test_an_element_of_an_array_is_set_by_its_number(machine: Machine) -> None:
    """It could not be named: https://github.com/mrijken/toml-cli/issues/48."""
    recorded(machine, '[[r]]\nname = "a"\n[[r]]\nname = "b"\n')
    machine.ok("set", "local", "r[1].name=z")
    assert values(machine) == {"r": [{"name": "a"}, {"name": "z"}]}
