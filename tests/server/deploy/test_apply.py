"""The pull way, from a clone of the mirror.

The server has no Python for tetra-es to run on, so here the agent that `apply` would start on its
own machine is started on the server instead; all else is as it is there.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tetra_es.remote.transport import REMOTE, Local
from tetra_es_cli.entry.boundary import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.deploy.site import Site


@pytest.fixture
def clone(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone beside a site, and `apply` in this process working on the site's server."""
    path = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(site.machine.mirror), str(path)], check=True)
    command = ["ssh", "-F", str(site.host.ssh_config), site.host.name, REMOTE]
    monkeypatch.setattr(Local, "argv", lambda *_: command)
    for name, value in site.machine.environment().items():
        monkeypatch.setenv(name, value)
    return path


def apply(clone: Path, *more: str) -> int:
    return run(["apply", "dev", "--local", "--mirror", str(clone), *more])


def pull(clone: Path) -> None:
    subprocess.run(["git", "-C", str(clone), "pull", "-q", "--ff-only"], check=True)


def test_what_the_clone_says_is_deployed(
    site: Site, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(clone, "--dry-run") == 0
    assert "tetra-dev.service" in capsys.readouterr().out
    assert apply(clone) == 0
    assert site.about()["port"] == 4444
    assert apply(clone) == 0
    assert "is there already" in capsys.readouterr().err
    site.set_port(5555)
    pull(clone)
    assert apply(clone) == 0
    assert site.about()["port"] == 5555


def test_it_is_not_led_back(site: Site, clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.set_port(5555)
    pull(clone)
    assert apply(clone) == 0
    subprocess.run(["git", "-C", str(clone), "reset", "-q", "--hard", "HEAD~2"], check=True)
    assert apply(clone) == 3
    assert "pull --ff-only" in capsys.readouterr().err
    assert site.about(5555)["port"] == 5555
    # A rollback is a newer event.
    site.machine.ok("rollback", "dev")
    pull(clone)
    assert apply(clone) == 0
    assert site.about(4444)["port"] == 4444


def test_a_secret_is_not_led_back(
    site: Site, clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    subprocess.run(["git", "clone", "-q", str(clone), str(old)], check=True)
    site.machine.ok("secret", "set", "dev", "API_KEY", stdin="rotated")
    pull(clone)
    assert apply(clone) == 0
    assert apply(old) == 3
    assert "pull --ff-only" in capsys.readouterr().err
    assert "rotated" in site.host.read(site.secret_file)


def test_nor_to_what_was_rolled_back_without_a_change_on_the_server(
    site: Site, clone: Path, tmp_path: Path
) -> None:
    assert apply(clone) == 0
    site.set_port(5555)
    old = tmp_path / "old"
    subprocess.run(["git", "clone", "-q", str(site.machine.mirror), str(old)], check=True)
    site.machine.ok("rollback", "dev")
    pull(clone)
    assert apply(clone) == 0
    assert apply(old) == 3
    assert site.about(4444)["port"] == 4444


def test_a_service_that_is_down_is_not_there_already(site: Site, clone: Path) -> None:
    assert apply(clone) == 0
    site.host.ok("systemctl", "stop", site.unit)
    assert apply(clone) == 0
    assert site.active() == "active"


def test_another_history_is_not_followed(
    site: Site, clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(clone) == 0
    # The same organization, founded once more by the same person: as sound, and another one.
    machine = site.machine
    machine.folder.rename(tmp_path / "the-first")
    machine.ok("init", "acme", "--domain", "acme.example", "-m", "begun again")
    for number in range(12):
        machine.ok("set", "local", f"ports.tetra={6000 + number}")
    machine.ok("promote", "dev")
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", str(machine.mirror), str(other)], check=True)
    assert apply(other) == 4
    assert "is another one in this clone" in capsys.readouterr().err
    assert site.about(4444)["port"] == 4444


def test_a_service_that_is_not_well_is_put_back(site: Site, clone: Path) -> None:
    assert apply(clone) == 0
    site.set_port(5555)
    site.behave("exit 0")
    pull(clone)
    assert apply(clone) == 5
    assert site.about(4444)["port"] == 4444
