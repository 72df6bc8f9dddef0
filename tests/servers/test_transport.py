"""How sessions begin, and what people are told when they do not."""

from __future__ import annotations

import base64
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.needs import needs
from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tetra_es.errors import UsageError
from tetra_es.remote.errors import Unreachable
from tetra_es.remote.program import agent
from tetra_es.remote.session import AgentSession
from tetra_es.remote.ssh_errors import diagnose
from tetra_es.remote.transport import READ, REMOTE, Ssh, Sudo

if TYPE_CHECKING:
    from pathlib import Path

LOGIN_SHELLS = [
    pytest.param(name, marks=needs(name)) for name in ("bash", "dash", "zsh", "fish", "tcsh")
]


def test_the_command_has_nothing_that_login_shells_read_differently() -> None:
    assert REMOTE.count("'") == 4
    assert not set("\\!`\n") & set(REMOTE)


@pytest.mark.parametrize("shell", LOGIN_SHELLS)
def test_every_login_shell_runs_it(shell: str) -> None:
    program = """printf '%s\\n' "$((1 + 1)) it's me!" """
    # The user of the tests is said to be root.
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
    # Whatever the configuration says: root there is not to have the use of our agent.
    assert "-a" in argv
    assert "BatchMode=yes" not in Ssh("dev", interactive=True).argv()


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("root@[::1]", ["--", "root@::1"]),
        ("[2001:db8::7]", ["--", "2001:db8::7"]),
        ("root@[fe80::1%eth0]", ["--", "root@fe80::1%eth0"]),
        ("ssh://root@[::1]:2222", ["-p", "2222", "--", "root@::1"]),
        ("ssh://[::1]/", ["--", "::1"]),
        ("root@::1", ["--", "root@::1"]),
        ("ssh://root@dev:2222", ["--", "ssh://root@dev:2222"]),
    ],
)
def test_an_address_in_brackets_is_given_as_ssh_takes_it(
    destination: str, words: list[str]
) -> None:
    argv = Ssh(destination).argv()
    assert argv[-len(words) - 1 : -1] == words
    assert Ssh(destination).host == destination


@pytest.mark.parametrize("destination", ["", "-oProxyCommand=id", "a b", "a\nb", "a" * 256])
def test_what_is_no_destination(destination: str) -> None:
    with pytest.raises(UsageError, match="not a destination"):
        Ssh(destination)


@dataclass
class Fake:
    script: str
    host: str = "dev"
    patient: bool = False
    password: str | None = None

    def argv(self, _: Sudo | None = None) -> list[str]:
        return ["/bin/sh", "-c", self.script]


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ("Permission denied (publickey).", 255, "does not accept our key"),
        ("ssh: Could not resolve hostname dev", 255, "its name cannot be resolved"),
        ("Host key verification failed.", 255, "its host key is not known"),
        ("ssh: connect to host dev port 22: Connection refused", 255, "nothing listens"),
        ("sudo: a password is required", 1, "sudo asks for a password"),
        ("what nobody foresaw", 255, "ssh failed: what nobody foresaw"),
        ("sh: base64: not found", 127, "it lacks a program"),
        ("/bin/sh: 1: exec: sudo: not found", 127, "sudo is not installed"),
    ],
)
def test_what_ssh_says_becomes_one_line(said: str, code: int, reason: str) -> None:
    session = AgentSession(Fake(f"cat >/dev/null & echo '{said}' >&2; exit {code}"), agent())
    with pytest.raises(Unreachable, match=reason) as error:
        session.greet("acme", "dev", 60)
    assert "\n" not in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    "said",
    [
        "Permission denied (publickey).",
        "Host key verification failed.",
        "Host key for web1 has changed and you have requested strict checking.",
        "what nobody foresaw",
    ],
)
def test_a_hint_to_try_it_by_hand_can_be_pasted(tmp_path: Path, said: str) -> None:
    ssh = tmp_path / "an ssh"
    ssh.write_text(f"#!/bin/sh\necho \"$@\" >>'{tmp_path}/words'\necho '{said}' >&2; exit 255\n")
    ssh.chmod(0o755)
    session = AgentSession(Ssh("ssh://me@[::1]:2222", (str(ssh), "-4")), agent())
    with pytest.raises(Unreachable) as error:
        session.greet("acme", "dev", 60)
    command = (error.value.hint or "").split("`")[1]
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 255
    assert (tmp_path / "words").read_text().splitlines()[-1] == "-4 -p 2222 me@::1 true"


