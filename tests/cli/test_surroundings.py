"""What a shell hands on to every command: the umask, the state folder, an interrupt at any time."""

from __future__ import annotations

import os
import signal
import stat
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tetra_es.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine


def modes(folder: Path) -> dict[str, int]:
    """Return the mode of everything below a folder."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode)
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


@LONG_TAIL
@pytest.mark.parametrize("mask", some([0o777, 0o000], 1))
def test_any_umask(bare: Machine, mask: int) -> None:
    """The owner can read and write everything, and nobody else what is of the owner alone."""

    def run(*words: str) -> None:
        done = bare.process(*words, before=lambda: os.umask(mask))
        assert done.code == 0, done.err

    run("init", "acme", "--domain", "acme.example")
    run("set", "local", "ports.tetra=5001")
    run("promote", "dev")
    run("identity", "new")
    run("rebuild")
    run("backup", "b.db")
    found = modes(bare.home)
    assert [path for path, mode in found.items() if not mode & 0o400] == []
    read_only = [path for path, mode in found.items() if not mode & 0o200]
    assert [path for path in read_only if "/objects/pack/" not in path] == []  # as git has them
    for path in ("tetra/org", "tetra/org/acme", ".local/state/tetra-es", ".config/tetra-es"):
        assert found[path] == 0o700, path
    for path in ("tetra/org/acme/store/events.db", ".config/tetra-es/id_ed25519", "b.db"):
        assert found[path] == 0o600, path


def test_a_folder_whose_name_is_not_utf_8(bare: Machine) -> None:
    """Every program may name a folder so."""
    bare.env["TETRA_DIR"] = f"{bare.home}/d\udcff"
    bare.ok("init", "acme", "--domain", "acme.example")
    bare.ok("promote", "dev")
    bare.ok("rebuild")
    for words in ("orgs", "orgs -o json", "status", "doctor", "verify", "rebuild --check"):
        done = bare.ok(*words.split())
        assert "defect" not in done.err
        assert "\ufffd" not in done.out
    assert (bare.home / "d\udcff/org/acme/environments/dev.toml").exists()


@pytest.mark.parametrize("name", ["XDG_STATE_HOME", "XDG_CONFIG_HOME"])
@pytest.mark.parametrize("value", ["state", "./state", "../state"])
def test_a_relative_folder_is_ignored(name: str, value: str) -> None:
    """As the XDG specification has it: it would be another one in each working folder."""
    assert Settings.from_environ({"HOME": "/h", name: value}) == Settings.from_environ(
        {"HOME": "/h"}
    )


def test_a_state_folder_that_is_a_file(machine: Machine) -> None:
    """Reading works, and nothing is recorded that could not be pinned."""
    file = machine.home / "file"
    file.write_text("x")
    for env in ({"XDG_STATE_HOME": str(file)}, {"XDG_STATE_HOME": str(file / "below")}):
        assert "tetra" in machine.ok("show", "local", env=env).out
        machine.ok("status", env=env)
        machine.ok("verify", env=env)
        for command in (("set", "local", "x.y=1"), ("promote", "dev")):
            done = machine.fails(1, *command, env=env)
            assert f"cannot write {file}" in done.error()
            assert "XDG_STATE_HOME" in done.hint()
    assert file.read_text() == "x"


# An interrupt

PRELUDE = """\
import os, signal, sys
left = int(sys.argv.pop(1))
def count(event, args):
    global left
    if left and event in ("import", "open", "exec", "compile", "marshal.loads", "os.listdir"):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGINT)
from tetra_es_cli.main import main
sys.addaudithook(count)
main()
"""
"""Runs a command that gets SIGINT at the n-th thing that the interpreter does for it."""


@pytest.mark.parametrize(
    "words", some([("promote", "dev"), ("show", "local"), ("nope",), ("--help",)], 1)
)
def test_an_interrupt_while_modules_load(machine: Machine, words: tuple[str, ...]) -> None:
    """One line and exit 130, wherever it comes."""
    ends = []
    for at in some([*range(1, 60), *range(60, 900, 7)], 4):
        before = machine.last_position()
        done = machine.process(str(at), *words, code=PRELUDE)
        ends.append(done.code)
        if done.code != 130:  # it was over by then
            assert "Traceback" not in done.err, at
            continue
        recorded = machine.last_position() - before
        what = f"recorded as #{before + 1}" if recorded else "nothing was recorded"
        # After the ^C of a terminal, a line begins.
        assert done.err.lstrip("\n") == f"tetra-es: error: interrupted; {what}\n", at
    assert 130 in ends


def test_an_interrupt_that_is_ignored_stays_so(machine: Machine) -> None:
    """As for a command that a shell runs in the background."""
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    done = machine.process("20", "show", "local", code=PRELUDE, before=ignore)
    assert (done.code, done.err) == (0, "")
