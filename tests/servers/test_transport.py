"""How sessions begin, and what people are told when they do not."""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import dataclass

import pytest

from tetra_es.errors import UsageError
from tetra_es.servers.errors import Unreachable
from tetra_es.servers.program import agent
from tetra_es.servers.reasons import why
from tetra_es.servers.session import Session
from tetra_es.servers.transport import REMOTE, Ssh

LOGIN_SHELLS = [
    name for name in ("bash", "dash", "zsh", "fish", "tcsh", "csh") if shutil.which(name)
]


def test_the_command_has_nothing_that_login_shells_read_differently() -> None:
    assert REMOTE.count("'") == 4
    assert not set("\\!`\n") & set(REMOTE)


@pytest.mark.parametrize("shell", LOGIN_SHELLS)
def test_every_login_shell_runs_it(shell: str) -> None:
    program = """printf '%s\\n' "$((1 + 1)) it's me!" """
    # Whoever runs the tests is told to be root.
    done = subprocess.run(
        [shell, "-c", REMOTE.replace('"$(id -u)" = 0', "0 = 0")],
        input=base64.b64encode(program.encode()) + b"\n",
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"2 it's me!\n"


def test_the_destination_is_never_an_option() -> None:
    argv = Ssh("dev", ("ssh", "-F", "config")).argv()
    assert argv[:3] == ["ssh", "-F", "config"]
    assert argv[-3:] == ["--", "dev", REMOTE]
    assert "BatchMode=yes" in argv
    assert "BatchMode=yes" not in Ssh("dev", interactive=True).argv()


@pytest.mark.parametrize("destination", ["", "-oProxyCommand=id", "a b", "a\nb", "a" * 256])
def test_what_is_no_destination(destination: str) -> None:
    with pytest.raises(UsageError, match="not a destination"):
        Ssh(destination)


@dataclass
class Fake:
    script: str
    host: str = "dev"
    patient: bool = False

    def argv(self) -> list[str]:
        return ["/bin/sh", "-c", self.script]


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ("Permission denied (publickey).", 255, "does not accept our key"),
        ("ssh: Could not resolve hostname dev", 255, "its name is not known"),
        ("Host key verification failed.", 255, "its host key is not known"),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED!", 255, "is not the known one"),
        ("ssh: connect to host dev port 22: Connection refused", 255, "nothing listens"),
        ("sudo: a password is required", 1, "sudo asks for a password"),
        ("what nobody foresaw", 255, "ssh failed: what nobody foresaw"),
        ("sh: base64: not found", 127, "it lacks a program"),
    ],
)
def test_what_ssh_says_becomes_one_line(said: str, code: int, reason: str) -> None:
    session = Session(Fake(f"cat >/dev/null & echo '{said}' >&2; exit {code}"), agent())
    with pytest.raises(Unreachable, match=reason) as error:
        session.greet("acme", "dev", 60)
    assert "\n" not in error.value.message
    assert error.value.hint


def test_no_ssh_at_all() -> None:
    with pytest.raises(Unreachable, match="cannot run /no/such/ssh"):
        Session(Ssh("dev", ("/no/such/ssh",)), agent())


def test_control_characters_of_a_server_are_not_repeated() -> None:
    assert why(b"\x1b[31mred\r\n", 255, "") == (
        "ssh failed: [31mred",
        "try `ssh HOST true` by hand",
    )
