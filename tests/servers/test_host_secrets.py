"""`secret import --from-host`: the values of an env file on a server, through its session alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL
from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tests.servers.test_recorded import surroundings
from tetra_es.remote.errors import StepFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine, Result
    from tests.servers.test_recorded import Fleet

__all__ = ["surroundings"]

SECRET = "swordfish-of-the-server"  # noqa: S105 - a bait
TEXT = f"""\
# The only copy.
API_KEY={SECRET}-1
export DATABASE_URL="postgres://{SECRET}-2
B=x"
"""


@pytest.fixture
def vault(surroundings: Fleet) -> Machine:
    """An organization with a reader of dev's secrets, and web1, which has an env file."""
    machine = surroundings.machine
    source = surroundings.server("web1").folder / "src"
    (source / "env").mkdir(parents=True)
    (source / "env/dev.env").write_text(TEXT)
    machine.ok("set", "profile", "dev", f"deployment.tetra_src={source}")
    machine.ok("promote", "dev")
    (machine.home / "alice").write_text(machine.ok("identity", "new").out)
    machine.ok("recipient", "add", "dev", "alice", str(machine.home / "alice"))
    return machine


@pytest.fixture
def file(surroundings: Fleet) -> Path:
    return surroundings.folder / "web1/src/env/dev.env"


def kept_secret(*results: Result) -> None:
    for done in results:
        assert SECRET not in done.out + done.err


def files_with(bait: str, folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and bait.encode() in path.read_bytes()
    ]


def test_the_values_arrive_and_lie_nowhere(vault: Machine, file: Path) -> None:
    planned = vault.ok("secret", "import", "dev", "--from-host", "web1", "--dry-run")
    done = vault.ok("secret", "import", "dev", "--from-host", "web1", "-m", "taken over")
    kept_secret(planned, done)
    assert vault.ok("secret", "get", "dev", "API_KEY").out == f"{SECRET}-1"
    assert vault.ok("secret", "get", "dev", "DATABASE_URL").out == f"postgres://{SECRET}-2\nB=x"
    said = f"tetra-es: web1: {file}: systemd would not set DATABASE_URL, a shell does: taken\n"
    assert said in done.err
    assert "remove it when" not in done.err
    assert {row["reason"] for row in vault.history("dev", "--type", "secret.set")} == {"taken over"}
    assert files_with(SECRET, vault.home.parent) == [file]
    # Nothing is deployed, and nothing was left on the server.
    assert not (file.parents[2] / "state").exists()
    assert file.read_text() == TEXT


@LONG_TAIL
def test_another_file_of_the_server(vault: Machine, file: Path) -> None:
    other = file.with_name("it's other.env")
    other.write_text("A='x'\n")
    vault.ok("secret", "import", "dev", str(other), "--from-host", "web1")
    assert vault.ok("secret", "get", "dev", "A").out == "x"
    for path, said in {
        "relative.env": "not an absolute path on web1: 'relative.env'",
        "/etc/../etc/passwd": "not an absolute path on web1: '/etc/../etc/passwd'",
    }.items():
        refused = vault.fails(2, "secret", "import", "dev", path, "--from-host", "web1")
        assert said in refused.error()
    other.unlink()
    missing = vault.fails(1, "secret", "import", "dev", str(other), "--from-host", "web1")
    assert missing.error() == f"web1: there is no {other}"
    folder = vault.fails(1, "secret", "import", "dev", str(file.parent), "--from-host", "web1")
    assert folder.error() == f"web1: {file.parent} is not a file"


def test_what_is_not_plain_is_refused_until_somebody_says(vault: Machine, file: Path) -> None:
    file.write_text(f"A=1\nB={SECRET}'x'\n")
    words = ("secret", "import", "dev", "--from-host", "web1")
    refused = vault.fails(1, *words)
    assert f"web1:{file}:2: systemd and a shell read B differently" in refused.error()
    assert "--read-as shell (and tsm)" in refused.hint()
    kept_secret(refused)
    vault.ok(*words, "--read-as", "shell")
    assert vault.ok("secret", "get", "dev", "B").out == f"{SECRET}x"
    vault.ok(*words, "--read-as", "systemd")
    assert vault.ok("secret", "get", "dev", "B").out == f"{SECRET}'x'"


def test_a_file_here_can_be_read_so_too(vault: Machine, tmp_path: Path) -> None:
    here = tmp_path / "here.env"
    here.write_text("A=x'y'\n")
    for reader, value in {"shell": "xy", "systemd": "x'y'"}.items():
        vault.ok("secret", "import", "dev", str(here), "--read-as", reader)
        assert vault.ok("secret", "get", "dev", "A").out == value
    assert "no FILE given" in vault.fails(2, "secret", "import", "dev").error()


@LONG_TAIL
def test_two_services_that_disagree(vault: Machine, file: Path) -> None:
    second = file.with_name("worker.env")
    vault.ok("set", "local", 'services.worker.command="sleep 1"')
    vault.ok("set", "profile", "dev", "services.worker.env_file=env/worker.env")
    vault.ok("promote", "dev")
    words = ("secret", "import", "dev", "--from-host", "web1")
    second.write_text("API_KEY=another\nMORE=1\n")
    refused = vault.fails(1, *words)
    assert f"{file} and {second} give API_KEY different values" in refused.error()
    second.write_text("MORE=1\n")
    vault.ok(*words)
    assert vault.ok("secret", "get", "dev", "MORE").out == "1"


@pytest.mark.parametrize("shell", EACH_SHELL)
def test_only_a_file_that_is_one(tmp_path: Path, shell: str) -> None:
    place = FakeServer(tmp_path / "server", SHELLS[shell])
    file, link, pipe = (place.folder / "app" / name for name in ("a b", "link", "pipe"))
    content = bytes(range(256)) * 4096
    file.write_bytes(content)
    link.symlink_to(file)
    os.mkfifo(pipe)
    with place.open() as server:
        assert server.read(str(file)) == content
        file.write_bytes(content + b"x")
        for path, said in {
            file: f"{file} is larger than 1 MiB",
            link: f"{link} is a link",
            pipe: f"{pipe} is not a file",
            file.parent: f"{file.parent} is not a file",
            file / "x": f"there is no {file}/x",
        }.items():
            with pytest.raises(StepFailed, match=said):
                server.read(str(path))
        file.write_bytes(b"")
        assert server.read(str(file)) == b""
