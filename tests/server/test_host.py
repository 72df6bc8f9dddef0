"""The test host is a real server: what tests of deployments take for granted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.server.host import Host, HostFailed
from tests.server.leftovers import sweep
from tests.server.processes import until

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIT = """\
[Service]
User={user}
WorkingDirectory={tetra_dir}
Environment=TETRA_DIR={tetra_dir}
ExecStart=/bin/bash -c 'source {tetra_dir}/tetra.sh && tsm start tetra'
Restart=on-failure
{more}
[Install]
WantedBy=multi-user.target
"""
SANDBOX = """\
MemoryMax=1G
LimitNOFILE=4321
LimitNPROC=321
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={tetra_dir}
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
CapabilityBoundingSet=
RestrictNamespaces=yes
SystemCallFilter=@system-service
"""
DEFINITION = """\
TSM_NAME="tetra"
TSM_COMMAND="node server/server.js --env dev"
TSM_CWD="{tetra_src}"
TSM_ENV_FILE="env/dev.env"
TSM_PORT="4444"
"""


def ssh(host: Host, *argv: str, alias: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ssh", "-F", host.ssh_config, alias or host.name, *argv],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def deploy_by_hand(host: Host, tetra_dir: str, user: str, more: str = "") -> None:
    """Do what the guide does with scp and systemctl."""
    source = f"{tetra_dir}/src"
    host.install_tetra(tetra_dir, source, user)
    host.write(f"{source}/env/dev.env", "API_KEY='two words'\n")
    host.write(f"{tetra_dir}/tsm/services-available/tetra.tsm", DEFINITION.format(tetra_src=source))
    enabled = f"{tetra_dir}/tsm/services-enabled"
    host.ok("mkdir", "-p", enabled)
    host.ok("ln", "-s", "../services-available/tetra.tsm", f"{enabled}/tetra.tsm")
    host.ok("chown", "-R", f"{user}:{user}", tetra_dir)
    unit = UNIT.format(user=user, tetra_dir=tetra_dir, more=more.format(tetra_dir=tetra_dir))
    host.write("/etc/systemd/system/tetra-dev.service", unit)
    host.ok("systemctl", "daemon-reload")
    host.ok("systemctl", "enable", "--now", "tetra-dev.service")


def wait_for_health(host: Host) -> int:
    """Return the status of the first answer of the application."""
    ask = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://localhost:4444/health")
    for _ in until():
        done = host.run(*ask)
        if done.returncode == 0:
            return int(done.stdout)
    raise AssertionError(host.run("journalctl", "-u", "tetra-dev", "--no-pager").stdout)


def about(host: Host) -> Mapping[str, object]:
    wait_for_health(host)
    answer = json.loads(host.ok("curl", "-s", "http://localhost:4444/about"))
    assert isinstance(answer, dict)
    return answer


def test_systemd_is_process_one(shared_host: Host) -> None:
    assert shared_host.read("/proc/1/comm") == "systemd\n"
    assert shared_host.ok("systemctl", "--failed", "--quiet") == ""


def test_sshd_takes_our_key_and_shows_the_pinned_one(shared_host: Host) -> None:
    assert ssh(shared_host, "id -un; hostname").stdout == "root\ntetra-dev\n"


def test_sshd_refuses_another_key(shared_host: Host, tmp_path: Path) -> None:
    config = shared_host.ssh_config.read_text()
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    (tmp_path / "config").write_text(config.replace(str(shared_host.keys.identity), str(other)))
    done = subprocess.run(
        ["ssh", "-F", tmp_path / "config", shared_host.name, "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 255
    assert "Permission denied" in done.stderr


def test_a_client_refuses_another_host_key(shared_host: Host, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    mine = shared_host.keys.identity.with_suffix(".pub").read_text()
    known.write_text(f"{shared_host.name} {mine}")
    config = shared_host.ssh_config.read_text()
    (tmp_path / "config").write_text(config.replace(str(shared_host.keys.known_hosts), str(known)))
    done = subprocess.run(
        ["ssh", "-F", tmp_path / "config", shared_host.name, "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


@pytest.mark.parametrize("how", ["reboot", "kill"])
def test_the_disk_and_an_enabled_unit_outlive(host: Host, how: str) -> None:
    deploy_by_hand(host, "/root/tetra", "root")
    before = host.read("/proc/sys/kernel/random/boot_id")
    {"reboot": host.reboot, "kill": host.kill}[how]()
    assert host.read("/proc/sys/kernel/random/boot_id") != before
    assert wait_for_health(host) == 200


def test_a_reboot_over_ssh_comes_back_without_help(host: Host) -> None:
    before = host.read("/proc/sys/kernel/random/boot_id")
    pid = host.leader
    ssh(host, "systemctl reboot")
    host.wait_until_up(after=pid)
    assert host.read("/proc/sys/kernel/random/boot_id") != before


def test_nothing_runs_while_the_power_is_cut(host: Host) -> None:
    host.cut()
    assert ssh(host, "true").returncode == 255
    with pytest.raises(HostFailed, match="off"):
        host.run("true")
    host.boot()
    assert ssh(host, "true").returncode == 0


def test_a_full_disk_is_full_until_it_is_freed(host: Host) -> None:
    host.fill_disk()
    folders = ("/root", "/var/lib", "/etc/systemd/system", "/tmp")  # noqa: S108 - the host's
    for folder in folders:
        done = host.run("tee", f"{folder}/x", stdin="text")
        assert "No space left on device" in done.stderr
    host.free_disk()
    host.write("/root/x", "text")
    assert host.read("/root/x") == "text"


def test_a_service_user_is_sandboxed_by_systemd(host: Host) -> None:
    host.add_user("tetra", "/var/lib/tetra")
    assert ssh(host, "id -un", alias="tetra-dev-tetra").stdout == "tetra\n"
    deploy_by_hand(host, "/var/lib/tetra", "tetra", SANDBOX)
    facts = about(host)
    assert facts["uid"] == int(host.ok("id", "-u", "tetra"))
    inside = ("nsenter", "--mount", "--target", str(facts["pid"]), "--", "touch", "/etc/x")
    assert "Read-only file system" in host.run(*inside).stderr
    status = host.read(f"/proc/{facts['pid']}/status")
    assert "NoNewPrivs:\t1" in status
    assert "CapBnd:\t0000000000000000" in status
    assert " 4321 " in host.read(f"/proc/{facts['pid']}/limits")


def test_the_application_has_its_environment(host: Host) -> None:
    import hashlib

    deploy_by_hand(host, "/root/tetra", "root")
    facts = about(host)
    environment = facts["environment"]
    assert isinstance(environment, dict)
    assert environment["API_KEY"] == hashlib.sha256(b"two words").hexdigest()
    assert facts["cwd"] == "/root/tetra/src"
    assert facts["pid"] == int(host.read("/root/tetra/tsm/runtime/processes/tetra-4444/pid"))


def test_the_application_behaves_as_told(host: Host) -> None:
    deploy_by_hand(host, "/root/tetra", "root")
    wait_for_health(host)
    told = {
        "healthy": {200},
        "unhealthy": {503},
        "flapping": {200, 503},
        "late 3600": {503},
        "slow 0.2": {200},
    }
    for words, statuses in told.items():
        host.write("/etc/tetra-app/4444", words)
        assert {wait_for_health(host), wait_for_health(host)} == statuses


def test_an_application_that_exits_is_restarted_until_systemd_gives_up(host: Host) -> None:
    host.write("/etc/tetra-app/4444", "exit 3")
    deploy_by_hand(host, "/root/tetra", "root")
    for _ in until():
        if host.run("systemctl", "is-failed", "tetra-dev").returncode == 0:
            break
    shown = host.ok("systemctl", "show", "tetra-dev", "-p", "ExecMainStatus", "-p", "NRestarts")
    assert "ExecMainStatus=3\n" in shown
    assert "NRestarts=5\n" in shown


def test_two_hosts_have_the_same_ports_to_themselves(shared_host: Host, cached_tree: Path) -> None:
    with Host(cached_tree, name="tetra-two") as other:
        deploy_by_hand(other, "/root/tetra", "root")
        assert wait_for_health(other) == 200
        assert shared_host.run("curl", "-s", "http://localhost:4444/health").returncode == 7
        assert ssh(other, "hostname").stdout == "tetra-two\n"


def test_a_killed_test_leaves_nothing_that_the_next_does_not_remove(cached_tree: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.server.host import Host\n"
        "host = Host(Path(sys.argv[1])); host.boot(); print(host.folder, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(cached_tree)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as test:
        assert test.stdout is not None
        folder = Path(test.stdout.readline().strip())
        groups = [Path(line) for line in (folder / "cgroups").read_text().splitlines()]
        assert all(group.is_dir() for group in groups)
        test.kill()
    for _ in until():
        sweep(cached_tree)
        if not folder.exists():
            break
    assert not folder.exists()
    assert not any(group.exists() for group in groups)
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()
