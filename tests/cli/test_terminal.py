"""On a terminal, tables fit and long output is paged; piped, nothing is cut."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tetra_es import settings
from tetra_es_cli.output import next_step, redaction, terminal
from tetra_es_cli.output.table import columns_of, table_lines

if TYPE_CHECKING:
    from tests.machine import Machine

ROW = {"event": 1234, "key": "a.very.long.key.of.a.table", "value": "v" * 50, "reason": "why"}
COLUMNS = ("event", "key", "value", "reason")


def test_texts_are_cut_and_names_are_not() -> None:
    lines = list(table_lines([ROW, {**ROW, "value": "short"}], COLUMNS, 60))
    assert {len(line) for line in lines} <= set(range(61))
    assert lines[1] == f"1234   a.very.long.key.of.a.table  {'v' * 16}…  why"
    assert all(ROW["key"] in line for line in lines[1:])  # type: ignore[operator]


def test_what_fits_is_as_ever() -> None:
    whole = list(table_lines([ROW], COLUMNS))
    assert list(table_lines([ROW], COLUMNS, 200)) == whole
    assert "v" * 50 in whole[1]


def test_where_nothing_can_be_cut_lines_are_longer() -> None:
    lines = list(table_lines([ROW], COLUMNS, 10))
    assert "a.very.long.key.of.a.table  vvvvvvv…  why" in lines[1]


@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("set local ports.tetra=4460", "`tetra-es status` shows which environments are behind"),
        ("set manifest domain=b.example", "`tetra-es status` shows which environments are behind"),
        ("set profile dev logging.level=warn", "`tetra-es promote dev` generates it again"),
        ("env add qa --profile dev", "`tetra-es promote qa` generates it again"),
        ("promote dev", None),  # which names no host
        ("set local ports.tetra=4460 --dry-run", None),
        ("set local ports.tetra=4460 -o json", None),
        ("set local ports.tetra=4444", None),  # as it is
    ],
)
def test_the_next_step(machine: Machine, words: str, step: str | None) -> None:
    with mock.patch.object(next_step, "is_wanted", return_value=True):
        said = machine.ok(*words.split()).err
    assert said == (f"tetra-es: next: {step}\n" if step else "")
    if step:
        machine.ok(*step.split("`")[1].split()[1:])
    assert "next:" not in machine.ok("set", "local", "a=1").err


def test_the_next_step_with_servers(machine: Machine) -> None:
    machine.ok("set", "profile", "dev", 'deployment.hosts=["web1"]')
    with mock.patch.object(next_step, "is_wanted", return_value=True):
        said = machine.ok("promote", "dev", "--org", machine.org).err
    deploy = f"tetra-es --org {machine.org} deploy dev --dry-run"
    assert f"next: `{deploy}` shows what that changes on its servers" in said


@pytest.mark.parametrize("no_color", ["", "1"])
def test_colours(capsys: pytest.CaptureFixture[str], no_color: str) -> None:
    with (
        mock.patch.object(redaction, "color_wanted", return_value=not no_color),
        mock.patch("sys.stderr.isatty", return_value=True),
        mock.patch("click.utils.should_strip_ansi", return_value=False),
    ):
        redaction.say("tetra-es: error: no such: thing")
        redaction.say("no such events")
    said = capsys.readouterr().err
    plain = "tetra-es: error: no such: thing\nno such events\n"
    red = "\x1b[31m\x1b[1mtetra-es: error: \x1b[0mno such: thing\nno such events\n"
    assert said == (plain if no_color else red)
    assert settings.color_wanted({"NO_COLOR": no_color}) == (not no_color)


def test_what_is_long() -> None:
    size = os.terminal_size((20, 4))
    with (
        mock.patch.object(terminal, "_size", return_value=size),
        mock.patch("sys.stdin.isatty", return_value=True),
    ):
        assert not terminal.is_long(b"1\n2\n3\n")
        assert terminal.is_long(b"1\n2\n3\n4\n")
        assert terminal.is_long(b"x" * 70)
        terminal.forbid_pager()
        assert not terminal.is_long(b"1\n2\n3\n4\n")
        terminal.forget()
    assert not terminal.is_long(b"1\n" * 1000)  # piped


def at_a_terminal(machine: Machine, words: str, rows: int, columns: int, pager: str) -> str:
    """Run a command at a terminal of a size; return what it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        machine.argv(*words.split()),
        env=machine.environment({"TERM": "xterm", "PAGER": pager}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:  # the last one with the terminal open is gone
            break
        shown += data
    os.close(ours)
    assert process.wait() == 0
    return shown.decode().replace("\r\n", "\n")


def test_long_output_is_paged(machine: Machine) -> None:
    lines = machine.ok("show", "local").out.splitlines(keepends=True)
    paged = at_a_terminal(machine, "show local", 10, 60, "tac")
    assert paged == "".join(reversed(lines))
    table = at_a_terminal(machine, "--no-pager blame local", 10, 70, "tac")
    assert table.startswith("KEY ")
    assert "…" in table
    assert "…" not in machine.ok("blame", "local").out
    assert "deployment.tetra_src " in table


def test_what_doctor_says_to_do_is_never_cut(machine: Machine) -> None:
    """A command that is cut cannot be pasted."""
    (machine.home / ".config/tetra-es/age.key").unlink(missing_ok=True)
    remedy = "`tetra-es identity new` makes one"
    assert f"  {remedy}\n" in machine.ok("doctor").out  # a column of the table
    with mock.patch.object(terminal, "width", return_value=60):
        told = machine.ok("doctor").out.splitlines()
    head = told[0].split()
    assert head == ["NAME", "RESULT", "WHAT"]
    assert max(map(len, told[: told.index("")])) <= 60
    assert f"  {remedy}" in told
    assert any(line.startswith("identity: ") and "age.key is not there" in line for line in told)


def test_answers_of_yes_and_no() -> None:
    lines = list(table_lines([{"rotated": True, "purged": False}], ("rotated", "purged")))
    assert lines[1].split() == ["yes", "no"]


def test_wide_characters_take_two_columns_and_accents_none() -> None:
    names = ["漢字", "e\u0301e", "ab\u200dc", "🔑"]
    assert [columns_of(name) for name in names] == [4, 2, 3, 2]
    rows = [{"key": name, "value": "漢" * 20} for name in names]
    lines = list(table_lines(rows, ("key", "value"), 30))
    assert {columns_of(line) for line in lines[1:]} == {30 - 1}  # half a character is not printed
    assert {columns_of(line.split("  漢")[0].rstrip()) for line in lines[1:]} == {4, 2, 3}
    assert len({columns_of(line[: line.index("漢漢漢")]) for line in lines[1:]}) == 1


def test_the_tables_of_status_fit(machine: Machine) -> None:
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=4500")
    machine.ok("set", "profile", "dev", "ports.tetra=4501")
    machine.ok("set", "manifest", "domain=other.example")
    whole = machine.ok("status").out
    assert "(1 behind, profile and manifest changed)" in whole
    with mock.patch.object(terminal, "width", return_value=74):
        told = machine.ok("status").out.splitlines()
    (line,) = [line for line in told if line.startswith("dev ")]
    assert len(line) <= 74
    assert "  local@1 (1 beh" in line