@pytest.mark.parametrize("name", EACH_SHELL)
def test_what_a_login_shell_prints_is_no_answer(tmp_path: Path, name: str) -> None:
    """What a login prints was taken for an answer: https://github.com/deployphp/deployer/issues/2969,
    https://github.com/deployphp/deployer/issues/2541,
    https://github.com/deployphp/deployer/issues/449, https://github.com/reload/deployotron/issues/42,
    https://github.com/godotengine/godot/issues/72163, https://github.com/ansible/ansible/issues/2268
    and https://github.com/rust-lang/rustup/issues/498.
    """
    """Not even what a session of another time, or the one before, had said."""
    place = FakeServer(tmp_path / "server", SHELLS[name])
    noise = "echo 'tetra-es agent 1'; echo ok; echo 'tetra-es agent 2'; echo 'no =bm9pc2U= ='; "
    script = f"{noise} printf 'no end of a line'; {READ}"
    place.argv = lambda _=None: ["env", f"PATH={place.folder}/bin:{os.environ['PATH']}",  # type: ignore[method-assign]
                          *place.shell, "-c", script]  # fmt: skip
    with place.open() as server:
        assert server.inspect().time > 0


PROFILE = "/etc/profile.d/x.sh: line 3: /var/log/x: Permission denied\n"
UNRESOLVED = "sudo: unable to resolve host web1: Name or service not known\n"
CHANGED = """\
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Host key for [10.0.0.5]:2222 has changed and you have requested strict checking.\r
Host key verification failed.\r
"""
JUMPED = """\
kex_exchange_identification: Connection closed by remote host\r
Connection closed by UNKNOWN port 65535\r
"""


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        (CHANGED, 255, "its host key is not the known one"),
        ("Host key verification failed.\r\n" + JUMPED, 255, "its host key is not known"),
        ("tetra@web1: Permission denied (publickey,password).\r\n", 255, "accept our key"),
        ("me@bastion: Permission denied (publickey).\r\n" + JUMPED, 255, "accept our key"),
        (JUMPED, 255, "it closed the connection"),
        ("ssh: connect to host a port 22: Operation timed out\r\n", 255, "it does not answer"),
        ("Connection timed out during banner exchange\r\n", 255, "it does not answer"),
        ("Timeout, server a not responding.\r\n", 255, "it does not answer any more"),
        ("kex_exchange_identification: read: Connection reset by peer", 255, "it cut the"),
        (
            ("Received disconnect from 10.0.0.5 port 22:2: Too many authentication failures\r\n"
            "Disconnected from 10.0.0.5 port 22\r\n"),
            *(255, "does not accept our keys"),
        ),
        ("Sorry, user a is not allowed to execute '/bin/sh' as root on b.", 1, "let the user"),
        ("sudo: sorry, you must have a tty to run sudo", 1, "a terminal"),
        ("sudo: /etc/sudo.conf is owned by uid 7, should be 0", 1, "should be 0"),
        *((f"{said}\n", 127, "sudo is not installed there") for said in (
            "/bin/sh: line 1: exec: sudo: not found",
            "sh: exec: line 1: sudo: not found",
            "bash: line 24: sudo: command not found",
            "/bin/sh: sudo: inaccessible or not found",
            "zsh:1: command not found: sudo",
        )),
        # What others say, or what is said before the end, is not a reason.
        (PROFILE, 1, "it ended"),
        (PROFILE + "client_loop: send disconnect: Broken pipe\r\n", 255, "ssh failed: client_loop"),
        (UNRESOLVED + "client_loop: send disconnect: Broken pipe\r\n", 255, "ssh failed: client"),
        (UNRESOLVED, 1, "it ended"),
        (UNRESOLVED + "sudo: a password is required", 1, "sudo asks for a password there"),
        ("sudo: a password is required\n", 0, "it ended"),
        ("/etc/profile: sudo: not found\nsh: base64: not found\n", 127, "it lacks a program"),
        ("sudo: a password is required\n" + PROFILE, 255, "ssh failed: /etc/profile.d"),
        ("me@git: Permission denied (publickey).\n", 1, "it ended"),
        ("Host key verification failed.\n", None, "it ended"),
        ("", -9, "killed by signal 9"),
        (
            ("me@old: Permission denied (publickey).\n"
            "ssh: connect to host a port 22: No route to host\n"),
            *(255, "it cannot be reached"),
        ),
    ],
)  # fmt: skip
def test_only_their_own_lines_count(said: str, code: int | None, reason: str) -> None:
    assert reason in diagnose(said.encode(), code, "it ended")[0]


def test_no_ssh_at_all() -> None:
    with pytest.raises(Unreachable, match="cannot run /no/such/ssh"):
        AgentSession(Ssh("dev", ("/no/such/ssh",)), agent())


def test_control_characters_of_a_server_are_not_repeated() -> None:
    assert diagnose(b"\x1b[31mred\r\n", 255, "") == (
        "ssh failed: [31mred",
        "try `ssh HOST true` by hand",
    )
