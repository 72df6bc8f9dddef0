"""A sudo that asks for a password: it gets it, and nothing else does."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.conftest import HANG, default_signals
from tests.servers.fake_server import SHELLS, FakeServer
from tetra_es.remote.errors import Unreachable
from tetra_es.remote.server import Server
from tetra_es.remote.transport import Local, Sudo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine

PASSWORD = "correct horse 'battery' $HOME \\ staple"  # noqa: S105 - of nothing
SUDO = """#!/bin/sh
# After sudo(8) of sudo 1.9 and its tgetpass.c: with -S it says the prompt of -p on standard error
# and reads standard input a byte at a time, as `read` does; -k asks again; -n never asks.
echo "$*" >>{noted}
case $1 in -n) echo 'sudo: a password is required' >&2; exit 1 ;; esac
[ "$1 $2 $3" = '-k -S -p' ] || exit 3
while [ ! -e {free} ]; do
    printf 'We trust you have received the usual lecture.\\n%s' "$4" >&2
    IFS= read -r given || exit 1
    [ "$given" = "$(cat {password})" ] && break
    echo 'Sorry, try again.' >&2
done
shift 4
exec "$@"
"""


@dataclass
class Laptop:
    """This machine, where nobody is root but by sudo."""

    place: FakeServer
    password: str | None = None
    host: str = "place"
    patient: bool = True
    ran: list[str] = field(default_factory=list)

    def argv(self, sudo: Sudo | None = None) -> list[str]:
        path = f"PATH={self.place.folder}/bin:{os.environ['PATH']}"
        self.ran = ["env", path, *Local().argv(sudo)]
        return self.ran

    def open(self, password: str | None) -> Server:
        self.password = password
        return Server.open(self, "acme", "dev", program=self.place.program)


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    place = FakeServer(tmp_path / "server", SHELLS["bash"])
    tools, password = place.folder / "bin", tmp_path / "password"
    password.write_text(PASSWORD)
    words = {"noted": tmp_path / "noted", "free": tmp_path / "free", "password": password}
    (tools / "sudo").write_text(SUDO.format(**words))
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    for name in ("sudo", "id"):
        (tools / name).chmod(0o755)
    return Laptop(place)


def test_it_is_asked_for_and_given(laptop: Laptop, tmp_path: Path) -> None:
    with laptop.open(PASSWORD) as server:
        assert server.inspect().time > 0
    assert PASSWORD not in " ".join(laptop.ran)
    assert "horse" not in (tmp_path / "noted").read_text()
    assert "horse" not in repr(Local(password=PASSWORD)) + repr(Sudo(PASSWORD))


def test_one_that_does_not_ask_is_given_none(laptop: Laptop, tmp_path: Path) -> None:
    """It would go to the shell behind it, as its first line."""
    (tmp_path / "free").touch()
    with laptop.open(PASSWORD) as server:
        assert server.inspect().time > 0


def test_a_wrong_one(laptop: Laptop) -> None:
    with pytest.raises(Unreachable, match="sudo does not take the password there"):
        laptop.open("wrong")


def test_none(laptop: Laptop) -> None:
    with pytest.raises(Unreachable, match="sudo asks for a password there") as error:
        laptop.open(None)
    assert "--ask-become-pass" in str(error.value.hint)


@pytest.mark.parametrize(
    "words",
    [
        ("health", "dev", "--to", "web1"),
        ("rollback", "dev", "--deploy"),
        ("secret", "import", "dev", "--from-host", "web1"),
    ],
    ids=" ".join,
)
def test_a_terminal_is_needed(machine: Machine, words: tuple[str, ...]) -> None:
    for port in ("5555", "6666"):
        machine.ok("set", "local", f"ports.tetra={port}")
        machine.ok("promote", "dev")
    machine.ok("set", "profile", "dev", 'deployment.hosts=["web1"]')
    before = machine.last_position()
    refused = machine.fails(2, *words, "-K")
    assert "--ask-become-pass needs a terminal" in refused.error()
    assert machine.last_position() == before
    assert "it needs --deploy" in machine.fails(2, "rollback", "dev", "-K").error()


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        (b"wrong horse", 1, b"sudo does not take the password there"),
        (b"wrong horse \xff", 2, b"what was typed is not UTF-8"),
    ],
)
def test_it_is_asked_for_at_a_terminal_without_an_echo(
    machine: Machine, laptop: Laptop, tmp_path: Path, typed: bytes, code: int, says: bytes
) -> None:
    """The whole way, with a client for ssh that runs its command here."""
    machine.ok("promote", "dev")
    client = tmp_path / "ssh"
    path = f"{laptop.place.folder}/bin"
    client.write_text(f'#!/bin/sh\nfor last; do :; done\nPATH={path}:$PATH exec sh -c "$last"\n')
    client.chmod(0o755)
    argv = machine.argv("health", "dev", "--to", "web1", "--ask-become-pass")
    outer, inner = os.openpty()
    process = subprocess.Popen(
        argv,
        env={**machine.environment(), "TETRA_ES_SSH": shlex.quote(str(client))},
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        preexec_fn=default_signals,
    )
    os.close(inner)
    said = b""
    while b"sudo password: " not in said:
        said += os.read(outer, 1000)
    os.write(outer, typed + b"\n")
    try:
        while more := os.read(outer, 1000):
            said += more
    except OSError:  # the terminal is closed
        pass
    assert process.wait(HANG) == code
    os.close(outer)
    assert says in said
    assert b"horse" not in said
    found = [path for path in machine.home.rglob("*") if path.is_file()]
    assert not [path for path in found if b"wrong horse" in path.read_bytes()]
