"""systemd's own judgement of the units: valid, and less exposed than the guide's."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.machine import HANG
from tests.needs import cannot, need
from tests.rendering.readers import setting
from tests.rendering.texts import ENVIRONMENTS, RUNNERS, content, release

if TYPE_CHECKING:
    from pathlib import Path

    from tetra_es.toml.keys import KeyPath

GUIDE_UNIT = """\
[Service]
User=tetra
Group=tetra
WorkingDirectory=/var/lib/tetra
Environment=TETRA_SRC=/opt/tetra
Environment=TETRA_DIR=/var/lib/tetra
ExecStart=/bin/bash -c 'source /var/lib/tetra/tetra.sh && tsm start tetra'
Restart=on-failure
"""
MARGIN = 7.5
SERVICE_PORT: KeyPath = ("ports", "tetra")


@pytest.fixture(scope="session")
def analyze() -> str:
    need("systemd-analyze")
    return "systemd-analyze"


def exposure(analyze: str, folder: Path, text: str) -> float:
    file = folder / "probe.service"
    file.write_text(text)
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        cannot("this systemd-analyze cannot judge a file")
    return float(found[1])


def unit(environment: str, runner: str, changes: dict[KeyPath, object] | None = None) -> str:
    return content(release(environment, runner, changes), ".service")


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_exposure_is_less_than_the_guides(
    analyze: str, tmp_path: Path, environment: str, runner: str
) -> None:
    theirs = exposure(analyze, tmp_path, GUIDE_UNIT)
    assert exposure(analyze, tmp_path, unit(environment, runner)) <= theirs - MARGIN


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_systemd_finds_nothing_wrong(
    analyze: str, tmp_path: Path, environment: str, runner: str
) -> None:
    file = tmp_path / "probe.service"
    # Whether the program is installed is not the unit's matter.
    file.write_text(unit(environment, runner).replace("ExecStart=node", "ExecStart=/bin/true"))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    said = [line for line in done.stderr.splitlines() if "probe.service" in line]
    assert (done.returncode, said) == (0, []), done.stderr


@pytest.mark.parametrize("runner", RUNNERS)
def test_roots_development_servers_have_none(runner: str) -> None:
    assert "ProtectSystem" not in unit("dev", runner)
    assert "ProtectSystem=strict" in unit("dev", runner, {("deployment", "user"): "alice"})
    assert "ProtectSystem=strict" in unit("staging", runner, {("deployment", "user"): "root"})


@pytest.mark.parametrize(("port", "capabilities"), [(4444, ""), (443, "CAP_NET_BIND_SERVICE")])
def test_low_ports_need_a_capability(port: int, capabilities: str) -> None:
    text = unit("prod", "direct", {SERVICE_PORT: port})
    assert setting(text, "CapabilityBoundingSet") == [capabilities]
    assert setting(text, "AmbientCapabilities") == [capabilities]


@pytest.mark.parametrize(
    ("key", "path", "home", "temporary"),
    [
        ("tetra_dir", "/home/tetra/data", "read-only", "true"),
        ("tetra_src", "/root/src", "read-only", "true"),
        ("tetra_dir", "/var/tmp/tetra", "true", "false"),  # noqa: S108
        ("tetra_dir", "/homes/tetra", "true", "true"),
    ],
)
def test_the_services_own_folders_stay_visible(
    key: str, path: str, home: str, temporary: str
) -> None:
    text = unit("prod", "tsm", {("deployment", key): path})
    assert setting(text, "ProtectHome") == [home]
    assert setting(text, "PrivateTmp") == [temporary]


WRITABLE: KeyPath = ("deployment", "read_write_paths")
UMASK: KeyPath = ("deployment", "umask")


def test_more_can_be_written_to() -> None:
    text = unit("prod", "direct", {WRITABLE: ["/var/log/tetra", "/srv/a b"]})
    assert setting(text, "ReadWritePaths") == ["/var/lib/tetra /var/log/tetra '/srv/a b'"]
    text = unit("prod", "direct", {WRITABLE: ["/home/shared/x", "/var/tmp/y"]})  # noqa: S108
    assert setting(text, "ProtectHome") == ["read-only"]
    assert setting(text, "PrivateTmp") == ["false"]
    # Without a sandbox nothing is read-only.
    assert setting(unit("dev", "direct", {WRITABLE: ["/a"]}), "ReadWritePaths") == []


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_umask(runner: str) -> None:
    assert setting(unit("prod", runner), "UMask") == ["0027"]
    assert setting(unit("prod", runner, {UMASK: "007"}), "UMask") == ["007"]
    assert setting(unit("dev", runner), "UMask") == []
    assert setting(unit("dev", runner, {UMASK: "0077"}), "UMask") == ["0077"]


@pytest.mark.parametrize("umask", ["0000", "0077"])
def test_files_with_secrets_are_closed_whatever_the_umask(umask: str) -> None:
    found = release("prod", "tsm", {UMASK: umask}, {"KEY": b"value"})
    assert [file.mode for file in found.files if file.secret] == [0o600]


def test_resources_without_a_limit_have_no_setting() -> None:
    resources = {"memory_max": 0, "nofile": 0, "nproc": 0}
    text = unit("prod", "tsm", {("resources",): resources})
    for key in ("MemoryMax", "LimitNOFILE", "LimitNPROC"):
        assert setting(text, key) == []
        assert len(setting(unit("prod", "tsm"), key)) == 1
